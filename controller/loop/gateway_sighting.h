// One gateway as one round found it: what Docker knows, and what its control server said.
#pragma once

#include <optional>
#include <string>

#include "loop/gateway_api.h"
#include "loop/runtime.h"

namespace roundhouse {

struct GatewaySighting {
    std::string name;
    bool declared = true;                       // the spec names it
    std::optional<GatewayContainer> container;  // nullopt: there is none of that name
    // Why Docker's answer about it cannot be used; empty: it can. Without `container` then.
    std::string unknown;
    // Of the container's addresses the one where its control server answered last, else the first.
    std::string address;
    GatewayReading reading;  // all unknown: it was not asked, or its answer is awaited
    Duration reading_age{0};
    bool reading_awaited = false;  // it is asked, and there is no answer that is young enough
};

}  // namespace roundhouse
