// Finds the gateway of an engine.
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
    const GatewayView* of(const EngineView& engine) const {
        const auto named = by_name_.find(engine.gateway);
        return named == by_name_.end() ? nullptr : named->second;
    }

  private:
    std::unordered_map<std::string_view, const GatewayView*> by_name_;
};

}  // namespace roundhouse
