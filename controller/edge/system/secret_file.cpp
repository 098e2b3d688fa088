#include "edge/system/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "edge/system/unique_fd.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_secret_bytes = 4096;

Fault unusable(const std::string& path, const std::string& problem) {
    return {FaultKind::rejected, "the secret file " + in_quotes(path) + " " + problem};
}

Fault unreadable(const std::string& path, int error) {
    return unusable(path, std::string("cannot be read: ") + std::strerror(error));
}

Result<std::string> read_start(int fd, const std::string& path, std::size_t bytes) {
    std::string text(bytes, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(fd, text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable(path, errno);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
}

void drop_line_end(std::string& text) {
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.pop_back();
}

bool is_control_byte(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// Reads one byte more than allowed, which shows that the file is too long.
Result<std::string> read_regular_file(const std::string& path, std::size_t most_bytes) {
    // O_NONBLOCK: opening a pipe without a writer would block.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return unreadable(path, errno);
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0) return unreadable(path, errno);
    if (S_ISDIR(about.st_mode)) {
        return unusable(path,
                        "is a folder: Docker makes one where the file that it is to mount does not "
                        "exist; remove it, and write the file");
    }
    if (!S_ISREG(about.st_mode)) return unusable(path, "is not a regular file");
    return read_start(fd.get(), path, most_bytes + 1);
}

}  // namespace

Result<std::string> read_private_file(const std::string& path, std::size_t most_bytes) {
    auto text = read_regular_file(path, most_bytes);
    if (text && text.value().size() > most_bytes) {
        return unusable(path, "is longer than " + std::to_string(most_bytes) + " bytes");
    }
    return text;
}

Result<std::string> read_secret(const std::string& path) {
    auto text = read_regular_file(path, longest_secret_bytes);
    if (!text) return text;
    std::string& secret = text.value();
    if (secret.size() > longest_secret_bytes) {
        return unusable(path, "is longer than 4 KiB; it should hold the secret alone");
    }
    drop_line_end(secret);
    if (secret.find_first_not_of(' ') == std::string::npos) return unusable(path, "is empty");
    if (std::any_of(secret.begin(), secret.end(), is_control_byte)) {
        return unusable(path,
                        "has a line break or another control character inside; it should hold "
                        "the secret alone, on one line");
    }
    return text;
}

}  // namespace roundhouse
