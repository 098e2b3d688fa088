#include "edge/kubernetes/rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine_image.h"
#include "core/launch.h"
#include "core/numbers.h"
#include "core/share.h"
#include "edge/kubernetes/mounts.h"
#include "edge/text/foreign_text.h"
#include "edge/text/json.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

std::string indexed(const std::string& list, std::size_t index, const std::string& field = "") {
    const std::string path = list + "[" + std::to_string(index) + "]";
    return field.empty() ? path : path + "." + field;
}

std::string gateway_path(std::size_t index, const std::string& field) {
    return indexed("spec.gateways", index, field);
}

bool is_small_letter(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_small_letter_or_digit(char c) {
    return is_small_letter(c) || (c >= '0' && c <= '9');
}

// Whether a Service may have this name.
bool is_service_name(std::string_view name) {
    constexpr std::size_t longest = 63;
    return !name.empty() && name.size() <= longest && is_small_letter(name.front()) &&
           is_small_letter_or_digit(name.back()) && std::ranges::all_of(name, [](char c) {
               return is_small_letter_or_digit(c) || c == '-';
           });
}

// Whether a claim may have this name: labels, with dots between them.
bool is_claim_name(std::string_view name) {
    constexpr std::size_t longest = 253;
    if (name.empty() || name.size() > longest) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (is_small_letter_or_digit(name[i])) continue;
        const bool inside = i > 0 && i + 1 < name.size();
        if (!inside || (name[i] != '-' && name[i] != '.')) return false;
        if (name[i] == '.' && !is_small_letter_or_digit(name[i - 1])) return false;
        if (name[i] == '-' && name[i - 1] == '.') return false;
    }
    return true;
}

// ["/app/start-engine", "--bind-all"]
std::string flow_list(const std::vector<std::string>& words) {
    std::vector<std::string> quoted;
    quoted.reserve(words.size());
    for (const auto& word : words)
        quoted.push_back(json_quote(word));
    return "[" + joined(quoted, ", ") + "]";
}

void check_command(SpecDraft& draft) {
    const EngineTemplate& shape = draft.pool.engine_template;
    const std::string path = "spec.template.command";
    if (!shape.command.empty() || !draft.sound(path) || !draft.sound("spec.template.image")) return;
    const EnginePreset* preset = find_preset(shape.image);
    const std::string what =
        preset == nullptr
            ? "write the image's program here, and its options in args; examples/specs/README.md "
              "has those of the images that roundhouse knows"
            : "for this image, write command: " + flow_list(preset->command_line) +
                  " in place of args";
    draft.add_error(path,
                    "missing: the command of a Pod's container hides the image's entrypoint, and "
                    "roundhouse cannot ask for that; " +
                        what);
}

void check_names(SpecDraft& draft) {
    const EnginePool& pool = draft.pool;
    const bool sound_name = draft.sound("metadata.name");
    if (sound_name && !is_service_name(pool.name)) {
        draft.add_error("metadata.name",
                        "expected a name that begins with a letter: on "
                        "Kubernetes it begins the name of a Service");
    }
    for (std::size_t i = 0; i < pool.gateways.size(); ++i) {
        const std::string path = gateway_path(i, "container");
        const std::string& name = pool.gateways[i].container;
        if (!draft.sound(path)) continue;
        if (!is_service_name(name)) {
            draft.add_error(path, in_quotes(name) +
                                      " cannot name a Service and a Deployment: expected at most "
                                      "63 of a-z, 0-9 and -, the first one a letter");
        } else if (sound_name && name == agents_name(pool)) {
            draft.add_error(path, in_quotes(name) +
                                      " is the Service over all agents; choose "
                                      "another name");
        }
    }
}

// Folders of the images of roundhouse that a mount would hide.
bool hides_something(std::string_view folder) {
    constexpr std::array<std::string_view, 10> taken{"/etc", "/usr",  "/lib", "/lib64", "/bin",
                                                     "/dev", "/proc", "/sys", "/slots", "/var/lib"};
    return folder.empty() || std::ranges::any_of(taken, [&](std::string_view path) {
               return folder == path || (folder.starts_with(path) && folder[path.size()] == '/');
           });
}

void check_secret_file(SpecDraft& draft, const std::string& path, const std::string& file) {
    if (file.empty() || !draft.sound(path)) return;
    const std::size_t slash = file.rfind('/');
    const std::string name = file.substr(slash + 1);
    const bool is_key = !name.empty() && name.size() <= 253 && name != "." && name != ".." &&
                        std::ranges::all_of(name, [](char c) {
                            return is_small_letter_or_digit(c) || (c >= 'A' && c <= 'Z') ||
                                   c == '-' || c == '_' || c == '.';
                        });
    if (is_key && !hides_something(file.substr(0, slash))) return;
    draft.add_error(path,
                    "in a Pod this file comes from the gateway's Secret, whose key has the file's "
                    "name, and its folder is a mount; expected a path such as "
                    "/run/secrets/gluetun_api_key");
}

