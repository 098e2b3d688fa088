#include "core/launch.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/fingerprint.h"
#include "core/names.h"

namespace roundhouse {

namespace {

// The variables that every engine gets, and that a template may refer to.
KeyValues engine_variables(const EnginePool& pool, const Placement& placement) {
    return {
        {"HTTP_PORT", std::to_string(placement.ports.http)},
        {"HTTPS_PORT", std::to_string(placement.ports.https)},
        {"API_PORT", std::to_string(placement.ports.api)},
        {"P2P_PORT", std::to_string(placement.ports.p2p)},
        {"BIND_ALL", "true"},
        {"SLOT", std::to_string(placement.slot)},
        {"POOL", pool.name},
        {"ENGINE", engine_name(pool.name, placement.slot)},
        {"GATEWAY", placement.gateway},
    };
}

std::vector<std::string> expand_all(const std::vector<std::string>& texts,
                                    const KeyValues& variables) {
    std::vector<std::string> expanded;
    expanded.reserve(texts.size());
    for (const auto& text : texts)
        expanded.push_back(expand_references(text, variables));
    return expanded;
}

// Programs that replace containers by newer ones would compete with the controller. A template may
// say otherwise. These labels are no part of the template's hash, so that engines made without them
// are not outdated.
constexpr std::pair<std::string_view, std::string_view> labels_for_updaters[]{
    {"com.centurylinklabs.watchtower.enable", "false"},
    {"wud.watch", "false"},
};

KeyValues labels_of(const EnginePool& pool, const Placement& placement) {
    KeyValues labels = pool.engine_template.labels;
    for (const auto& [key, value] : labels_for_updaters) {
        const bool given = std::ranges::count(labels, key, &KeyValues::value_type::first) > 0;
        if (!given) labels.emplace_back(key, value);
    }
    const auto add = [&](std::string_view key, std::string value) {
        labels.emplace_back(std::string(key), std::move(value));
    };
    add(label::pool, pool.name);
    add(label::slot, std::to_string(placement.slot));
    add(label::gateway, placement.gateway);
    add(label::gateway_id, placement.incarnation.id);
    add(label::gateway_started_at, placement.incarnation.started_at);
    add(label::template_hash, template_hash(pool));
    add(label::http_port, std::to_string(placement.ports.http));
    add(label::https_port, std::to_string(placement.ports.https));
    add(label::api_port, std::to_string(placement.ports.api));
    add(label::p2p_port, std::to_string(placement.ports.p2p));
    add(label::forwarded, placement.takes_forwarded_port ? "true" : "false");
    add(label::followed_port, placement.followed ? "true" : "false");
    add(label::failures, std::to_string(placement.failures));
    return labels;
}

// "/dev/shm:size=256m" -> {"/dev/shm", "size=256m"}
KeyValues split_tmpfs(const std::vector<std::string>& mounts) {
    KeyValues result;
    for (const auto& mount : mounts) {
        const auto colon = mount.find(':');
        result.emplace_back(mount.substr(0, colon),
                            colon == std::string::npos ? "" : mount.substr(colon + 1));
    }
    return result;
}

// The one place where an engine's network is chosen. With gateways declared there is no other
// answer than the gateway's namespace: an unknown gateway gives "container:", which Docker rejects.
void choose_network(const EnginePool& pool, const Placement& placement, EngineRequest& request) {
    if (!pool.gateways.empty()) {
        request.network_mode = "container:" + placement.incarnation.id;
        return;
    }
    const EnginePorts& ports = placement.ports;
    request.network_mode = pool.network;
    request.publish_address = pool.publish;
    request.published_tcp_ports = {ports.http};
    if (!pool.publish_p2p) return;
    request.published_tcp_ports.push_back(ports.p2p);
    request.published_udp_ports = {ports.p2p};
}

}  // namespace

PortBases bases_behind(const EnginePool& pool, const std::string& gateway) {
    PortBases bases = pool.ports;
    const auto spec = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    if (spec == pool.gateways.end()) return bases;
    for (int PortBases::*base :
         {&PortBases::http, &PortBases::https, &PortBases::api, &PortBases::p2p}) {
        if (spec->ports.*base != 0) bases.*base = spec->ports.*base;
    }
    return bases;
}

EnginePorts ports_of_slot(const PortBases& bases, int slot) {
    return {bases.http + slot, bases.https + slot, bases.api + slot, bases.p2p + slot};
}

std::string host_of(const EnginePool& pool, const std::string& gateway, const std::string& engine) {
    if (pool.gateways.empty()) {
        const bool no_names = pool.network == "bridge" || pool.network == "default";
        if (!no_names) return engine;
        const bool everywhere =
            pool.publish.empty() || pool.publish == "0.0.0.0" || pool.publish == "::";
        return everywhere ? "127.0.0.1" : pool.publish;
    }
    const auto spec = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    return spec == pool.gateways.end() || spec->host.empty() ? gateway : spec->host;
}

std::string log_command(const EnginePool& pool, const std::string& engine, int slot) {
    if (pool.in_pod) return "kubectl logs -c engine-" + std::to_string(slot);
    return "docker logs " + engine;
}

std::vector<std::string> engine_variable_names() {
    std::vector<std::string> names;
    for (const auto& [name, value] : engine_variables({}, {}))
        names.push_back(name);
    return names;
}

std::string expand_references(const std::string& text, const KeyValues& variables) {
    std::string result;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text.compare(at, 2, "$$") == 0) {
            result += '$';
            at += 2;
            continue;
        }
        const auto close = text.compare(at, 2, "$(") == 0 ? text.find(')', at) : std::string::npos;
        if (close == std::string::npos) {
            result += text[at++];
            continue;
        }
        const auto name = text.substr(at + 2, close - at - 2);
        const std::string* value = nullptr;
        for (const auto& [key, known] : variables) {
            if (key == name) value = &known;  // the last of a name wins, as in an environment
        }
        result += value != nullptr ? *value : text.substr(at, close - at + 1);
        at = close + 1;
    }
    return result;
}

EngineRequest make_engine_request(const EnginePool& pool, const Placement& placement) {
    const EngineTemplate& shape = pool.engine_template;
    KeyValues variables = engine_variables(pool, placement);
    EngineRequest request;
    for (std::size_t i = 0; i < exported_variables; ++i) {
        request.env.push_back(variables[i].first + "=" + variables[i].second);
    }
    // A variable may refer to those before it.
    for (const auto& [name, text] : shape.env) {
        variables.emplace_back(name, expand_references(text, variables));
        request.env.push_back(name + "=" + variables.back().second);
    }
    request.name = engine_name(pool.name, placement.slot);
    request.image = shape.image;
    request.entrypoint = expand_all(shape.command, variables);
    request.command = expand_all(shape.args, variables);
    request.labels = labels_of(pool, placement);
    request.binds = expand_all(shape.volumes, variables);
    request.tmpfs = split_tmpfs(expand_all(shape.tmpfs, variables));
    request.resources = shape.resources;
    request.user = shape.user;
    request.logging = shape.logging;
    request.stop_timeout = shape.stop_timeout;
    choose_network(pool, placement, request);
    return request;
}

}  // namespace roundhouse
