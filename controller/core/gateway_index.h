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
        for (const auto& gateway : gateways) {
            by_name_.emplace(gateway.name, &gateway);
            if (gateway.declared && !gateway.incarnation.id.empty()) {
                by_id_.emplace(gateway.incarnation.id, &gateway);
            }
        }
    }

    // The declared gateway whose container the engine joined, whatever its name is by now; else
    // the one that has the name for which the engine was made. Null where there is none.
    const GatewayView* of(const EngineView& engine) const {
        const auto joined = by_id_.find(engine.incarnation.id);
        if (joined != by_id_.end()) return joined->second;
        const auto named = by_name_.find(engine.gateway);
        return named == by_name_.end() ? nullptr : named->second;
    }

  private:
    std::unordered_map<std::string_view, const GatewayView*> by_name_;
    std::unordered_map<std::string_view, const GatewayView*> by_id_;
};

}  // namespace roundhouse
