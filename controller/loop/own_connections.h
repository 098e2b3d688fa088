// The connections that this controller itself makes to engines, so that nobody takes a probe for a
// viewer. They are known by both address and port: clients that come through a proxy of Docker have
// the address of a controller on the host.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "loop/clock.h"

namespace roundhouse {

// One side of a TCP connection.
struct Endpoint {
    std::string address;  // IPv4 or IPv6 as text; an IPv4 address is never in the form of IPv6
    int port = 0;

    // clang-tidy 14 takes the comparison behind the default for a null pointer.
    auto operator<=>(const Endpoint&) const = default;  // NOLINT(modernize-use-nullptr)
};

// "127.0.0.1", "::1"
inline bool is_loopback_address(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

// Any thread.
class OwnConnections {
  public:
    explicit OwnConnections(const Clock& clock) : clock_(clock) {}

    // To be called before the connection is begun: it is on record when the other side sees it.
    void opened(const Endpoint& local);
    void closed(const Endpoint& local);

    // Whether one of ours has that local end, or had it a moment ago.
    bool is_open(const Endpoint& local) const;
    // The same for what a kernel remembers of a connection that has ended: up to 60 s on Linux.
    bool was_open(const Endpoint& local) const;

  private:
    bool is_among(const Endpoint& local, Duration longest_ago) const;

    const Clock& clock_;
    mutable std::mutex mutex_;
    // When it was closed; Monotonic::max(): it is open.
    std::map<Endpoint, Monotonic> closed_at_;
    std::deque<std::pair<Monotonic, Endpoint>> to_forget_;  // oldest first; some may be open again
};

}  // namespace roundhouse
