#include "edge/gluetun/received_bytes.h"

// Not glibc's <netinet/tcp.h>: its tcp_info lacks the count, and the two headers conflict.
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
