#include "hold/install.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "hold/files.h"
#include "hold/record.h"

namespace roundhouse {

namespace {

constexpr mode_t for_all = 01777;  // engines run as any user
constexpr mode_t for_owner = 0755;

bool fails(const char* what, const char* path) {
    ::dprintf(STDERR_FILENO, "hold: cannot %s %s: %s\n", what, path, std::strerror(errno));
    return false;
}

bool make_folder(const char* path, mode_t mode) {
    if (::mkdir(path, mode) != 0 && errno != EEXIST) return fails("make the folder", path);
    // Whatever the umask is; a folder of somebody else's stays as it is.
    struct stat found {};
    if (::stat(path, &found) != 0) return fails("look at", path);
    const bool is_right = (found.st_mode & 07777U) == mode;
    return is_right || ::chmod(path, mode) == 0 || fails("set the mode of", path);
}

bool copy_program(const char* programs) {
    const Path target(programs, "hold");
    const Path unfinished(programs, "hold.tmp");
    const int from = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (from < 0) return fails("read", "/proc/self/exe");
    ::unlink(unfinished.text);
    const int to = ::open(unfinished.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (to < 0) return fails("write", unfinished.text);
    std::array<char, 65536> bytes{};
    ssize_t size = 0;
    while ((size = ::read(from, bytes.data(), bytes.size())) > 0) {
        if (::write(to, bytes.data(), static_cast<std::size_t>(size)) != size) {
            return fails("write", unfinished.text);
        }
    }
    if (size < 0 || ::fchmod(to, 0755) != 0) return fails("copy to", unfinished.text);
    ::close(from);
    ::close(to);
    return ::rename(unfinished.text, target.text) == 0 || fails("replace", target.text);
}

// What cannot be removed makes its own slot's engine unknown, and no other: an engine may have left
// anything in its folder.
void empty_folder(const char* path) {
    DIR* folder = ::opendir(path);
    if (folder == nullptr) return;
    while (const dirent* entry = ::readdir(folder)) {
        const bool is_itself =
            std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0;
        if (is_itself) continue;
        const int fd = ::dirfd(folder);
        const bool is_gone = ::unlinkat(fd, entry->d_name, 0) == 0 ||
                             ::unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0;
        if (!is_gone) fails("empty", path);
    }
    ::closedir(folder);
}

// false: the folders cannot be made.
bool prepare_slot(const char* slots, int slot, bool& is_held) {
    char number[16];
    std::snprintf(number, sizeof number, "%d", slot);
    const Path folder(slots, number);
    const Path orders(folder.text, record::order_folder);
    const Path reports(folder.text, record::report_folder);
    if (!make_folder(folder.text, for_owner) || !make_folder(orders.text, for_owner) ||
        !make_folder(reports.text, for_all)) {
        return false;
    }
    const int lock = take_lock(Path(reports.text, record::lock_file).text);
    if (lock < 0 && errno == EWOULDBLOCK) {
        is_held = true;
        return true;
    }
    empty_folder(orders.text);
    empty_folder(reports.text);
    if (lock >= 0) ::close(lock);
    return true;
}

bool name_incarnation(const char* slots) {
    std::array<std::uint8_t, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return fails("draw", "a random number");
    }
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);  // a UUID of version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
    char text[64];
    int size = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool is_group = i == 4 || i == 6 || i == 8 || i == 10;
        size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), "%s%02x",
                              is_group ? "-" : "", bytes[i]);
    }
    text[size++] = '\n';
    const Path path(slots, record::incarnation_file);
    return replace_file(path.text, {text, static_cast<std::size_t>(size)}, 0644) ||
           fails("write", path.text);
}

}  // namespace

int install(const char* programs, const char* slots, int count) {
    if (!copy_program(programs)) return 1;
    bool is_held = false;
    for (int slot = 0; slot < count; ++slot) {
        if (!prepare_slot(slots, slot, is_held)) return 1;
    }
    // Where a holder lives, this sandbox has been prepared before.
    const bool is_known = ::access(Path(slots, record::incarnation_file).text, F_OK) == 0;
    if (is_held && is_known) return 0;
    return name_incarnation(slots) ? 0 : 1;
}

}  // namespace roundhouse
