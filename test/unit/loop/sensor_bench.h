// One gateway whose sensor is asked once a second.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "loop/gateway_sensor.h"
#include "unit/core/worlds.h"

namespace roundhouse::test {

using Health = GatewayContainer::Health;

inline GatewayContainer running_gateway(Health health = Health::healthy) {
    GatewayContainer container;
    container.id = gateway_id("gluetun");
    container.started_at = "started-1";
    container.running = true;
    container.state = "running";
    container.health = health;
    container.addresses = {"172.18.0.2"};
    return container;
}

struct SensorBench {
    GatewaySensor sensor;
    GatewaySighting sighting;
    Duration rotation_interval = 5min;
    Monotonic now{1000s};
    std::set<Monotonic> declared;  // first signs of the reconnects that were declared

    SensorBench() {
        sighting.name = "gluetun";
        sighting.container = running_gateway();
        sighting.address = "172.18.0.2";
        vpn(VpnStatus::running);
        public_ip("192.0.2.1");
    }

    void vpn(VpnStatus status) { sighting.reading.vpn_status = status; }
    void public_ip(std::optional<std::string> ip) { sighting.reading.public_ip = std::move(ip); }
    void health(Health health) { sighting.container->health = health; }
    void silence() {
        vpn(VpnStatus::unknown);
        public_ip(std::nullopt);
    }

    GatewayView measure(Duration later = 1s) {
        now += later;
        GatewayView view = sensor.measure({sighting}, rotation_interval, now).gateways.front();
        if (view.reconnected_ago) declared.insert(now - *view.reconnected_ago);
        return view;
    }

    // Once a second for so long.
    void pass(Duration time) {
        for (; time > 0s; time -= 1s)
            measure();
    }

    GatewayView report(std::vector<int> ports, Duration later = 1s) {
        const auto kind = ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports;
        sighting.reading.forwarded_ports = {kind, std::move(ports), ""};
        return measure(later);
    }

    std::optional<Duration> reconnected_ago() { return measure().reconnected_ago; }

    void lose(VpnStatus status) {
        vpn(status);
        public_ip("");
        measure();
    }

    void regain(const std::string& ip) {
        vpn(VpnStatus::running);
        public_ip(ip);
    }

    GatewayView start_again() {
        sighting.container->started_at += "+";
        return measure();
    }
};

}  // namespace roundhouse::test
