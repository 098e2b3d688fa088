// What is wrong with Docker's Unix socket, as its path shows it; empty for Docker over TCP. For
// messages.
#pragma once

#include <string>

namespace roundhouse {

struct SocketFault {
    std::string why;
    std::string advice;
};

// Nothing listens at `path`.
SocketFault explain_refused_socket(const std::string& path);

// This process may not connect to `path`.
SocketFault explain_denied_socket(const std::string& path);

}  // namespace roundhouse
