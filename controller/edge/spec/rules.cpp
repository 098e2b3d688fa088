#include "edge/spec/rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "core/engine_image.h"
#include "core/launch.h"
#include "core/names.h"
#include "edge/spec/references.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

std::string gateway_path(std::size_t index, const std::string& field = "") {
    const std::string path = "spec.gateways[" + std::to_string(index) + "]";
    return field.empty() ? path : path + "." + field;
}

void fill_in_gateways(EnginePool& pool, const SpecDefaults& defaults) {
    if (pool.gateways.empty() && pool.network.empty() && !defaults.gateway_container.empty()) {
        GatewaySpec gateway;
        gateway.container = defaults.gateway_container;
        gateway.control_server.port = defaults.control_server_port;
        pool.gateways.push_back(std::move(gateway));
    }
    for (GatewaySpec& gateway : pool.gateways) {
        if (gateway.host.empty()) gateway.host = gateway.container;
        ControlServer& server = gateway.control_server;
        const bool has_credentials = !server.api_key_file.empty() || !server.username.empty() ||
                                     !server.password_file.empty();
        if (!has_credentials) server.api_key_file = defaults.api_key_file;
    }
}

// Engines must never run outside a tunnel by omission, so the spec has to name one of the two.
void check_gateways_or_network(SpecDraft& draft) {
    if (!draft.sound("spec.gateways") || !draft.sound("spec.network")) return;
    const bool has_gateways = !draft.pool.gateways.empty();
    const bool has_network = !draft.pool.network.empty();
    if (has_gateways && has_network) {
        draft.add_error("spec.network",
                        "excludes spec.gateways (" + draft.place_of("spec.gateways") +
                            "): engines run either behind gateways or, without a VPN, in a "
                            "network; remove one of them");
    }
    if (!has_gateways && !has_network) {
        draft.add_error("spec",
                        "neither gateways nor network: name the Gluetun container in gateways, or, "
                        "for engines without a VPN, a Docker network in network");
    }
}

void check_gateway_names(SpecDraft& draft) {
    const auto& gateways = draft.pool.gateways;
    for (std::size_t i = 0; i < gateways.size(); ++i) {
        const std::string path = gateway_path(i, "container");
        if (!draft.sound(path)) continue;
        if (slot_of_name(draft.pool.name, gateways[i].container)) {
            draft.add_error(path,
                            "an engine of this pool has this name; expected the container "
                            "of Gluetun, whose network engines join");
        }
        const auto same = [&](const GatewaySpec& other) {
            return other.container == gateways[i].container;
        };
        const auto first = static_cast<std::size_t>(
            std::find_if(gateways.begin(), gateways.end(), same) - gateways.begin());
        if (first == i) continue;
        draft.add_error(path, "the same container as " + gateway_path(first, "container") + " (" +
                                  draft.place_of(gateway_path(first, "container")) +
                                  "); each gateway is listed once");
    }
}

void check_credentials(SpecDraft& draft) {
    for (std::size_t i = 0; i < draft.pool.gateways.size(); ++i) {
        const std::string path = gateway_path(i, "controlServer");
        const ControlServer& server = draft.pool.gateways[i].control_server;
        const bool sound = draft.sound(path + ".apiKeyFile") && draft.sound(path + ".username") &&
                           draft.sound(path + ".passwordFile");
        if (!sound) continue;
        const bool has_login = !server.username.empty() || !server.password_file.empty();
        if (!server.api_key_file.empty() && has_login) {
            draft.add_error(path + ".apiKeyFile",
                            "excludes username and passwordFile; keep one way to log in");
        } else if (!server.username.empty() && server.password_file.empty()) {
            draft.add_error(path + ".username", "needs passwordFile as well");
        } else if (server.username.empty() && !server.password_file.empty()) {
            draft.add_error(path + ".passwordFile", "needs username as well");
        }
    }
}

// The pattern of the field accepts more colons than an IPv6 address has.
void check_publish(SpecDraft& draft) {
    const std::string& address = draft.pool.publish;
    if (!draft.sound("spec.publish") || address.find(':') == std::string::npos) return;
    in6_addr parsed{};
    if (::inet_pton(AF_INET6, address.c_str(), &parsed) == 1) return;
    draft.add_error("spec.publish", "expected an IP address, got " + in_quotes(address));
}

void check_settings_without_effect(SpecDraft& draft) {
    for (const char* path : {"spec.publish", "spec.publishP2P"}) {
        if (!draft.gives(path) || draft.pool.gateways.empty()) continue;
        draft.add_error(path,
                        "has no effect behind gateways, whose containers publish the ports; remove "
                        "it");
    }
    const bool without_gateways = draft.pool.gateways.empty() && !draft.pool.network.empty();
    if (!without_gateways || !draft.sound("spec.network")) return;
    for (const char* path : {"spec.forwardedPort", "spec.reconnect", "spec.failover"}) {
        if (!draft.gives(path)) continue;
        draft.add_error(path, "has no effect without gateways (spec.network is given); remove it");
    }
}

