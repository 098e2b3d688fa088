// Which containers share the network of a gateway, besides engines: one of them may be the stranger
// that listens on an engine's port.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/observation.h"
#include "loop/clock.h"
#include "loop/runtime.h"

namespace roundhouse {

class GuestNames {
  public:
    // Fills in GatewayView::guests of each gateway that has strangers' ports. Asks Docker when a
    // gateway gets the first of them, and then once a minute; never while none has any. A list that
    // fails changes nothing. One thread.
    void fill_in(Runtime& runtime, std::vector<GatewayView>& gateways, Monotonic now);

  private:
    std::map<std::string, std::vector<std::string>> found_;  // by the id of the gateway's container
    Monotonic asked_at_{};
};

}  // namespace roundhouse
