#include "edge/client/noted_socket.h"

#include <netinet/in.h>

#include "edge/system/socket_rows.h"
#include "edge/system/unique_fd.h"

namespace roundhouse {

namespace {

std::optional<sockaddr_storage> name_of(int socket) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    const bool known = ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0;
    return known ? std::optional(name) : std::nullopt;
}

// The address of this machine from which `peer` is reached. Nothing is sent.
std::optional<sockaddr_storage> way_to(const sockaddr* peer, socklen_t size) {
    const UniqueFd datagrams(::socket(peer->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!datagrams.valid() || ::connect(datagrams.get(), peer, size) != 0) return std::nullopt;
    return name_of(datagrams.get());
}

bool bind_to(int socket, sockaddr_storage local, socklen_t size) {
    // The port's place is the same in both families.
    reinterpret_cast<sockaddr_in*>(&local)->sin_port = 0;
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&local), size) == 0;
}

// Lets an engine in our network namespace listen on the port that this connection happens to have:
// a VPN may forward it later. After bind(), so that we get a port that nobody has.
void share_port(int socket) {
    constexpr int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

int open_noted(OwnConnections& own, int family, int type, int protocol, const sockaddr* peer,
               socklen_t peer_size) {
    const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
    if (socket < 0 || (family != AF_INET && family != AF_INET6)) return socket;
    const auto local = way_to(peer, peer_size);
    if (!local || !bind_to(socket, *local, peer_size)) return socket;
    share_port(socket);
    if (const auto end = local_end(socket)) own.opened(*end);
    return socket;
}

std::optional<Endpoint> local_end(int socket) {
    const auto name = name_of(socket);
    return name ? endpoint_of(*name) : std::nullopt;
}

}  // namespace roundhouse
