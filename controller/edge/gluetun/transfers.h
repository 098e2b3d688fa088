// GET requests to one control server by cpprestsdk's HTTP client, which no other file includes.
//
// Limits that cpprestsdk lacks are added here. Its timeout is per operation: one deadline also ends
// a reply that drips. It reads headers and chunks of any size into memory: a reply is cut off at
// 64 KiB on the wire. One thread resolves all its names: it is given IP addresses only. Redirects
// are not followed, proxies are not used, and each request has its own connection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

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

// Used by one thread. The destructor aborts pending requests.
class ControlTransfers {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    ControlTransfers(ControlTarget target, Instant deadline);
    ~ControlTransfers();
    ControlTransfers(const ControlTransfers&) = delete;
    ControlTransfers& operator=(const ControlTransfers&) = delete;

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
    class ReplyQueue;
    class Exchange;

    ControlTarget target_;
    Instant deadline_;
    std::shared_ptr<ReplyQueue> replies_;
    std::map<int, std::shared_ptr<Exchange>> pending_;  // by id
};

}  // namespace roundhouse
