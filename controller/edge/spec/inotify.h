// inotify(7) on the spec's folder and on its file.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "edge/spec/file_stamps.h"
#include "edge/system/unique_fd.h"

struct inotify_event;

namespace roundhouse {

// One thread. Never blocks.
class Inotify {
  public:
    // What events mean for the spec. Ordered: the greatest of several counts.
    enum class Meaning {
        none,
        files_moved,  // perhaps one that the spec's symlink leads through
        changed,      // a save may have ended
        replaced,     // a whole file has taken the name of the spec's file
    };

    // If not enabled, or if the system grants no instance, there are never any events.
    Inotify(std::string path, bool enabled);

    // Readable when there are events; -1 without inotify.
    int fd() const { return inotify_.get(); }

    // Moves the watches to where the path leads at the moment. true: to another folder than before,
    // whose earlier events were missed.
    bool follow_path();

    // Reads all pending events, and says what they mean: never `files_moved`. `known` are the
    // stamps of the last look.
    Meaning take_events(const FileStamps& known);

    // Whether somebody has written to a spec file, and has not closed it yet. The answer is no when
    // nothing was written for `longest_pause`: truncate(2) and utimensat(2) close nothing.
    bool being_written(std::chrono::milliseconds longest_pause);

  private:
    bool watch(int& descriptor, const std::string& path, std::uint32_t events) const;
    Meaning read_batch(bool& more);
    Meaning meaning_of(const inotify_event& event, const std::string& name) const;
    bool is_ours(const std::string& name) const;
    bool is_unfinished_file(const std::string& name) const;
    void follow_writes(const inotify_event& event, const std::string& name);

    std::string path_;
    UniqueFd inotify_;
    int folder_watch_ = -1;
    int file_watch_ = -1;
    std::string folder_;
    bool path_is_folder_ = false;
    std::set<std::string> being_written_;  // by name in the folder; "" by the watch on the file
    std::chrono::steady_clock::time_point last_write_;
};

}  // namespace roundhouse
