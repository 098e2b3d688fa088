#include "fakes/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace roundhouse {

namespace {

void require(bool condition, const char* what) {
    if (!condition) throw std::runtime_error(std::string("scripted server: ") + what);
}

std::size_t body_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

bool ServedConnection::receive() {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

std::string ServedConnection::read_request() {
    while (true) {
        const auto end = received_.find("\r\n\r\n");
        if (end != std::string::npos) {
            const std::size_t size = end + 4 + body_length(received_.substr(0, end + 2));
            if (received_.size() >= size) {
                std::string request = received_.substr(0, size);
                received_.erase(0, size);
                return request;
            }
        }
        if (!receive()) return "";
    }
}

bool ServedConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void ServedConnection::wait_until_closed() {
    while (receive())
        received_.clear();
}

// The number itself is given back with the server, so that it never stands for something else.
void ServedConnection::close() {
    ::shutdown(fd_, SHUT_RDWR);
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    require(::bind(listener_.get(), generic, size) == 0, "bind");
    require(::listen(listener_.get(), 64) == 0, "listen");
    require(::getsockname(listener_.get(), generic, &size) == 0, "getsockname");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { serve(); });
}

ScriptedServer::ScriptedServer(const std::string& socket_path, Script script)
    : script_(std::move(script)) {
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    require(socket_path.size() < sizeof(address.sun_path), "path too long");
    std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
    require(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
            "bind");
    require(::listen(listener_.get(), 64) == 0, "listen");
    acceptor_ = std::jthread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (const int fd : accepted_)
            ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    scripts_.clear();
    for (const int fd : accepted_)
        ::close(fd);
}

int ScriptedServer::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(accepted_.size());
}

void ScriptedServer::serve() {
    while (true) {
        const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock(mutex_);
        accepted_.push_back(fd);
        if (ending_) return;
        scripts_.emplace_back([this, fd] {
            ServedConnection connection(fd);
            script_(connection);
            connection.close();
        });
    }
}

std::string http_reply(int status, std::string_view body, std::string_view type) {
    std::string reply = "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: ";
    reply.append(type);
    reply += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return reply.append(body);
}

std::string http_chunk(std::string_view bytes) {
    std::array<char, 32> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    return std::string(size.data()).append(bytes).append("\r\n");
}

}  // namespace roundhouse
