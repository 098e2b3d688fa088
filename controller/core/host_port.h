// "host:port", written and read in one way. IPv6 addresses stand in brackets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

struct HostPort {
    std::string host;  // without brackets; may be empty
    int port = 0;      // 0 to 65535

    bool operator==(const HostPort&) const = default;
};

// "gluetun:8000", "192.0.2.1:80", "[2001:db8::1]:80"
std::string host_port(std::string_view host, int port);

// Reads what host_port() writes; nullopt for anything else. Whether the host is a name or an
// address, and whether a port of 0 makes sense, is for the caller to check.
std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace roundhouse
