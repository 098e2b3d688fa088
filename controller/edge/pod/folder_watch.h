// Waits for changes in folders, by inotify(7).
#pragma once

#include <string>
#include <vector>

#include "core/time.h"
#include "edge/system/unique_fd.h"

namespace roundhouse {

class FolderWatch {
  public:
    // Every file that is renamed to one of the folders from now on is seen. A folder that does not
    // exist is not watched; nor is any if the system grants no inotify instance.
    explicit FolderWatch(const std::vector<std::string>& folders);

    // Returns when there was a change since the last call, when interrupt() was called, or after
    // `at_most`; also earlier, so the caller looks at what it waits for.
    void wait(Duration at_most);

    // Ends the current wait(), or the next one. Any thread.
    void interrupt();

  private:
    UniqueFd inotify_;
    UniqueFd interrupted_;
};

}  // namespace roundhouse
