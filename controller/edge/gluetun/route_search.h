// One question to Gluetun's control server, put to its routes in turn until one can tell. Pure:
// decides which path is asked next; asking is another file's work.
//
// Routes moved between versions, and each version says "no such route" in its own way: 400 up to
// v3.39.0, 401 from v3.39.1 to v3.41.1 (for every route that is in no role, existing or not), 404
// or 405 later. v3.41 answers moved routes with 301 or 308. Source: internal/server of Gluetun
// at these tags.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/gluetun/reply.h"

namespace roundhouse {

// The path that `location` leads to on the server that we ask. nullopt: it leads elsewhere, where
// our key must not go, or nowhere. `authority` is "host:port" as we dial it, IPv6 in brackets.
std::optional<std::string> redirected_path(std::string_view location, std::string_view authority);

class GluetunInquiry {
  public:
    // `routes`: newest first, at least one.
    GluetunInquiry(std::vector<std::string> routes, std::string authority);

    // The path to ask now; nullptr when the inquiry is over.
    const std::string* path() const;

    // The reply for path(). Redirects are followed three times at most, and on the same server
    // only. Any reply but "no such route" and a redirect ends the inquiry.
    void take(ControlReply reply);

    // How each route that was asked ended, in their order.
    const std::vector<ControlReply>& replies() const { return replies_; }

  private:
    void follow(const ControlReply& redirect);
    void finish_route(ControlReply reply);

    std::vector<std::string> routes_;
    std::string authority_;
    std::string path_;
    int redirects_ = 0;
    bool over_ = false;
    std::vector<ControlReply> replies_;
};

// 400, 401, 404, 405: what the versions of Gluetun say of a route that they do not have.
bool says_no_such_route(int status);

}  // namespace roundhouse
