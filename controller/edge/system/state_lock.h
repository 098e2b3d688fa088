// One controller per pool: a lock file in the state directory.
#pragma once

#include <string>
#include <utility>

#include "edge/system/unique_fd.h"
#include "loop/result.h"

namespace roundhouse {

// Holds <directory>/<pool>.lock by flock(2) until destruction or the end of the process, however
// that ends: the kernel releases it, so a file that was left behind never blocks. The file stays
// and holds the owner's process id, where that may write it, which is only there to be read in
// messages.
class StateLock {
  public:
    // Makes the directory (0755) when it is missing. Does not wait. `pool` is a DNS label, so it
    // is safe in a path. Any thread. Faults, for main to print:
    //   conflict  another process holds the lock
    //   rejected  the directory cannot be made or written
    static Result<StateLock> acquire(const std::string& directory, const std::string& pool);

  private:
    explicit StateLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

}  // namespace roundhouse
