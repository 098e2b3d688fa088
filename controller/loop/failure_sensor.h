// Remembers which engines were replaced as failed, and what they wrote last.
#pragma once

#include <cstddef>
#include <deque>

#include "core/observation.h"
#include "core/plan.h"
#include "loop/clock.h"
#include "loop/last_lines.h"

namespace roundhouse {

// One thread: the loop's.
class FailureSensor {
  public:
    // So many failures are kept; of older ones only the number.
    static constexpr std::size_t most_failures = 100;

    // The argument must outlive the sensor.
    explicit FailureSensor(LastLines& lines) : lines_(lines) {}

    // Fills in EngineView::last_lines and Observation::failures. Begins to read what engines wrote
    // that have ended.
    void recall(Observation& seen, Monotonic now);

    // Notes the engines that the plan of a round, which is carried out now, replaces or removes as
    // failed, each once, and begins to read what they wrote. Adds them to Observation::failures.
    void note(const Plan& plan, Observation& seen, Monotonic now);

  private:
    void recall_failures(Observation& seen, Monotonic now);

    LastLines& lines_;
    std::deque<EngineFailure> latest_;  // oldest first
    int count_ = 0;
    Monotonic first_{};  // meaningful when there are some, as is `last_`
    Monotonic last_{};
};

}  // namespace roundhouse
