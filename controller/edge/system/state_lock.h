// One controller per pool: a lock file in the state directory.
#pragma once

#include <string>
#include <utility>

#include "edge/system/unique_fd.h"
#include "loop/result.h"

namespace roundhouse {

// Holds <directory>/<pool>.lock by flock(2) until destruction or the end of the process. The kernel
// releases the lock even after a crash, so a file that is left behind never blocks. If the owner
// may write the file, it holds the owner's process id, for messages.
class StateLock {
  public:
    // Creates the directory (0755) if it is missing. Does not wait. `pool` is a DNS label, so it
    // is safe in a path. Any thread. Faults:
    //   conflict  another process holds the lock
    //   rejected  the directory cannot be created or written
    static Result<StateLock> acquire(const std::string& directory, const std::string& pool);

  private:
    explicit StateLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

}  // namespace roundhouse
