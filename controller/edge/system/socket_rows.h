// Linux's tables of TCP sockets, /proc/<pid>/net/tcp and tcp6: bytes in, rows out. Pure.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string_view>

#include "loop/socket_tables.h"

namespace roundhouse {

// One line of such a table; nullopt for its heading, a socket that is not connected yet or listens
// on a loopback address, and what cannot be understood.
std::optional<SocketRow> parse_socket_row(std::string_view line);

// An address of IPv4 or IPv6, an IPv4 address in the form of IPv6 as the former; nullopt for other
// families.
std::optional<Endpoint> endpoint_of(const sockaddr_storage& address);

}  // namespace roundhouse
