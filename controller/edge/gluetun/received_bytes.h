// The number of bytes that a TCP connection has received.
#pragma once

#include <cstdint>

namespace roundhouse {

// Bytes that the kernel has received on this socket, read or not; still valid after the connection
// has ended. The end (FIN) counts as one byte. 0 if the kernel does not count (Linux before 4.1).
// Source: RFC 4898, tcpEStatsAppHCThruOctetsReceived.
std::uint64_t received_bytes(int socket);

}  // namespace roundhouse
