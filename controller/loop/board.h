// The state that threads share: the spec and what persons ask for go in; the last round's
// observation, plan and conditions come out. Copies only, under one mutex.
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
#include "loop/drain_orders.h"

namespace roundhouse {

// The spec in force. `generation` counts the accepted specs from 1.
struct SpecInForce {
    std::shared_ptr<const EnginePool> pool;
    std::int64_t generation = 0;
};

// What the last round whose look worked saw and decided. A failed look leaves it unchanged.
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

    // `pool` is nullptr until a spec has been accepted.
    SpecInForce spec() const;

    void publish(std::shared_ptr<const RoundView> round);
    // nullptr: no look has worked yet.
    std::shared_ptr<const RoundView> round() const;

    // Merges conditions that a round found by the spec of `generation`, or else by the spec in
    // force, into the pool's; returns those whose status or reason changed.
    std::vector<Condition> set_conditions(std::vector<Condition> next, std::int64_t generation,
                                          Time now);
    std::vector<Condition> set_conditions(std::vector<Condition> next, Time now);
    std::vector<Condition> conditions() const;

    DrainOrders& drains() { return drains_; }

  private:
    mutable std::mutex mutex_;
    SpecInForce spec_;
    std::shared_ptr<const RoundView> round_;
    std::vector<Condition> conditions_;
    DrainOrders drains_;
};

}  // namespace roundhouse
