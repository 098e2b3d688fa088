// GET requests to one control server.
//
// Redirects are not followed, proxies are not used, each request has its own connection, and a head
// or a body of more than 64 KiB is cut off.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edge/client/transfers.h"
#include "edge/gluetun/reply.h"

namespace roundhouse {

// All empty: no login. These are secrets: no log or message repeats them.
struct ControlLogin {
    std::string api_key;   // sent as X-API-Key
    std::string username;  // with `password`, for basic authentication
    std::string password;
};

struct ControlTarget {
    std::string ip;  // IPv4, or IPv6 without brackets
    int port = 0;
    std::string authority;  // for the Host header: "gluetun:8000"
    ControlLogin login;
};

// Used by one thread. The destructor aborts pending requests. Throws std::exception when memory,
// threads or open files run out.
class ControlTransfers {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    ControlTransfers(ControlTarget target, Instant deadline);

    // Starts GET `path` and returns at once. A failure is reported as a reply. `id` names the
    // request and must not be in use by a pending one.
    void start(int id, const std::string& path);

    struct Ended {
        int id = 0;
        ControlReply reply;
    };
    // The next reply. nullopt: the deadline has passed.
    std::optional<Ended> wait();

  private:
    ControlReply reply_from(HttpReply reply) const;

    ControlTarget target_;
    Instant deadline_;
    HttpTransfers transfers_;
    std::map<int, int> ids_;        // by ticket, of pending requests
    std::vector<HttpReply> ended_;  // not yet returned, the next one last
};

}  // namespace roundhouse
