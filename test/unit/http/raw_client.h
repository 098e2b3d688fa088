// A client on a plain socket: sends what a test wants, however badly, and reads what comes back.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/system/unique_fd.h"

namespace roundhouse {

// Reads wait for 10 s; then they return what came, and `ended()` stays false.
class RawClient {
  public:
    // Not connected yet, but with its file descriptor.
    RawClient() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    }

    // To 127.0.0.1.
    explicit RawClient(int port) : RawClient() { connect(port); }

    RawClient(int port, std::string_view bytes) : RawClient(port) { send(bytes); }

    void connect(int port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        REQUIRE(::connect(fd_.get(), generic, sizeof(address)) == 0);
    }

    // false: the other side has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    // All up to and with `mark`, or what came before the end.
    std::string read_until(std::string_view mark) {
        std::size_t found = std::string::npos;
        while ((found = received_.find(mark)) == std::string::npos && receive()) {
        }
        return pass(found == std::string::npos ? received_.size() : found + mark.size());
    }

    // A head, and the body that it announces.
    std::string read_reply() {
        std::string reply = read_until("\r\n\r\n");
        const auto at = reply.find("Content-Length: ");
        const bool has_length = at != std::string::npos;
        const std::size_t length =
            has_length ? std::strtoul(reply.c_str() + at + 16, nullptr, 10) : 0;
        while (received_.size() < length && receive()) {
        }
        return reply + pass(std::min(length, received_.size()));
    }

    // Until the other side closes.
    std::string read_to_end() {
        while (receive()) {
        }
        return pass(received_.size());
    }

    // The other side has closed, or broken off; seen while reading.
    bool ended() const { return ended_; }

    // Waits, without reading, for the other side to break off.
    bool is_broken_off() {
        pollfd watched{.fd = fd_.get(), .events = 0, .revents = 0};
        return ::poll(&watched, 1, 10'000) == 1;
    }

    void close_sending_half() { ::shutdown(fd_.get(), SHUT_WR); }

    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        fd_.reset();
    }

  private:
    bool receive() {
        std::array<char, 65536> buffer{};
        const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            ended_ = count == 0 || errno == ECONNRESET;
            return false;
        }
        received_.append(buffer.data(), static_cast<std::size_t>(count));
        return true;
    }

    std::string pass(std::size_t size) {
        std::string text = received_.substr(0, size);
        received_.erase(0, size);
        return text;
    }

    UniqueFd fd_;
    std::string received_;
    bool ended_ = false;
};

}  // namespace roundhouse