void check_control_servers(SpecDraft& draft) {
    for (std::size_t i = 0; i < draft.pool.gateways.size(); ++i) {
        const ControlServer& server = draft.pool.gateways[i].control_server;
        const std::string path = gateway_path(i, "controlServer");
        const std::string& address = server.address;
        const bool is_local = address.empty() || address == "localhost" || address == "127.0.0.1";
        if (!is_local && draft.sound(path + ".address")) {
            draft.add_warning(path + ".address",
                              "has no effect in a Pod, where Gluetun is at 127.0.0.1");
        }
        check_secret_file(draft, path + ".apiKeyFile", server.api_key_file);
        check_secret_file(draft, path + ".passwordFile", server.password_file);
    }
}

void check_user(SpecDraft& draft) {
    const std::string& user = draft.pool.engine_template.user;
    if (user.empty() || !draft.sound("spec.template.user")) return;
    const std::size_t colon = std::min(user.find(':'), user.size());
    const bool has_group = colon < user.size();
    const bool numbers = parse_number<std::int32_t>(user.substr(0, colon)).has_value() &&
                         (!has_group || parse_number<std::int32_t>(user.substr(colon + 1)));
    if (numbers) return;
    draft.add_error("spec.template.user",
                    "in a Pod a user is a number, with or without a group: "
                    "expected 1000 or 1000:1000, got " +
                        in_quotes(user));
}

// --- slots and ports

void check_slots(SpecDraft& draft, const RenderOptions& options) {
    const EnginePool& pool = draft.pool;
    if (!draft.sound("spec.replicas") || !draft.sound("spec.maxActiveReplicas")) return;
    const int most = share_of(pool, pool.gateways.front().container);
    const int slots = options.slots_per_gateway;
    if (slots > pool.max_active_replicas) {
        draft.add_error("spec.maxActiveReplicas",
                        "no more than " + std::to_string(pool.max_active_replicas) +
                            " engines may run, so " + std::to_string(slots) +
                            " slots for each gateway are too many; lower --slots-per-gateway, or "
                            "raise this");
    } else if (slots > 0 && most > slots) {
        draft.add_error("spec.replicas", std::to_string(most) + " of them are to run behind " +
                                             pool.gateways.front().container + ", which has " +
                                             std::to_string(slots) +
                                             (slots == 1 ? " slot" : " slots") +
                                             "; raise --slots-per-gateway, or add a gateway");
    }
    if (pool.replicas > 0 && share_of(pool, pool.gateways.back().container) == 0) {
        draft.add_warning("spec.replicas", "fewer engines than gateways: the Pod of " +
                                               pool.gateways.back().container +
                                               " keeps a VPN session, and runs no engine");
    }
}

struct UsedPort {
    int number;
    const char* by;
};

constexpr std::array<UsedPort, 3> ports_of_the_pod{{{agent_port, "the agent"},
                                                    {balancer_port, "the balancer"},
                                                    {health_port, "Gluetun's health server"}}};

// In a Pod, everything listens in one network.
void check_ports(SpecDraft& draft, const RenderOptions& options) {
    const EnginePool& pool = draft.pool;
    for (std::size_t i = 0; i < pool.gateways.size(); ++i) {
        const std::string& gateway = pool.gateways[i].container;
        const PortBases bases = bases_behind(pool, gateway);
        const int slots = slots_behind(pool, gateway, options);
        for (const auto& [name, base] :
             {std::pair{"http", bases.http}, std::pair{"https", bases.https},
              std::pair{"api", bases.api}, std::pair{"p2p", bases.p2p}}) {
            const std::string own = gateway_path(i, "ports.") + name;
            const std::string path = draft.gives(own) ? own : std::string("spec.ports.") + name;
            if (!draft.sound(path)) continue;
            for (const UsedPort& used : ports_of_the_pod) {
                if (used.number < base || used.number >= base + slots) continue;
                draft.add_error(path, std::to_string(used.number) + " is the port of " + used.by +
                                          " in the Pod; move the range " + std::to_string(base) +
                                          "-" + std::to_string(base + slots - 1));
                break;
            }
        }
    }
}

// --- volumes

bool refers_to(const std::string& text, std::string_view name) {
    return text.find("$(" + std::string(name) + ")") != std::string::npos;
}

bool is_own_folder(const std::string& target) {
    return std::ranges::any_of(std::array<std::string, 2>{"/rh", "/slots"}, [&](const auto& own) {
        return target == own || target.starts_with(own + "/");
    });
}

