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

// A save ends with one of the others. IN_MODIFY begins one: until its end the file is no spec.
constexpr std::uint32_t file_events =
    IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr std::uint32_t folder_events =
    file_events | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK;

std::string parent_of(const std::string& path) {
    const std::string parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

}  // namespace

Inotify::Inotify(std::string path, bool enabled)
    : path_(std::move(path)), inotify_(enabled ? ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1) {}

bool Inotify::follow_path() {
    if (!inotify_.valid()) return false;
    std::error_code error;
    path_is_folder_ = fs::is_directory(path_, error);
    folder_ = path_is_folder_ ? path_ : parent_of(path_);
    const int former_folder = folder_watch_;
    const int former_file = file_watch_;
    const bool moved = watch(folder_watch_, folder_, folder_events);
    // Bind-mounted and symlinked files change without an event in their folder.
    watch(file_watch_, path_is_folder_ ? "" : path_, file_events);
    // The end of a write to what was watched before is no longer seen.
    if (folder_watch_ != former_folder) being_written_.clear();
    if (file_watch_ != former_file) being_written_.erase("");
    return moved;
}

// inotify_add_watch() returns the descriptor of an existing watch if the path still leads to the
// same inode, so the result shows whether it does.
bool Inotify::watch(int& descriptor, const std::string& path, std::uint32_t events) const {
    const int current =
        path.empty() ? -1 : ::inotify_add_watch(inotify_.get(), path.c_str(), events);
    if (current == descriptor) return false;
    if (descriptor >= 0) ::inotify_rm_watch(inotify_.get(), descriptor);
    descriptor = current;
    return current >= 0;
}

Inotify::Meaning Inotify::take_events(const FileStamps& known) {
    if (!inotify_.valid()) return Meaning::none;
    constexpr int most_batches = 64;  // the next call reads the rest
    Meaning meaning = Meaning::none;
    bool more = true;
    for (int i = 0; i < most_batches && more; ++i)
        meaning = std::max(meaning, read_batch(more));
    if (meaning != Meaning::files_moved) return meaning;
    return same_files(read_file_stamps(path_), known) ? Meaning::none : Meaning::changed;
}

Inotify::Meaning Inotify::read_batch(bool& more) {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    more = size > 0;
    Meaning meaning = Meaning::none;
    for (const char* at = buffer.data(); more && at < buffer.data() + size;) {
        const auto& event = *reinterpret_cast<const inotify_event*>(at);
        const std::string name = event.len > 0 ? at + sizeof(inotify_event) : "";
        follow_writes(event, name);
        meaning = std::max(meaning, meaning_of(event, name));
        at += sizeof(inotify_event) + event.len;
    }
    return meaning;
}

void Inotify::follow_writes(const inotify_event& event, const std::string& name) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) being_written_.clear();
    const bool of_file = event.wd == file_watch_;
    const bool in_folder = event.wd == folder_watch_ && !name.empty() && is_ours(name);
    if (!of_file && !in_folder) return;
    constexpr std::uint32_t replacements = IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
    const std::string key = of_file ? "" : name;
    if ((event.mask & IN_MODIFY) != 0) {
        being_written_.insert(key);
        last_write_ = std::chrono::steady_clock::now();
    } else if ((event.mask & (IN_CLOSE_WRITE | replacements)) != 0) {
        being_written_.erase(key);
    }
    // The watch on the file follows its path only later.
    if (in_folder && (event.mask & replacements) != 0) being_written_.erase("");
}

bool Inotify::being_written(std::chrono::milliseconds longest_pause) {
    if (being_written_.empty()) return false;
    if (std::chrono::steady_clock::now() - last_write_ < longest_pause) return true;
    being_written_.clear();
    return false;
}

Inotify::Meaning Inotify::meaning_of(const inotify_event& event, const std::string& name) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return Meaning::changed;
    // follow_path() notices the end of a watch itself.
    if ((event.mask & (IN_IGNORED | IN_MODIFY)) != 0) return Meaning::none;
    if (event.wd == file_watch_) return Meaning::changed;
    if (event.wd != folder_watch_) return Meaning::none;  // of a former watch
    if (name.empty()) return Meaning::changed;            // the folder itself

    if (!is_ours(name)) {
        // Another name matters only if the spec is a symlink that leads through it.
        const bool only_content = (event.mask & (IN_CLOSE_WRITE | IN_ATTRIB)) != 0;
        return only_content ? Meaning::none : Meaning::files_moved;
    }
    if ((event.mask & IN_CREATE) != 0 && is_unfinished_file(name)) return Meaning::none;
    // Of a folder, other files may follow.
    const bool is_whole = !path_is_folder_ && (event.mask & IN_MOVED_TO) != 0;
    return is_whole ? Meaning::replaced : Meaning::changed;
}

bool Inotify::is_ours(const std::string& name) const {
    return path_is_folder_ ? is_spec_name(name) : fs::path(path_).filename() == name;
}

// A plain file that was just created has yet to be written: IN_CLOSE_WRITE follows. Symlinks, hard
// links and folders are complete when they appear.
bool Inotify::is_unfinished_file(const std::string& name) const {
    struct stat found {};
    const std::string path = (fs::path(folder_) / name).string();
    return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1;
}

}  // namespace roundhouse
