// Reports that the spec may have changed on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/time.h"

namespace roundhouse {

struct FolderWatcherTiming {
    Duration settle{20};            // a save is over once the files have not changed for this long
    Duration longest_settle{1000};  // a change is reported after this long even if saves continue
    Duration poll{1000};            // between two looks, for what inotify cannot see
    // A file that was written to, but not closed, is not reported for this long after each write.
    Duration longest_write_pause{600'000};
    bool use_inotify = true;  // false: polls only
};

// Watches the path of a spec, a file or a folder with *.yaml and *.yml, by inotify(7) on the folder
// and on the file itself. That covers editors that rename, symlink swaps (as in Kubernetes config
// maps), single bind-mounted files, a file that does not exist yet, and a folder that is removed
// and created again. Polling covers what inotify does not see: network file systems, and symlinks
// into other folders.
//
// The callback comes at once when a file is renamed to that of the spec, else about `settle` after
// what ends a save, and not while a file is being written. A change that only polls see is reported
// when size, times and content have rested for two polls. The callback means "may have changed"; it
// is up to the reader to compare.
class FolderWatcher {
  public:
    // Every change after the constructor returns is reported. `on_change` is called from a thread
    // of this object; it must return soon and must not throw. If the system grants no inotify
    // instance, polls do all the work.
    FolderWatcher(const std::string& path, std::function<void()> on_change,
                  const FolderWatcherTiming& timing = {});

    // Ends the thread; waits for a callback that is running.
    ~FolderWatcher();
    FolderWatcher(const FolderWatcher&) = delete;
    FolderWatcher& operator=(const FolderWatcher&) = delete;

    // Calls `on_change` soon, from the thread of this object, whether anything has changed or not.
    // Any thread; waits for nothing.
    void report_soon();

  private:
    class Thread;

    std::unique_ptr<Thread> thread_;
};

}  // namespace roundhouse
