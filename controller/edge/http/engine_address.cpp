#include "edge/http/engine_address.h"

#include "edge/text/host_name.h"

namespace roundhouse {

namespace {

// Not the name of a container: those have no dot, as Compose and people write them.
bool is_outside_docker(const std::string& host) {
    return is_ip_address(host) || host == "localhost" || host.find('.') != std::string::npos;
}

// The published port, as a client reaches it that knows the machine as `host`.
std::optional<HostPort> published_at(const EngineOffer& engine, const std::string& host) {
    if (!engine.published) return std::nullopt;
    const auto& [address, port] = *engine.published;
    if (address.empty()) return HostPort{host, port};
    if (is_loopback(address) && !is_loopback(host)) return std::nullopt;
    return HostPort{address, port};
}

}  // namespace

std::optional<HostPort> address_for(const EngineOffer& engine, const std::string& asked,
                                    const BalancerHosts& hosts) {
    if (!engine.given_host.empty()) {
        const bool outside = engine.published && is_outside_docker(engine.given_host);
        return HostPort{engine.given_host, outside ? engine.published->port : engine.port};
    }
    if (!hosts.instead.empty()) return published_at(engine, hosts.instead);
    // A controller that is asked on this machine speaks for this machine.
    if (!engine.machine.empty() && !is_loopback(engine.machine)) {
        return published_at(engine, engine.machine);
    }
    const bool outside = is_outside_docker(asked) || (!asked.empty() && asked == hosts.own);
    if (outside || engine.inside_host.empty()) return published_at(engine, asked);
    return HostPort{engine.inside_host, engine.port};
}

}  // namespace roundhouse
