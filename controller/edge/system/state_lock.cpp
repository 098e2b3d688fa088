#include "edge/system/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/numbers.h"

namespace roundhouse {
namespace {

Fault unusable_directory(const std::string& directory, const std::string& why) {
    return {FaultKind::rejected,
            "cannot use the state directory " + directory + " (" + why +
                "): make it writable for this user, or choose another with --state-dir or "
                "ROUNDHOUSE_STATE_DIR"};
}

// " (pid 123)", or empty if the file holds no number.
std::string holder_of(int fd) {
    std::array<char, 16> text{};
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    if (size <= 0) return "";
    std::string_view word(text.data(), static_cast<std::size_t>(size));
    word = word.substr(0, word.find('\n'));
    return parse_number(word) ? " (pid " + std::string(word) + ")" : "";
}

Fault held(int fd, const std::string& path, const std::string& pool) {
    return {FaultKind::conflict,
            "another controller" + holder_of(fd) + " already runs pool '" + pool + "' (lock " +
                path +
                "): stop it first, or use another --state-dir only if it serves another Docker "
                "engine"};
}

// Only for messages: the lock holds whether or not this succeeds.
void write_holder(int fd) {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, pid.data(), pid.size(), 0);
}

// Any user of the state directory may take the lock, even if another user created the file, such as
// root. Locking a file takes no permission to write it.
UniqueFd open_lock(const std::string& path) {
    constexpr int flags = O_CLOEXEC | O_NOFOLLOW;
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | flags, 0644));
    if (file.valid()) {
        (void)::fchmod(file.get(), 0644);  // whatever the umask is
        return file;
    }
    if (errno != EACCES) return file;
    return UniqueFd(::open(path.c_str(), O_RDONLY | flags));
}

int lock_without_waiting(int fd) {
    int result = 0;
    do {
        result = ::flock(fd, LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result;
}

}  // namespace

Result<StateLock> StateLock::acquire(const std::string& directory, const std::string& pool) {
    std::error_code made;
    std::filesystem::create_directories(directory, made);
    if (made) return unusable_directory(directory, made.message());

    const std::string path = (std::filesystem::path(directory) / (pool + ".lock")).string();
    UniqueFd file = open_lock(path);
    if (!file.valid()) return unusable_directory(directory, path + ": " + std::strerror(errno));

    if (lock_without_waiting(file.get()) != 0) {
        if (errno == EWOULDBLOCK) return held(file.get(), path, pool);
        return unusable_directory(directory, "locking " + path + ": " + std::strerror(errno));
    }
    write_holder(file.get());
    return StateLock(std::move(file));
}

}  // namespace roundhouse
