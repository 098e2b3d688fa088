#include "edge/spec/inotify.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace roundhouse {
namespace {

namespace fs = std::filesystem;

// Ends of saves, not IN_MODIFY: a file that is being written is nobody's spec yet.
constexpr std::uint32_t file_events = IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr std::uint32_t folder_events =
    file_events | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

std::string parent_of(const std::string& path) {
    const std::string parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

}  // namespace

SpecNotifier::SpecNotifier(std::string path, bool enabled)
    : path_(std::move(path)), inotify_(enabled ? ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1) {}

bool SpecNotifier::follow_path() {
    if (!inotify_.valid()) return false;
    std::error_code error;
    path_is_folder_ = fs::is_directory(path_, error);
    folder_ = path_is_folder_ ? path_ : parent_of(path_);
    const bool elsewhere = point(folder_watch_, folder_, folder_events);
    // Bind-mounted files and symlinked ones change without an event in their folder.
    point(file_watch_, path_is_folder_ ? "" : path_, file_events);
    return elsewhere;
}

// Adding a watch for what is watched already gives the same number, so this can be asked at any
// time and tells whether the path leads to the same inode as before.
bool SpecNotifier::point(int& watch, const std::string& path, std::uint32_t events) const {
    const int current =
        path.empty() ? -1 : ::inotify_add_watch(inotify_.get(), path.c_str(), events);
    if (current == watch) return false;
    if (watch >= 0) ::inotify_rm_watch(inotify_.get(), watch);
    watch = current;
    return current >= 0;
}

bool SpecNotifier::take_news(const SpecMarks& known) {
    if (!inotify_.valid()) return false;
    constexpr int batches_at_most = 64;  // the rest is taken the next time
    News news = News::none;
    bool more = true;
    for (int i = 0; i < batches_at_most && more; ++i)
        news = std::max(news, read_batch(more));
    if (news == News::files_moved) return !same_files(look_at_spec(path_), known);
    return news == News::changed;
}

SpecNotifier::News SpecNotifier::read_batch(bool& more) {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    more = size > 0;
    News news = News::none;
    for (const char* at = buffer.data(); more && at < buffer.data() + size;) {
        const auto& event = *reinterpret_cast<const inotify_event*>(at);
        const char* name = at + sizeof(inotify_event);
        news = std::max(news, judge(event, event.len > 0 ? name : ""));
        at += sizeof(inotify_event) + event.len;
    }
    return news;
}

SpecNotifier::News SpecNotifier::judge(const inotify_event& event, const char* name) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return News::changed;
    if ((event.mask & IN_IGNORED) != 0) return News::none;  // follow_path() finds out by itself
    if (event.wd == file_watch_) return News::changed;
    if (event.wd != folder_watch_) return News::none;  // left over from before
    if (*name == '\0') return News::changed;           // the folder itself

    const bool ours = path_is_folder_ ? is_spec_name(name) : fs::path(path_).filename() == name;
    if (!ours) {
        // Another name matters only when the spec is a symlink that leads through it.
        const bool only_content = (event.mask & (IN_CLOSE_WRITE | IN_ATTRIB)) != 0;
        return only_content ? News::none : News::files_moved;
    }
    if ((event.mask & IN_CREATE) != 0 && is_unfinished_file(name)) return News::none;
    return News::changed;
}

// A plain file that was just created is still to be written: IN_CLOSE_WRITE follows. Symlinks, hard
// links and folders are whole when they appear.
bool SpecNotifier::is_unfinished_file(const std::string& name) const {
    struct stat found {};
    const std::string path = (fs::path(folder_) / name).string();
    return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1;
}

}  // namespace roundhouse