// The ports that the engines of all slots use for one purpose.
struct PortRange {
    std::string path;
    int first;
    int last;

    bool touches(int low, int high) const { return first <= high && low <= last; }
    std::string shown() const { return std::to_string(first) + "-" + std::to_string(last); }
};

void check_range_end(SpecDraft& draft, const PortRange& range) {
    constexpr int highest_port = 65535;
    if (range.last <= highest_port) return;
    const int slots = range.last - range.first + 1;
    draft.add_error(range.path, "the ports of " + std::to_string(slots) + " slots (" +
                                    range.shown() + ") do not fit below 65536; expected at most " +
                                    std::to_string(highest_port - slots + 1) +
                                    " here, or a lower maxActiveReplicas");
}

// Linux takes the ports of outgoing connections from this range by default.
void check_ephemeral(SpecDraft& draft, const PortRange& range) {
    if (!range.touches(32768, 60999)) return;
    draft.add_warning(range.path,
                      range.shown() +
                          " touches 32768-60999, where Linux takes ports for outgoing "
                          "connections: an engine may find its port taken when it starts; choose a "
                          "lower base, or set net.ipv4.ip_local_reserved_ports");
}

// The engines of one network namespace: where the spec says their bases, and what they are.
struct PortTable {
    std::string gateway;  // its path; empty for the pool's own bases
    PortBases bases;
};

// The pool's own bases count where a gateway has none of its own, and without gateways.
std::vector<PortTable> port_tables(const SpecDraft& draft) {
    const EnginePool& pool = draft.pool;
    std::vector<PortTable> tables;
    bool pool_counts = pool.gateways.empty();
    for (std::size_t i = 0; i < pool.gateways.size(); ++i) {
        if (draft.gives(gateway_path(i, "ports"))) {
            tables.push_back({gateway_path(i), bases_behind(pool, pool.gateways[i].container)});
        } else {
            pool_counts = true;
        }
    }
    if (pool_counts) tables.insert(tables.begin(), PortTable{"", pool.ports});
    return tables;
}

// The port ranges of all sound bases that end below 65536.
std::vector<PortRange> sound_ranges(SpecDraft& draft, const PortTable& table) {
    const PortBases& bases = table.bases;
    // Even without a valid number of slots, the bases can be compared.
    const bool knows_slots = draft.sound("spec.maxActiveReplicas");
    const int last = knows_slots ? draft.pool.max_active_replicas - 1 : 0;
    std::vector<PortRange> ranges;
    for (const auto& [name, base] : {std::pair{"http", bases.http}, std::pair{"https", bases.https},
                                     std::pair{"api", bases.api}, std::pair{"p2p", bases.p2p}}) {
        const std::string own = table.gateway + ".ports." + name;
        const bool is_own = !table.gateway.empty() && draft.gives(own);
        const PortRange range{is_own ? own : std::string("spec.ports.") + name, base, base + last};
        if (!draft.sound(range.path)) continue;
        check_range_end(draft, range);
        if (draft.sound(range.path)) ranges.push_back(range);
    }
    return ranges;
}

// The path at which to report a conflict of `a` and `b`: one that the spec gives, not a default.
const std::string& to_blame(const SpecDraft& draft, const std::string& a, const std::string& b) {
    return draft.gives(a) || !draft.gives(b) ? a : b;
}

void check_overlap(SpecDraft& draft, const PortRange& range, const PortRange& earlier) {
    if (!range.touches(earlier.first, earlier.last)) return;
    const bool blames_range = to_blame(draft, range.path, earlier.path) == range.path;
    const PortRange& blamed = blames_range ? range : earlier;
    const PortRange& other = blames_range ? earlier : range;
    draft.add_error(blamed.path, blamed.shown() + " overlaps " + other.path + " (" + other.shown() +
                                     "); move one of them, or lower maxActiveReplicas");
}

// The control servers of the gateways whose engines have these bases. One at an address of its own
// need not listen in the gateway's namespace, so its port cannot be checked.
void check_control_ports(SpecDraft& draft, const PortTable& table, const PortRange& range) {
    for (std::size_t i = 0; i < draft.pool.gateways.size(); ++i) {
        const std::string owner = draft.gives(gateway_path(i, "ports")) ? gateway_path(i) : "";
        const ControlServer& server = draft.pool.gateways[i].control_server;
        const std::string path = gateway_path(i, "controlServer.port");
        if (owner != table.gateway || !draft.sound(path) || !server.address.empty()) continue;
        if (!range.touches(server.port, server.port)) continue;
        draft.add_error(to_blame(draft, path, range.path),
                        "the control server's port " + std::to_string(server.port) +
                            " lies in the range of " + range.path + " (" + range.shown() +
                            "), and both listen in the gateway's network namespace; move one of "
                            "them");
    }
}

