// How much a TCP connection has brought so far.
#pragma once

#include <cstdint>

namespace roundhouse {

// What the kernel has received on this socket, read or not, also after its end; the end itself
// (FIN) counts as a byte. 0 when the kernel does not tell (Linux before 4.1). Source: RFC 4898,
// tcpEStatsAppHCThruOctetsReceived.
std::uint64_t received_bytes(int socket);

}  // namespace roundhouse
