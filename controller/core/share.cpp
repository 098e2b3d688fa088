#include "core/share.h"

#include <algorithm>

namespace roundhouse {

int share_of(const EnginePool& pool, const std::string& gateway) {
    const auto found = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    if (found == pool.gateways.end()) return 0;
    const auto place = static_cast<int>(found - pool.gateways.begin());
    const auto count = static_cast<int>(pool.gateways.size());
    const int engines = std::min(pool.replicas, pool.max_active_replicas);
    return engines / count + (place < engines % count ? 1 : 0);
}

}  // namespace roundhouse
