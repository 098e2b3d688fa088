// The gateways of an observation by their names.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/observation.h"

namespace roundhouse {

// The gateways must outlive it.
class GatewayIndex {
  public:
    explicit GatewayIndex(const std::vector<GatewayView>& gateways) {
        for (const auto& gateway : gateways)
            by_name_.emplace(gateway.name, &gateway);
    }

    // Null where there is none.
    const GatewayView* find(std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

  private:
    std::unordered_map<std::string_view, const GatewayView*> by_name_;
};

}  // namespace roundhouse
