#include "edge/pod/pod_pool.h"

#include <algorithm>
#include <utility>

#include "core/share.h"

namespace roundhouse {

Result<EnginePool> pool_of_pod(EnginePool pool, const std::string& gateway, int slots) {
    const auto refuse = [](std::string why) { return Fault{FaultKind::rejected, std::move(why)}; };
    if (pool.gateways.empty()) {
        return refuse("spec.network: a Pod has a gateway: name it under spec.gateways instead");
    }
    const auto found = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    if (found == pool.gateways.end()) {
        return refuse("spec.gateways: gateway " + gateway +
                      ", which this agent serves (--gateway), is not among them: add it, or remove "
                      "its Deployment");
    }
    if (pool.engine_template.command.empty()) {
        return refuse(
            "spec.template.command: is missing, and a Pod cannot use the image's own entrypoint: "
            "write it here");
    }
    pool.replicas = share_of(pool, gateway);
    GatewaySpec own = *found;
    own.control_server.address.clear();  // it is where a Docker host finds it
    pool.gateways = {std::move(own)};
    pool.max_active_replicas = std::min(pool.max_active_replicas, slots);
    pool.in_pod = true;
    return pool;
}

}  // namespace roundhouse
