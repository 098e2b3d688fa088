// Remembers since when each gateway has not been ready. An age, nothing else.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/observation.h"
#include "loop/clock.h"

namespace roundhouse {

// One thread: the loop's.
class GatewaySensor {
  public:
    // Fills in `not_ready_for`. A gateway that is seen for the first time has an age of zero.
    void measure(std::vector<GatewayView>& gateways, Monotonic now);

  private:
    std::map<std::string, Monotonic> not_ready_since_;
};

}  // namespace roundhouse
