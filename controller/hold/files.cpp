#include "hold/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace roundhouse {

namespace {

// Nothing in a folder that others write to is trusted: no link is followed, no pipe waited for.
constexpr int careful = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

int failed(int fd) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
}

}  // namespace

Path::Path(const char* folder, const char* name) {
    std::snprintf(text, sizeof text, "%s/%s", folder, name);
}

long read_file(const char* path, char* buffer, std::size_t capacity) {
    const int fd = ::open(path, O_RDONLY | careful);
    if (fd < 0) return -1;
    struct stat found {};
    if (::fstat(fd, &found) != 0) return failed(fd);
    errno = EINVAL;
    if (!S_ISREG(found.st_mode)) return failed(fd);
    errno = EFBIG;
    if (found.st_size > static_cast<off_t>(capacity)) return failed(fd);
    std::size_t size = 0;
    while (size < capacity) {
        const ssize_t count = ::read(fd, buffer + size, capacity - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed(fd);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    ::close(fd);
    return static_cast<long>(size);
}

bool replace_file(const char* path, std::string_view text, unsigned mode) {
    Path unfinished;
    std::snprintf(unfinished.text, sizeof unfinished.text, "%s.tmp", path);
    ::unlink(unfinished.text);  // of a writer that was killed
    const int fd = ::open(unfinished.text, O_WRONLY | O_CREAT | O_EXCL | careful, mode);
    if (fd < 0) return false;
    // Whatever the umask is.
    if (::fchmod(fd, mode) != 0 || !write_all(fd, text)) return failed(fd) == 0;
    ::close(fd);
    return ::rename(unfinished.text, path) == 0;
}

int take_lock(const char* path) {
    // Without O_CREAT at first: with it the kernel refuses another user's file in such a folder.
    int fd = ::open(path, O_RDONLY | careful);
    if (fd < 0 && errno == ENOENT) fd = ::open(path, O_RDONLY | O_CREAT | careful, 0644);
    if (fd < 0) return -1;
    return ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? fd : failed(fd);
}

// A shared lock, so that two who ask do not see each other.
bool is_locked(const char* path) {
    const int fd = ::open(path, O_RDONLY | careful);
    if (fd < 0) return false;
    const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(fd);
    return locked;
}

}  // namespace roundhouse
