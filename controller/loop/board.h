// The one place where threads meet: the spec goes in, what the last round saw and thought comes
// out. Copies only, under one mutex.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "core/spec.h"
#include "core/status.h"

namespace roundhouse {

// A spec in force, and the how-manieth accepted one it is.
struct SpecInForce {
    std::shared_ptr<const EnginePool> pool;
    std::int64_t generation = 0;
};

// What a round that could look saw and decided. A round that could not leaves the last one there.
struct RoundView {
    std::shared_ptr<const EnginePool> pool;
    std::int64_t generation = 0;
    Observation seen;
    Plan plan;
    Time at{};
};

// Every function may be called from any thread.
class Board {
  public:
    // Puts a spec in force; an equal one keeps its generation. Returns whether it differs.
    bool accept(EnginePool pool);

    // No pool: none was accepted yet.
    SpecInForce spec() const;

    void publish(std::shared_ptr<const RoundView> round);
    // nullptr: no round has ended well yet.
    std::shared_ptr<const RoundView> round() const;

    // Merges conditions into the pool's; returns those that changed in status or reason.
    std::vector<Condition> set_conditions(std::vector<Condition> next, Time now);
    std::vector<Condition> conditions() const;

  private:
    mutable std::mutex mutex_;
    SpecInForce spec_;
    std::shared_ptr<const RoundView> round_;
    std::vector<Condition> conditions_;
};

}  // namespace roundhouse
