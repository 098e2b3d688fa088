#include "fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace standin {
namespace {

struct Wanted {
    std::string host;
    int port = 80;
    std::string path = "/";
    std::string headers;
    std::optional<std::string> post_data;
    int timeout_s = 900;
};

bool set_url(Wanted& wanted, const std::string& url) {
    const std::string scheme = "http://";
    if (!url.starts_with(scheme)) return false;
    const std::size_t slash = std::min(url.find('/', scheme.size()), url.size());
    wanted.host = url.substr(scheme.size(), slash - scheme.size());
    if (slash < url.size()) wanted.path = url.substr(slash);
    const std::size_t colon = wanted.host.find(':');
    if (colon == std::string::npos) return true;
    wanted.port = std::atoi(wanted.host.c_str() + colon + 1);
    wanted.host.resize(colon);
    return true;
}

// The value of an option, behind its name or in the argument after that; nullopt: another option.
std::optional<std::string> value_of(const std::string& name, const std::vector<std::string>& all,
                                    std::size_t& at) {
    const std::string& argument = all[at];
    if (argument == name) return ++at < all.size() ? all[at] : "";
    const std::string glued = name.starts_with("--") ? name + "=" : name;
    if (!argument.starts_with(glued)) return std::nullopt;
    return argument.substr(glued.size());
}

std::optional<Wanted> parse(const std::vector<std::string>& arguments) {
    Wanted wanted;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "-q") continue;
        if (const auto file = value_of("-O", arguments, i)) {
            if (*file != "-") return std::nullopt;
        } else if (const auto seconds = value_of("-T", arguments, i)) {
            wanted.timeout_s = std::atoi(seconds->c_str());
        } else if (const auto header = value_of("--header", arguments, i)) {
            wanted.headers += *header + "\r\n";
        } else if (const auto data = value_of("--post-data", arguments, i)) {
            wanted.post_data = *data;
        } else if (!set_url(wanted, arguments[i])) {
            return std::nullopt;
        }
    }
    return wanted.host.empty() ? std::nullopt : std::optional(wanted);
}

std::string request_of(const Wanted& wanted) {
    std::string text = (wanted.post_data ? "POST " : "GET ") + wanted.path +
                       " HTTP/1.1\r\nHost: " + wanted.host + ":" + std::to_string(wanted.port) +
                       "\r\nUser-Agent: Wget\r\nConnection: close\r\n" + wanted.headers;
    if (wanted.post_data) {
        text += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                std::to_string(wanted.post_data->size()) + "\r\n";
    }
    return text + "\r\n" + wanted.post_data.value_or("");
}

// Empty: no reply.
std::string exchange(const Wanted& wanted) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(wanted.port));
    if (inet_pton(AF_INET, wanted.host.c_str(), &where.sin_addr) != 1) return "";
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = wanted.timeout_s, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::string reply;
    const std::string request = request_of(wanted);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 &&
        send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        std::array<char, 4096> chunk{};
        ssize_t count = 0;
        while ((count = recv(fd, chunk.data(), chunk.size(), 0)) > 0) {
            reply.append(chunk.data(), static_cast<std::size_t>(count));
        }
    }
    close(fd);
    return reply;
}

}  // namespace

int fetch(const std::vector<std::string>& arguments) {
    const std::optional<Wanted> wanted = parse(arguments);
    if (!wanted) {
        std::fprintf(stderr, "wget: not understood\n");
        return 1;
    }
    const std::string reply = exchange(*wanted);
    const std::size_t end_of_head = reply.find("\r\n\r\n");
    if (!reply.starts_with("HTTP/1.1 2") || end_of_head == std::string::npos) {
        std::fprintf(stderr, "wget: %s\n",
                     reply.empty() ? "no reply" : reply.substr(0, reply.find('\r')).c_str());
        return 1;
    }
    std::fputs(reply.c_str() + end_of_head + 4, stdout);
    return 0;
}

}  // namespace standin
