#include "loop/guest_names.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/names.h"

namespace roundhouse {

void GuestNames::fill_in(Runtime& runtime, std::vector<GatewayView>& gateways, Monotonic now) {
    constexpr std::chrono::minutes between_lists{1};
    std::map<std::string, std::vector<std::string>> known;
    bool is_new = false;
    for (const auto& gateway : gateways) {
        if (gateway.strangers_ports.empty()) continue;
        const auto found = found_.find(gateway.incarnation.id);
        is_new = is_new || found == found_.end();
        auto& guests = known[gateway.incarnation.id];
        if (found != found_.end()) guests = std::move(found->second);
    }
    found_ = std::move(known);
    if (found_.empty()) return;
    if (is_new || now - asked_at_ >= between_lists) {
        asked_at_ = now;
        if (const auto containers = runtime.list_names("")) {
            for (auto& [id, guests] : found_)
                guests.clear();
            for (const auto& container : containers.value()) {
                const auto host = found_.find(container.network.joins);
                const bool is_engine = container.labels.contains(std::string(label::pool));
                if (host != found_.end() && !is_engine) host->second.push_back(container.name);
            }
        }
    }
    for (auto& gateway : gateways) {
        const auto found = found_.find(gateway.incarnation.id);
        if (found != found_.end() && !gateway.strangers_ports.empty())
            gateway.guests = found->second;
    }
    for (auto& gateway : gateways)
        std::ranges::sort(gateway.guests);
}

}  // namespace roundhouse
