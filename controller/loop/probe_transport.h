// The port through which engines are probed: whether they serve, and whether they accept peers.
#pragma once

#include <string>
#include <vector>

#include "core/time.h"

namespace roundhouse {

enum class ProbeKind {
    http,  // a GET of `path`
    p2p,   // a TCP connection, which is closed at once
};

struct ProbeRequest {
    std::string engine_id;
    std::string host;  // IP address or name
    int port = 0;
    std::string path;
    Duration timeout{0};
    ProbeKind kind = ProbeKind::http;
};

enum class ProbeOutcome {
    // An HTTP reply with a 2xx or 3xx status; or a connection.
    answered,
    // The namespace was reached, but the probe got no such reply: connection refused, error status
    // or silence.
    failed,
    unreachable,  // the namespace was not reached: no route, no such name, no answer to connect
};

struct ProbeReply {
    std::string engine_id;
    ProbeKind kind = ProbeKind::http;
    ProbeOutcome outcome = ProbeOutcome::unreachable;
    std::string
        detail;  // "connection refused", "HTTP 500", "no reply within 2s"; empty if answered
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
