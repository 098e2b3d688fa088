#include "loop/gateway_sensor.h"

#include <algorithm>
#include <utility>

#include "core/forwarding.h"
#include "loop/gateway_reader.h"

namespace roundhouse {

namespace {

// What happened within this time is "lately".
constexpr std::chrono::minutes lately{10};
// Gluetun knows its public IP some seconds after its VPN is back, and its forwarded ports after
// that: changed ones are the same event, and to be met by one replacement.
constexpr std::chrono::seconds longest_settling{30};
// A VPN that reconnected this often lately comes and goes: from then on it has to stay for a while
// before it counts as back.
constexpr std::size_t many_reconnects = 5;
constexpr std::chrono::seconds lasting{60};

void note(std::deque<Monotonic>& events, Monotonic now) {
    constexpr std::size_t most = 1000;
    events.push_back(now);
    if (events.size() > most) events.pop_front();
}

void forget_old(std::deque<Monotonic>& events, Monotonic now) {
    while (!events.empty() && now - events.front() > lately)
        events.pop_front();
}

bool is_down(VpnStatus status) {
    return status != VpnStatus::unknown && status != VpnStatus::running;
}

}  // namespace

std::vector<std::string> GatewaySensor::measure(std::vector<GatewayView>& gateways, Monotonic now) {
    std::vector<std::string> with_other_ports;
    std::map<std::string, Memory> next;
    for (auto& gateway : gateways) {
        auto known = memory_.extract(gateway.name);
        Memory& memory = next[gateway.name];
        if (!known.empty()) memory = std::move(known.mapped());
        if (memory.run.incarnation != gateway.incarnation) {
            memory.run = {};
            memory.run.incarnation = gateway.incarnation;
        }
        recall_vpn_status(memory.run, gateway, now);
        measure_readiness(memory, gateway, now);
        if (measure_ports(memory.run, gateway, now)) with_other_ports.push_back(gateway.name);
        measure_reconnects(memory.run, gateway, now);
    }
    memory_ = std::move(next);
    return with_other_ports;
}

// A VPN that was down when last asked is not up for a lost reply, but only for so long: then
// Docker's health counts again.
void GatewaySensor::recall_vpn_status(Run& run, GatewayView& gateway, Monotonic now) {
    if (gateway.vpn_status != VpnStatus::unknown) {
        run.vpn_status_at = now;
        return;
    }
    if (!is_down(run.vpn_status) || now - run.vpn_status_at >= lasting) return;
    gateway.vpn_status = run.vpn_status;
    judge_vpn(gateway);
}

void GatewaySensor::measure_readiness(Memory& memory, GatewayView& gateway, Monotonic now) {
    const bool ready = gateway.state == GatewayState::ready;
    auto& since = ready ? memory.ready_since : memory.not_ready_since;
    (ready ? memory.not_ready_since : memory.ready_since).reset();
    if (!since) since = now;
    (ready ? gateway.ready_for : gateway.not_ready_for) = now - *since;
}

bool GatewaySensor::measure_ports(Run& run, GatewayView& gateway, Monotonic now) {
    forget_old(run.port_changes, now);
    bool changed = false;
    if (ports_known(gateway)) {
        const std::vector<int>& ports = gateway.forwarded.ports;
        // None for a while, and then the same ones again: these have not changed.
        changed = !ports.empty() && !run.last_ports.empty() && ports != run.last_ports;
        if (changed) note(run.port_changes, now);
        if (!ports.empty()) run.last_ports = ports;
        std::map<int, Monotonic> still;
        for (const int port : ports) {
            const bool known = run.ports && run.ports->contains(port);
            still.emplace(port, known ? run.ports->at(port) : now);
            gateway.forwarded_for.emplace(port, now - still.at(port));
        }
        run.ports = std::move(still);
    }
    gateway.port_changes = static_cast<int>(run.port_changes.size());
    return changed;
}

void GatewaySensor::measure_reconnects(Run& run, GatewayView& gateway, Monotonic now) {
    forget_old(run.reconnects, now);
    if (came_back(run, gateway)) run.returning_since = now;
    if (run.returning_since && has_returned(run, gateway, now)) {
        run.returning_since.reset();
        run.reconnected = now;
        note(run.reconnects, now);
    }
    if (run.reconnected) gateway.reconnected_ago = now - *run.reconnected;
}

// Whether anything tells, compared with what was last known, that the VPN connected anew.
bool GatewaySensor::came_back(Run& run, const GatewayView& gateway) {
    bool back = false;
    // A VPN that does not run makes a gateway unhealthy, too; that one is told by its status.
    const bool vpn_is_up =
        gateway.vpn_status == VpnStatus::unknown || gateway.vpn_status == VpnStatus::running;
    if (gateway.state == GatewayState::unhealthy) {
        run.unhealthy = run.unhealthy || vpn_is_up;
    } else if (gateway.state == GatewayState::ready) {
        back = std::exchange(run.unhealthy, false);
    }
    if (gateway.vpn_status != VpnStatus::unknown) {
        const VpnStatus before = std::exchange(run.vpn_status, gateway.vpn_status);
        back = back || (is_down(before) && gateway.vpn_status == VpnStatus::running);
    }
    if (!gateway.public_ip.value_or("").empty()) {
        const std::string before = std::exchange(run.public_ip, *gateway.public_ip);
        back = back || (!before.empty() && before != *gateway.public_ip);
    }
    return back;
}

// Whether it can be called a reconnect now, or will rather be when more is known.
bool GatewaySensor::has_returned(const Run& run, const GatewayView& gateway, Monotonic now) {
    if (gateway.state != GatewayState::ready) return false;
    const Duration since = now - *run.returning_since;
    if (run.reconnects.size() >= many_reconnects && since < lasting) return false;
    const bool ip_is_due =
        gateway.public_ip && gateway.public_ip->empty() && !run.public_ip.empty();
    const bool ports_are_due =
        gateway.forwarded.kind == PortsAnswerKind::none && !run.last_ports.empty();
    return (!ip_is_due && !ports_are_due) || since >= longest_settling;
}

}  // namespace roundhouse
