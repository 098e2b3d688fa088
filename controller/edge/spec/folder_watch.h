// Tells when the spec may have changed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/time.h"

namespace roundhouse {

struct WatchTiming {
    Duration settle{20};            // unchanged for this long: a save is over
    Duration longest_settle{1000};  // told after this long even if saves keep coming
    Duration poll{1000};            // how often stat(2) is asked, for what inotify cannot see
    bool use_inotify = true;        // false: polls alone
};

// Watches the path of a spec, a file or a folder with *.yaml and *.yml, by inotify(7) on the folder
// and on the file itself. So editors that rename, symlink swaps (as Kubernetes config maps do
// them), single bind-mounted files, a file that does not exist yet and a folder that is removed and
// made again are all followed. Polls besides for what inotify does not see: network file systems,
// symlinks into other folders.
//
// The callback comes about `settle` after the close() or rename() that ends a save; where only
// polls see it, after two equal ones. It says "may have changed": the reader compares.
class SpecWatch {
  public:
    // Watches from here on: what changes after the constructor is told. `on_change` is called from
    // a thread of this object's own, must return soon and must not throw. Where inotify cannot be
    // had (limits of the system) the polls do alone.
    SpecWatch(const std::string& path, std::function<void()> on_change,
              const WatchTiming& timing = {});

    // Ends the thread, at once or when a callback under way has returned.
    ~SpecWatch();
    SpecWatch(const SpecWatch&) = delete;
    SpecWatch& operator=(const SpecWatch&) = delete;

  private:
    class Watcher;

    std::unique_ptr<Watcher> watcher_;
};

}  // namespace roundhouse
