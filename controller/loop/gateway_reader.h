// Asks the gateways' control servers what Docker cannot know: whether the VPN is there, and which
// ports it forwards.
#pragma once

#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/gateway_api.h"
#include "loop/workers.h"

namespace roundhouse {

// Asks every declared gateway of `gateways` that runs, all at the same time, each where the spec
// says or else at the address that Docker knows. Fills in what they say, and makes a gateway
// unready whose VPN is not running. One that does not answer stays as it is. Ends within 2 s.
void read_gateways(GatewayApi& api, Workers& workers, const EnginePool& pool,
                   std::vector<GatewayView>& gateways);

// Makes a gateway unready that Docker calls healthy although its VPN is known not to run.
void judge_vpn(GatewayView& gateway);

}  // namespace roundhouse
