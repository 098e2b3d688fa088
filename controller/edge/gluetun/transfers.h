// GET requests under way to one control server, over cpprestsdk's HTTP client, which stays behind
// this file.
//
// What cpprestsdk leaves open is closed here. Its time limits hold for each operation: a reply that
// drips is ended by one deadline. It reads headers and chunks of any size into memory: a reply of
// more than 64 KiB on the wire is ended. It resolves names on one thread for all: it is only given
// IP addresses. Redirects are not followed, proxies not used; each request has its own connection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "edge/gluetun/reply.h"

namespace roundhouse {

// Nothing set: none. These are secrets: nothing repeats them.
struct ControlLogin {
    std::string api_key;   // sent as X-API-Key
    std::string username;  // with the password: basic authentication
    std::string password;
};

struct ControlTarget {
    std::string ip;  // IPv4, or IPv6 without brackets
    int port = 0;
    std::string authority;  // for the Host header: "gluetun:8000"
    ControlLogin login;
};

// Used by one thread. Requests that are under way at destruction are given up.
class ControlTransfers {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    ControlTransfers(ControlTarget target, Instant deadline);
    ~ControlTransfers();
    ControlTransfers(const ControlTransfers&) = delete;
    ControlTransfers& operator=(const ControlTransfers&) = delete;

    // Begins GET `path` and returns at once. Whatever is wrong with it, a reply tells. One request
    // at a time for each ticket.
    void begin(int ticket, const std::string& path);

    struct Ended {
        int ticket = 0;
        ControlReply reply;
    };
    // The next reply. nullopt: the deadline is over.
    std::optional<Ended> wait();

  private:
    class Mailbox;
    class Exchange;

    ControlTarget target_;
    Instant deadline_;
    std::shared_ptr<Mailbox> mailbox_;
    std::map<int, std::shared_ptr<Exchange>> under_way_;  // by ticket
};

}  // namespace roundhouse
