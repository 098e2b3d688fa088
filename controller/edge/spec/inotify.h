// inotify(7), pointed at the spec's folder and at its file.
#pragma once

#include <cstdint>
#include <string>

#include "edge/spec/file_stamps.h"
#include "edge/system/unique_fd.h"

struct inotify_event;

namespace roundhouse {

// One thread. Never blocks.
class SpecNotifier {
  public:
    // Not enabled, or not to be had (limits of the system): never has any news.
    SpecNotifier(std::string path, bool enabled);

    // Becomes readable when there are events; -1 when there is no inotify.
    int fd() const { return inotify_.get(); }

    // Points the watches at where the path leads now. True when that is another folder than
    // before: whatever happened there until now was not seen.
    bool follow_path();

    // Takes the events that are there. True when a save of the spec may have ended, judged
    // together with `known`, the marks of the last look.
    bool take_news(const SpecMarks& known);

  private:
    // What one event means for the spec.
    enum class News { none, files_moved, changed };

    bool point(int& watch, const std::string& path, std::uint32_t events) const;
    News read_batch(bool& more);
    News judge(const inotify_event& event, const char* name) const;
    bool is_unfinished_file(const std::string& name) const;

    std::string path_;
    UniqueFd inotify_;
    int folder_watch_ = -1;
    int file_watch_ = -1;
    std::string folder_;
    bool path_is_folder_ = false;
};

}  // namespace roundhouse
