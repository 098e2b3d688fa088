#include "edge/docker/socket_fault.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>
#include <vector>

namespace roundhouse {

namespace {

std::optional<struct stat> status_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return status;
}

// "0660"
std::string mode_text(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
    return text.data();
}

// "user 1000, group 1000 and the groups 27, 998"
std::string own_ids() {
    std::string text =
        "user " + std::to_string(::geteuid()) + ", group " + std::to_string(::getegid());
    std::vector<gid_t> groups(64);
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    if (count <= 0) return text + " and no other group";
    for (int i = 0; i < count; ++i) {
        text += (i == 0 ? " and the groups " : ", ") +
                std::to_string(groups[static_cast<std::size_t>(i)]);
    }
    return text;
}

}  // namespace

SocketFault explain_refused_socket(const std::string& path) {
    const auto status = status_of(path);
    if (status && S_ISDIR(status->st_mode)) {
        return {"is a folder, not a socket",
                "Docker makes an empty folder where a mount's source is missing: remove it, mount "
                "the socket itself (usually /var/run/docker.sock), and make this container again"};
    }
    if (status && !S_ISSOCK(status->st_mode)) {
        return {"is no socket", "let DOCKER_HOST name Docker's socket"};
    }
    // Its file is gone from its folder, and only a mount still shows it.
    if (status && status->st_nlink == 0) {
        return {"connection refused",
                "this is the socket of an earlier start of Docker, which a mount of the file goes "
                "on showing: start Docker if it is down, restart this container, and mount the "
                "socket's folder to be spared that"};
    }
    return {"connection refused", "start Docker: nothing listens there"};
}

SocketFault explain_denied_socket(const std::string& path) {
    if (path.empty()) return {"permission denied", "check DOCKER_HOST and the network"};
    const auto status = status_of(path);
    if (!status) {
        return {"permission denied", "a folder on the way to it is closed to " + own_ids()};
    }
    const std::string group = std::to_string(status->st_gid);
    return {"permission denied: it belongs to user " + std::to_string(status->st_uid) +
                " and group " + group + " (mode " + mode_text(status->st_mode) +
                "), and roundhouse runs as " + own_ids(),
            "run roundhouse as root or in group " + group + " (with compose: DOCKER_GID=" + group +
                " in .env)"};
}

}  // namespace roundhouse
