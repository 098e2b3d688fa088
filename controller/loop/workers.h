// The port to running jobs in parallel.
#pragma once

#include <functional>
#include <vector>

namespace roundhouse {

using Job = std::function<void()>;

// Any thread. Jobs never throw.
class Workers {
  public:
    virtual ~Workers() = default;

    // Runs `job` in parallel and returns at once. What the job uses must outlive the job, which has
    // to signal its own end.
    virtual void begin(Job job) = 0;

    // Runs all of them in parallel, and returns when the last has ended.
    virtual void do_all(const std::vector<Job>& jobs) = 0;
};

}  // namespace roundhouse
