// The search for the route by which a version of Gluetun answers a question. Pure: it decides which
// path to request next, and sends nothing.
//
// Routes moved between versions, and each version answers "no such route" in its own way: 400 up to
// v3.39.0, 401 from v3.39.1 to v3.41.1 (for every route that no role allows, existing or not), 404
// or 405 later. v3.41 answers moved routes with 301 or 308. Source: internal/server of Gluetun at
// these tags.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/gluetun/reply.h"

namespace roundhouse {

// The path that a Location header names on the server at `authority` ("host:port" as dialled, IPv6
// in brackets). nullopt: it names another server, which must not get the key, or is invalid.
std::optional<std::string> redirected_path(std::string_view location, std::string_view authority);

class RouteSearch {
  public:
    // `routes`: newest first, at least one.
    RouteSearch(std::vector<std::string> routes, std::string authority);

    // The path to request next; nullptr when the search has ended.
    const std::string* next_path() const;

    // The reply to next_path(). At most three redirects are followed for each route, all on the
    // same server. Any reply other than "no such route" or a redirect ends the search.
    void add_reply(ControlReply reply);

    // The final reply of each route that was tried, in the order of the routes.
    const std::vector<ControlReply>& replies() const { return replies_; }

  private:
    void follow_redirect(const ControlReply& redirect);
    void finish_route(ControlReply reply);

    std::vector<std::string> routes_;
    std::string authority_;
    std::string path_;
    int redirects_ = 0;
    bool has_ended_ = false;
    std::vector<ControlReply> replies_;
};

// 400, 401, 404, 405: how the versions of Gluetun answer a route that they do not have.
bool says_no_such_route(int status);

}  // namespace roundhouse
