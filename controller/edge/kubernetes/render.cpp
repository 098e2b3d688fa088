#include "edge/kubernetes/render.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <vector>

#include "core/fingerprint.h"
#include "core/launch.h"
#include "core/share.h"
#include "edge/kubernetes/fill.h"
#include "edge/kubernetes/forms.h"
#include "edge/kubernetes/mounts.h"
#include "edge/text/json.h"
#include "edge/text/strings.h"
#include "edge/text/yaml_text.h"

namespace roundhouse {

namespace {

// Of containers of roundhouse's own.
constexpr const char* own_security = R"(runAsUser: 65532
runAsGroup: 65532
runAsNonRoot: true
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
)";

std::string namespace_line(const RenderOptions& options) {
    return options.name_space.empty() ? "" : "namespace: " + yaml_scalar(options.name_space) + "\n";
}

// --- the pool

// Whether `text`, which is UTF-8, can be a YAML block as it is: it begins at the left, ends in one
// line feed, and has no other control characters. Some bytes are refused that could be a part of
// another line break, or of a mark at the start.
bool is_plain_block(std::string_view text) {
    const bool ends_well = text.ends_with('\n') && !text.ends_with("\n\n");
    if (!ends_well || text.starts_with(' ') || text.starts_with('\n')) return false;
    constexpr std::array<std::string_view, 3> refused{"\xC2", "\xE2\x80", "\xEF\xBB"};
    return std::ranges::none_of(text,
                                [](char c) {
                                    const auto byte = static_cast<unsigned char>(c);
                                    return (byte < 0x20 && c != '\n') || byte == 0x7F;
                                }) &&
           std::ranges::none_of(refused, [&](std::string_view bytes) {
               return text.find(bytes) != std::string_view::npos;
           });
}

std::string pool_document(const EnginePool& pool, std::string_view text,
                          const RenderOptions& options) {
    const bool plain = is_plain_block(text);
    return fill(pool_form, {{"pool", yaml_scalar(pool.name)},
                            {"namespace", namespace_line(options)},
                            {"block", plain ? "|" : json_quote(text)},
                            {"text", plain ? std::string(text) : ""}});
}

// --- one gateway

std::string labels_of(const EnginePool& pool, const std::string& gateway) {
    return "app.kubernetes.io/name: roundhouse\napp.kubernetes.io/instance: " +
           yaml_scalar(pool.name) +
           "\napp.kubernetes.io/component: gateway\nroundhouse/gateway: " + yaml_scalar(gateway) +
           "\n";
}

int whole_seconds(Duration duration) {
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

// "512Mi" where it is a round number of bytes.
std::string memory_quantity(std::int64_t bytes) {
    for (const auto& [unit, size] :
         {std::pair{"Gi", std::int64_t{1} << 30}, std::pair{"Mi", std::int64_t{1} << 20},
          std::pair{"Ki", std::int64_t{1} << 10}}) {
        if (bytes % size == 0) return std::to_string(bytes / size) + unit;
    }
    return std::to_string(bytes);
}

// In thousandths, rounded up: Kubernetes counts no finer.
std::string cpu_quantity(std::int64_t nano_cpus) {
    const std::int64_t milli = (nano_cpus + 999'999) / 1'000'000;
    return milli % 1000 == 0 ? "\"" + std::to_string(milli / 1000) + "\""
                             : std::to_string(milli) + "m";
}

// Requests are small, as a slot may be idle. Without them Kubernetes would reserve the limits.
std::string resource_lines(const Resources& resources) {
    constexpr std::int64_t usual_cpus = 50'000'000;
    constexpr std::int64_t usual_memory = std::int64_t{128} << 20;
    const auto at_most = [](std::int64_t usual, std::int64_t limit) {
        return limit == 0 ? usual : std::min(usual, limit);
    };
    std::vector<std::string> limits;
    if (resources.nano_cpus != 0) limits.push_back("cpu: " + cpu_quantity(resources.nano_cpus));
    if (resources.memory_bytes != 0) {
        limits.push_back("memory: " + memory_quantity(resources.memory_bytes));
    }
    return "requests: {cpu: " + cpu_quantity(at_most(usual_cpus, resources.nano_cpus)) +
           ", memory: " + memory_quantity(at_most(usual_memory, resources.memory_bytes)) + "}\n" +
           (limits.empty() ? "" : "limits: {" + joined(limits, ", ") + "}\n");
}

// "1000:1000"
std::string user_lines(const std::string& user) {
    if (user.empty()) return "";
    const std::size_t colon = user.find(':');
    const std::string lines = "runAsUser: " + user.substr(0, colon) + "\n";
    return colon == std::string::npos ? lines
                                      : lines + "runAsGroup: " + user.substr(colon + 1) + "\n";
}

const char* pull_policy_of(const EngineTemplate& shape) {
    switch (shape.pull_policy) {
        case PullPolicy::if_not_present: return "IfNotPresent";
        case PullPolicy::always: return "Always";
        case PullPolicy::never: return "Never";
    }
    return "IfNotPresent";
}

// The names of the Services, as clients inside the cluster write them.
std::string host_names(const EnginePool& pool, const std::string& gateway,
                       const RenderOptions& options) {
    std::string lines;
    for (const std::string& service : {gateway, agents_name(pool)}) {
        lines.append(lines.empty() ? "" : ",\n").append(service);
        if (options.name_space.empty()) continue;
        const std::string full = service + "." + options.name_space;
        lines.append(", ").append(full).append(",\n").append(full).append(".svc, ");
        lines.append(full).append(".svc.cluster.local");
    }
    return lines;
}

// The files of the control server's key or password: each comes from the gateway's Secret, from
// the key that is called as the file is.
struct SecretFolders {
    SecretFolders(const ControlServer& server, const std::string& secret) {
        std::map<std::string, std::vector<std::string>> files;
        for (const std::string& file : {server.api_key_file, server.password_file}) {
            const std::size_t slash = file.rfind('/');
            if (slash == std::string::npos) continue;
            files[file.substr(0, slash)].push_back(yaml_scalar(file.substr(slash + 1)));
        }
        int count = 0;
        for (const auto& [folder, names] : files) {
            const std::string volume = "control-server-" + std::to_string(count++);
            mounts.append("- {name: ").append(volume).append(", mountPath: ");
            mounts.append(yaml_scalar(folder)).append(", readOnly: true}\n");
            volumes.append("- name: ").append(volume).append("\n  secret:\n    secretName: ");
            volumes.append(secret).append("\n    items:\n");
            for (const auto& name : names) {
                volumes.append("      - {key: ").append(name).append(", path: ");
                volumes.append(name).append("}\n");
            }
        }
    }

    std::string mounts;
    std::string volumes;
};

// What differs from gateway to gateway.
class GatewayForms {
  public:
    GatewayForms(const EnginePool& pool, const GatewaySpec& gateway, const RenderOptions& options)
        : pool_(pool),
          gateway_(gateway),
          options_(options),
          slots_(slots_behind(pool, gateway.container, options)),
          http_base_(bases_behind(pool, gateway.container).http) {}

    std::string service() const {
        return fill(gateway_service_form, {{"gateway", name()},
                                           {"namespace", namespace_line(options_)},
                                           {"labels", labels_of(pool_, gateway_.container)},
                                           {"ports", service_ports()}});
    }

    std::string deployment() const {
        PodVolumes volumes;
        const std::string engines = engine_containers(volumes);
        const SecretFolders secrets(gateway_.control_server, name());
        const std::string& tun = options_.tun_resource;
        return fill(
            deployment_form,
            {{"gateway", name()},
             {"pool", yaml_scalar(pool_.name)},
             {"namespace", namespace_line(options_)},
             {"labels", labels_of(pool_, gateway_.container)},
             {"grace", std::to_string(whole_seconds(pool_.engine_template.stop_timeout) + 5)},
             {"toleration", std::to_string(whole_seconds(pool_.failover_after))},
             {"image", yaml_scalar(options_.image)},
             {"gluetun_image", yaml_scalar(options_.gluetun_image)},
             {"slots", std::to_string(slots_)},
             {"own_security", own_security},
             {"input_ports", input_ports()},
             {"control_port", std::to_string(gateway_.control_server.port)},
             {"tun", tun.empty() ? "" : yaml_scalar(tun) + ": 1\n"},
             {"host_names", host_names(pool_, gateway_.container, options_)},
             {"secret_mounts", secrets.mounts},
             {"secret_volumes", secrets.volumes},
             {"engines", engines},
             {"engine_image", yaml_scalar(pool_.engine_template.image)},
             {"made_for", pod_hash(pool_, gateway_.container)},
             {"volumes", volumes.lines()}});
    }

  private:
    std::string name() const { return yaml_scalar(gateway_.container); }

    std::string service_ports() const {
        std::string lines;
        for (int slot = 0; slot < slots_; ++slot) {
            const std::string port = "engine-" + std::to_string(slot);
            lines.append("- {name: ").append(port).append(", port: ");
            lines.append(std::to_string(http_base_ + slot)).append(", targetPort: ");
            lines.append(port).append("}\n");
        }
        return lines;
    }

    std::string input_ports() const {
        std::vector<std::string> ports{std::to_string(agent_port), std::to_string(balancer_port)};
        for (int slot = 0; slot < slots_; ++slot)
            ports.push_back(std::to_string(http_base_ + slot));
        return joined(ports, ",");
    }

    std::string engine_containers(PodVolumes& volumes) const {
        const EngineTemplate& shape = pool_.engine_template;
        std::string containers;
        for (int slot = 0; slot < slots_; ++slot) {
            Placement placement;
            placement.slot = slot;
            placement.gateway = gateway_.container;
            placement.ports = ports_of_slot(bases_behind(pool_, gateway_.container), slot);
            const EngineRequest engine = make_engine_request(pool_, placement);
            containers += fill(engine_form,
                               {{"slot", std::to_string(slot)},
                                {"image", yaml_scalar(shape.image)},
                                {"pull_policy", pull_policy_of(shape)},
                                {"port", std::to_string(placement.ports.http)},
                                {"user", user_lines(shape.user)},
                                {"resources", resource_lines(shape.resources)},
                                {"mounts", volumes.mounts_of(slot, engine.binds, engine.tmpfs)}});
        }
        return containers;
    }

    const EnginePool& pool_;
    const GatewaySpec& gateway_;
    const RenderOptions& options_;
    int slots_;
    int http_base_;
};

}  // namespace

int slots_behind(const EnginePool& pool, const std::string& gateway, const RenderOptions& options) {
    if (options.slots_per_gateway > 0) return options.slots_per_gateway;
    return std::max(1, share_of(pool, gateway));
}

std::string agents_name(const EnginePool& pool) {
    return pool.name + "-agents";
}

std::string render_kubernetes(const EnginePool& pool, std::string_view pool_text,
                              const RenderOptions& options) {
    std::vector<std::string> documents;
    if (options.gateway.empty()) {
        if (options.with_pool) documents.push_back(pool_document(pool, pool_text, options));
        documents.push_back(fill(agents_form, {{"pool", yaml_scalar(pool.name)},
                                               {"agents", agents_name(pool)},
                                               {"namespace", namespace_line(options)}}));
    }
    for (const GatewaySpec& gateway : pool.gateways) {
        if (!options.gateway.empty() && options.gateway != gateway.container) continue;
        const GatewayForms forms(pool, gateway, options);
        documents.push_back(forms.service());
        documents.push_back(forms.deployment());
    }
    return joined(documents, "---\n");
}

}  // namespace roundhouse
