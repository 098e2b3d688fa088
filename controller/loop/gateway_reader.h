// Asks the gateways' control servers what Docker cannot know: the state of the VPN, and which ports
// it forwards.
#pragma once

#include <vector>

#include "core/spec.h"
#include "loop/gateway_api.h"
#include "loop/gateway_sighting.h"
#include "loop/workers.h"

namespace roundhouse {

// Fills in the reading of every declared gateway that runs. All are asked at the same time, each
// at the address that the spec names, or else at the one that Docker knows. Ends within 2 s.
void read_gateways(GatewayApi& api, Workers& workers, const EnginePool& pool,
                   std::vector<GatewaySighting>& gateways);

}  // namespace roundhouse
