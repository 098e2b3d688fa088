// The port to doing several things at the same time.
#pragma once

#include <functional>
#include <vector>

namespace roundhouse {

using Job = std::function<void()>;

// Any thread. Jobs never throw.
class Workers {
  public:
    virtual ~Workers() = default;

    // Does `job` beside the caller, and returns at once. Whatever the job uses has to stay until
    // it has ended, which is for the job to tell.
    virtual void begin(Job job) = 0;

    // Does all of them at the same time, and returns when the last has ended.
    virtual void do_all(const std::vector<Job>& jobs) = 0;
};

}  // namespace roundhouse
