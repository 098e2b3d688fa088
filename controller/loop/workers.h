// The port to running jobs in parallel.
#pragma once

#include <functional>
#include <vector>

#include "core/time.h"

namespace roundhouse {

using Job = std::function<void()>;

// Any thread. Jobs never throw.
class Workers {
  public:
    virtual ~Workers() = default;

    // Runs `job` in parallel and returns at once. What the job uses must outlive the job, which has
    // to signal its own end. Returns false, and drops the job, if no thread can be started.
    [[nodiscard]] virtual bool begin(Job job) = 0;

    // Runs all of them, in parallel as far as threads can be started, and returns when the last has
    // ended.
    virtual void do_all(const std::vector<Job>& jobs) = 0;

    // The same, but returns once `patience` is over, too. Jobs that have not ended then go on: what
    // they use must outlive them.
    virtual void do_all_within(std::vector<Job> jobs, Duration patience) = 0;
};

}  // namespace roundhouse
