// Which containers a gateway that does not exist may be meant to be: a sensor for the name that a
// user got wrong, such as "gluetun" for the "media-gluetun-1" of Docker Compose.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/clock.h"
#include "loop/runtime.h"

namespace roundhouse {

// Of `containers`, those that a gateway called `name` may be meant to be, likeliest first, three at
// most: their image is Gluetun's, or a part of their name is `name`. Engines of any pool and
// gateways of `pool` are none of them.
std::vector<NameHolder> similar_containers(const EnginePool& pool, const std::string& name,
                                           const std::vector<NameHolder>& containers);

class NearbyGateways {
  public:
    // Adds to the detail of each declared gateway that is missing which containers are near. Asks
    // Docker when a gateway goes missing, and then once a minute; never while none is. A list that
    // fails changes nothing. One thread.
    void name_similar(Runtime& runtime, const EnginePool& pool, std::vector<GatewayView>& gateways,
                      Monotonic now);

  private:
    std::map<std::string, std::string> found_;  // by the gateway that is missing: what is near it
    Monotonic asked_at_{};
};

}  // namespace roundhouse
