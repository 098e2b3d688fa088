#include "edge/gluetun/received_bytes.h"

// glibc's <netinet/tcp.h> has an older tcp_info, without the count; the two exclude each other.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace roundhouse {

std::uint64_t received_bytes(int socket) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_received;
}

}  // namespace roundhouse