void check_ports(SpecDraft& draft) {
    std::set<std::string> warned;
    for (const PortTable& table : port_tables(draft)) {
        const std::vector<PortRange> ranges = sound_ranges(draft, table);
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            if (warned.insert(ranges[i].path).second) check_ephemeral(draft, ranges[i]);
            check_control_ports(draft, table, ranges[i]);
            for (std::size_t j = 0; j < i; ++j)
                check_overlap(draft, ranges[i], ranges[j]);
        }
    }
}

// "/cache/" and "/cache" are the same target.
std::string without_slashes_at_end(std::string target) {
    while (target.size() > 1 && target.back() == '/')
        target.pop_back();
    return target;
}

struct Mount {
    std::string path;
    std::string target;
};

std::vector<Mount> sound_mounts(const SpecDraft& draft) {
    std::vector<Mount> mounts;
    const auto add = [&](const std::string& list, std::size_t index, const std::string& target) {
        const std::string path = list + "[" + std::to_string(index) + "]";
        if (draft.sound(path)) mounts.push_back({path, without_slashes_at_end(target)});
    };
    const EngineTemplate& settings = draft.pool.engine_template;
    for (std::size_t i = 0; i < settings.volumes.size(); ++i) {
        const std::string& volume = settings.volumes[i];
        const std::string rest = volume.substr(std::min(volume.find(':') + 1, volume.size()));
        add("spec.template.volumes", i, rest.substr(0, rest.find(':')));
    }
    for (std::size_t i = 0; i < settings.tmpfs.size(); ++i) {
        add("spec.template.tmpfs", i, settings.tmpfs[i].substr(0, settings.tmpfs[i].find(':')));
    }
    return mounts;
}

void check_mounts(SpecDraft& draft) {
    std::map<std::string, std::string> path_of_target;
    for (const Mount& mount : sound_mounts(draft)) {
        const auto [first, is_new] = path_of_target.emplace(mount.target, mount.path);
        if (is_new) continue;
        draft.add_error(mount.path, "mounts " + in_quotes(mount.target) + ", as " + first->second +
                                        " (" + draft.place_of(first->second) +
                                        ") already does; keep one of them");
    }
}

// `args: []` says that the image needs none.
void check_engine_ports(SpecDraft& draft) {
    const EngineTemplate& shape = draft.pool.engine_template;
    const std::string path = "spec.template.image";
    const bool says_how = draft.gives("spec.template.command") || draft.gives("spec.template.args");
    if (says_how || !shape.preset.empty() || !draft.sound(path)) return;
    const auto names_port = [](const auto& variable) {
        return variable.second.find("$(HTTP_PORT)") != std::string::npos;
    };
    if (std::ranges::any_of(shape.env, names_port) || find_preset(shape.image) != nullptr) return;
    draft.add_warning(
        path, "roundhouse does not know how engines of " + in_quotes(shape.image) +
                  " take their ports, and two that listen on the same ones get in each other's "
                  "way: tell each engine its four ports, and to listen on all addresses, in "
                  "template.args or template.env, such as " +
                  usual_options() +
                  "; write args: [] if the image reads the variables HTTP_PORT, HTTPS_PORT, "
                  "API_PORT and P2P_PORT itself");
}

// Compose takes a container with its labels for one of its own, and removes it.
void check_labels(SpecDraft& draft) {
    for (const auto& [name, value] : draft.pool.engine_template.labels) {
        if (!name.starts_with("com.docker.compose.")) continue;
        draft.add_warning(
            member_path("spec.template.labels", name),
            "Docker Compose takes a container with this label for one of its own, and "
            "may stop or remove it; remove the label");
    }
}

}  // namespace

void fill_in_defaults(SpecDraft& draft, const SpecDefaults& defaults) {
    EnginePool& pool = draft.pool;
    fill_in_gateways(pool, defaults);
    const int ceiling = defaults.replica_ceiling.value_or(pool.max_active_replicas);
    pool.max_active_replicas = std::min(pool.max_active_replicas, ceiling);
    apply_preset(pool.engine_template);
    const std::string logging = "spec.template.logging";
    if (draft.gives(logging + ".driver") && !draft.gives(logging + ".options")) {
        pool.engine_template.logging.options.clear();
    }
}

void check_rules(SpecDraft& draft) {
    check_gateways_or_network(draft);
    check_gateway_names(draft);
    check_credentials(draft);
    check_publish(draft);
    check_settings_without_effect(draft);
    check_ports(draft);
    check_mounts(draft);
    check_engine_ports(draft);
    check_labels(draft);
    check_references(draft);
}

}  // namespace roundhouse
