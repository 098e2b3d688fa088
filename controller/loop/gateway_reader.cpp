#include "loop/gateway_reader.h"

#include <algorithm>
#include <string>
#include <utility>

namespace roundhouse {

namespace {

// A paused gateway takes connections and never answers.
bool can_be_asked(const GatewayView& gateway) {
    return gateway.declared &&
           (gateway.state == GatewayState::ready || gateway.state == GatewayState::starting ||
            gateway.state == GatewayState::unhealthy);
}

std::string describe(VpnStatus status) {
    switch (status) {
        case VpnStatus::starting: return "is starting its VPN";
        case VpnStatus::stopping: return "is stopping its VPN";
        case VpnStatus::stopped: return "runs, but its VPN is stopped";
        case VpnStatus::crashed: return "runs, but its VPN has crashed";
        case VpnStatus::completed: return "runs, but its VPN has ended";
        case VpnStatus::running:
        case VpnStatus::unknown: break;
    }
    return "";
}

void read_one(GatewayApi& api, const GatewaySpec& spec, GatewayView& gateway) {
    const std::string& named = spec.control_server.address;
    const std::string& address = named.empty() ? gateway.address : named;
    if (address.empty()) {
        gateway.forwarded.detail =
            "Docker knows no address of " + gateway.name + ": name one as controlServer.address";
        return;
    }
    GatewayReading reading = api.read(spec, address);
    gateway.forwarded = std::move(reading.forwarded_ports);
    gateway.vpn_status = reading.vpn_status;
    // A key that opens nothing is told once, with the ports.
    const bool let_in = gateway.forwarded.kind != PortsAnswerKind::unauthorized;
    if (let_in) gateway.vpn_detail = std::move(reading.vpn_detail);
    gateway.public_ip = std::move(reading.public_ip);
    judge_vpn(gateway);
}

}  // namespace

// Docker's health lags: it says "healthy" for minutes after the VPN was lost, and for ever after it
// was stopped through the control server (Gluetun v3.41).
void judge_vpn(GatewayView& gateway) {
    if (gateway.state != GatewayState::ready) return;
    std::string trouble = describe(gateway.vpn_status);
    if (trouble.empty()) return;
    gateway.state = gateway.vpn_status == VpnStatus::starting ? GatewayState::starting
                                                              : GatewayState::unhealthy;
    gateway.detail = std::move(trouble);
}

void read_gateways(GatewayApi& api, Workers& workers, const EnginePool& pool,
                   std::vector<GatewayView>& gateways) {
    std::vector<Job> jobs;
    for (auto& gateway : gateways) {
        const auto spec = std::ranges::find(pool.gateways, gateway.name, &GatewaySpec::container);
        if (spec == pool.gateways.end() || !can_be_asked(gateway)) continue;
        jobs.emplace_back([&api, &spec = *spec, &gateway] { read_one(api, spec, gateway); });
    }
    workers.do_all(jobs);
}

}  // namespace roundhouse
