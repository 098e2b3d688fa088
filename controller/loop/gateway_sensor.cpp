#include "loop/gateway_sensor.h"

namespace roundhouse {

void GatewaySensor::measure(std::vector<GatewayView>& gateways, Monotonic now) {
    std::map<std::string, Monotonic> still;
    for (auto& gateway : gateways) {
        if (gateway.state == GatewayState::ready) continue;
        const auto known = not_ready_since_.find(gateway.name);
        const Monotonic since = known == not_ready_since_.end() ? now : known->second;
        gateway.not_ready_for = now - since;
        still.emplace(gateway.name, since);
    }
    not_ready_since_ = std::move(still);
}

}  // namespace roundhouse
