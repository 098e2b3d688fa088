// Sockets on the loopback interface: one that listens, one that refuses, one whose queue is full.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "edge/system/unique_fd.h"

namespace roundhouse::test {

// A loopback socket that is bound, and listens where `backlog` is given.
struct BoundSocket {
    explicit BoundSocket(int backlog) : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(fd.get(), generic, size) == 0);
        REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
        port = ntohs(address.sin_port);
        if (backlog >= 0) REQUIRE(::listen(fd.get(), backlog) == 0);
    }
    UniqueFd fd;
    int port = 0;
};

// Takes every place in the queue of a listener that accepts nobody.
inline std::vector<UniqueFd> fill_queue(int port) {
    std::vector<UniqueFd> callers;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        ::connect(callers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    }
    return callers;
}

}  // namespace roundhouse::test
