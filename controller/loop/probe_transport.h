// The port through which engines are probed: whether they serve, and whether a port accepts
// connections.
#pragma once

#include <string>
#include <vector>

#include "core/time.h"

namespace roundhouse {

enum class ProbeKind {
    http,        // a GET of `path`
    connection,  // a TCP connection, which is closed at once
};

struct ProbeRequest {
    int ticket = 0;    // comes back with the reply
    std::string host;  // IP address or name
    int port = 0;
    std::string path;
    Duration timeout{0};
    ProbeKind kind = ProbeKind::http;
};

enum class ProbeOutcome {
    answered,     // an HTTP reply with a 2xx or 3xx status; or a connection
    failed,       // something replied, but not well: refused, an error status, broken off
    stalled,      // a connection, and no whole reply before the timeout
    silent,       // no reply to the attempt to connect before the timeout
    unreachable,  // no route, or no such name
};

struct ProbeReply {
    int ticket = 0;
    ProbeOutcome outcome = ProbeOutcome::unreachable;
    // "connection refused", "HTTP 500", "no whole reply within 2s"; empty if answered.
    std::string detail;
};

// Used by one thread, except interrupt().
class ProbeTransport {
  public:
    virtual ~ProbeTransport() = default;

    // Starts one request and returns at once. Any number may be under way.
    virtual void begin(const ProbeRequest& request) = 0;

    // Waits until a request has ended, `at_most` has passed or interrupt() is called; returns the
    // replies so far. Each request yields exactly one reply, at the latest soon after its timeout.
    virtual std::vector<ProbeReply> wait(Duration at_most) = 0;

    // Ends a wait() early. Any thread.
    virtual void interrupt() = 0;
};

}  // namespace roundhouse
