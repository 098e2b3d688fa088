#include "loop/gateway_reader.h"

#include <algorithm>
#include <string>

namespace roundhouse {

namespace {

// A paused gateway, which does not count as running, takes connections and never answers.
bool can_be_asked(const GatewaySighting& gateway) {
    return gateway.declared && gateway.container && gateway.container->running;
}

void read_one(GatewayApi& api, const GatewaySpec& spec, GatewaySighting& gateway) {
    const std::string& named = spec.control_server.address;
    const std::string& address = named.empty() ? gateway.container->address : named;
    GatewayReading& reading = gateway.reading;
    if (address.empty()) {
        reading.forwarded_ports.detail =
            "Docker knows no address of " + gateway.name + ": name one as controlServer.address";
        return;
    }
    reading = api.read(spec, address);
    // The ports' answer reports a key that is not accepted already.
    const bool key_refused = reading.forwarded_ports.kind == PortsAnswerKind::unauthorized;
    if (key_refused) reading.vpn_detail.clear();
}

}  // namespace

void read_gateways(GatewayApi& api, Workers& workers, const EnginePool& pool,
                   std::vector<GatewaySighting>& gateways) {
    std::vector<Job> jobs;
    for (auto& gateway : gateways) {
        const auto spec = std::ranges::find(pool.gateways, gateway.name, &GatewaySpec::container);
        if (spec == pool.gateways.end() || !can_be_asked(gateway)) continue;
        jobs.emplace_back([&api, &spec = *spec, &gateway] { read_one(api, spec, gateway); });
    }
    workers.do_all(jobs);
}

}  // namespace roundhouse
