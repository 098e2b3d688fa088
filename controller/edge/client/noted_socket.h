// Sockets whose local end is on record before they are connected.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "loop/own_connections.h"

namespace roundhouse {

// A new socket that will be connected to `peer`, or -1 with errno. It is bound to the address that
// the route to `peer` begins with, and to a free port, and noted in `own`; where there is no route,
// it is neither. A server that sets SO_REUSEADDR can listen on that port.
int open_noted(OwnConnections& own, int family, int type, int protocol, const sockaddr* peer,
               socklen_t peer_size);

// Of a socket of IPv4 or IPv6.
std::optional<Endpoint> local_end(int socket);

}  // namespace roundhouse