void check_options(SpecDraft& draft, const std::string& path, const VolumeText& volume) {
    constexpr std::array<std::string_view, 6> known{"ro", "rw", "z", "Z", "nocopy", "rprivate"};
    for (const auto& option : volume.options) {
        if (std::ranges::find(known, option) != known.end()) continue;
        draft.add_error(
            path, "a volume of a Pod has no option " + in_quotes(option) + "; expected ro or rw");
    }
}

void check_steady(SpecDraft& draft, const std::string& path, const std::string& text) {
    if (!refers_to(text, "P2P_PORT")) return;
    draft.add_error(path,
                    "$(P2P_PORT) changes with the forwarded port, and a Pod's volumes cannot; use "
                    "$(SLOT)");
}

void check_source(SpecDraft& draft, const std::string& path, const VolumeText& volume) {
    const bool is_for_slot = refers_to(volume.source, "SLOT") ||
                             refers_to(volume.source, "ENGINE") ||
                             refers_to(volume.source, "HTTP_PORT");
    if (is_for_slot && draft.pool.gateways.size() > 1 && !refers_to(volume.source, "GATEWAY")) {
        draft.add_error(path,
                        "each gateway has a slot 0, and these slots would share one volume; "
                        "add $(GATEWAY) to " +
                            in_quotes(volume.source));
    }
}

// `expanded` is for slot 0 of the first gateway.
void check_volume(SpecDraft& draft, const std::string& path, const std::string& text,
                  const std::string& expanded) {
    const VolumeText volume = split_volume(expanded);
    check_options(draft, path, volume);
    check_steady(draft, path, text);
    check_source(draft, path, split_volume(text));
    if (is_own_folder(volume.target)) {
        draft.add_error(path, in_quotes(volume.target) +
                                  " is a folder of the holder in the Pod; "
                                  "mount it elsewhere");
    }
    if (!draft.sound(path) || !volume.is_claim() || is_claim_name(volume.source)) return;
    draft.add_error(path, in_quotes(volume.source) +
                              " cannot name a PersistentVolumeClaim: expected a-z, 0-9, - and ., "
                              "with a letter or digit first and last; a path of the node begins "
                              "with /");
}

void check_volumes(SpecDraft& draft) {
    const EnginePool& pool = draft.pool;
    Placement placement;
    placement.gateway = pool.gateways.front().container;
    placement.ports = ports_of_slot(bases_behind(pool, placement.gateway), 0);
    const EngineRequest engine = make_engine_request(pool, placement);
    const std::string volumes = "spec.template.volumes";
    for (std::size_t i = 0; i < engine.binds.size(); ++i) {
        const std::string path = indexed(volumes, i);
        if (!draft.sound(path)) continue;
        check_volume(draft, path, pool.engine_template.volumes[i], engine.binds[i]);
    }
    const std::string tmpfs = "spec.template.tmpfs";
    for (std::size_t i = 0; i < engine.tmpfs.size(); ++i) {
        const std::string path = indexed(tmpfs, i);
        if (!draft.sound(path)) continue;
        const auto& [target, options] = engine.tmpfs[i];
        check_steady(draft, path, pool.engine_template.tmpfs[i]);
        if (is_own_folder(target)) {
            draft.add_error(path, in_quotes(target) +
                                      " is a folder of the holder in the Pod; "
                                      "mount it elsewhere");
        }
        for (const auto& option : options_without_effect(options)) {
            draft.add_warning(path, in_quotes(option) +
                                        " has no effect: of the options, a Pod's "
                                        "memory volume knows a size such as "
                                        "size=256m");
        }
    }
}

void warn_without_effect(SpecDraft& draft) {
    constexpr std::array<std::pair<const char*, const char*>, 4> fields{{
        {"spec.template.resources.pids",
         "has no effect in a Pod: the kubelet's podPidsLimit is what limits processes"},
        {"spec.template.labels", "have no effect in a Pod, whose containers have no labels"},
        {"spec.template.logging", "has no effect in a Pod: the kubelet keeps the output"},
        {"spec.template.registryAuthFile",
         "has no effect in a Pod: name the login in imagePullSecrets, of the namespace's "
         "ServiceAccount \"default\" for example"},
    }};
    for (const auto& [path, message] : fields) {
        if (draft.gives(path) && draft.sound(path)) draft.add_warning(path, message);
    }
}

}  // namespace

void check_pod(SpecDraft& draft, const RenderOptions& options) {
    if (!draft.sound("spec.gateways") || !draft.sound("spec.network")) return;
    if (!draft.pool.network.empty()) {
        draft.add_error("spec.network",
                        "without a VPN there is nothing to share a Pod with: on Kubernetes a pool "
                        "has gateways; for engines alone, a Deployment is enough");
        return;
    }
    if (draft.pool.gateways.empty()) return;
    check_command(draft);
    check_names(draft);
    check_control_servers(draft);
    check_user(draft);
    check_slots(draft, options);
    check_ports(draft, options);
    check_volumes(draft);
    warn_without_effect(draft);
}

}  // namespace roundhouse
