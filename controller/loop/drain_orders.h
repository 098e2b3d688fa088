// What persons asked for: engines that are to go once they are idle. The orders live as long as the
// process.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// Any thread.
class DrainOrders {
  public:
    // From now on the engine's container is to go: for good, so that the pool has one engine fewer
    // until somebody edits `replicas`, which are `replicas` now; or to be replaced in its slot. The
    // latest order for an engine counts.
    void give(const std::string& engine_id, DrainRequest request, int replicas);

    // Marks the engines of `seen` that are meant, and fills in Observation::stood_down. Forgets the
    // orders that are over.
    void apply(const EnginePool& pool, Observation& seen);

  private:
    struct Order {
        DrainRequest request = DrainRequest::none;
        int replicas = 0;
    };

    std::mutex mutex_;
    std::map<std::string, Order> orders_;  // by the engine's id
};

}  // namespace roundhouse
