#include "edge/gluetun/route_search.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include "edge/text/strings.h"

namespace roundhouse {

namespace {

constexpr int most_redirects = 3;
constexpr std::size_t longest_path_bytes = 1024;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 307 || status == 308;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return lower(text.substr(0, start.size())) == lower(start);
}

// "/v1/x" for "http://host:port/v1/x" and for "/v1/x". Empty: another server.
std::string_view path_on(std::string_view location, std::string_view authority) {
    constexpr std::string_view scheme = "http://";
    if (!starts_with_ignoring_case(location, scheme)) return location;
    location.remove_prefix(scheme.size());
    if (!starts_with_ignoring_case(location, authority)) return {};
    return location.substr(authority.size());
}

// Allowed by RFC 3986 in a path or query. URL parsers disagree about other characters.
bool is_plain(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~!$&'()*+,;=%:@/?").find(c) != std::string::npos;
}

}  // namespace

std::optional<std::string> redirected_path(std::string_view location, std::string_view authority) {
    const std::string_view path = path_on(location, authority);
    const bool is_path = path.starts_with('/') && !path.starts_with("//");
    if (!is_path || path.size() > longest_path_bytes) return std::nullopt;
    if (!std::all_of(path.begin(), path.end(), is_plain)) return std::nullopt;
    return std::string(path);
}

bool says_no_such_route(int status) {
    return status == 400 || status == 401 || status == 404 || status == 405;
}

RouteSearch::RouteSearch(std::vector<std::string> routes, std::string authority)
    : routes_(std::move(routes)), authority_(std::move(authority)), path_(routes_.front()) {}

const std::string* RouteSearch::next_path() const {
    return has_ended_ ? nullptr : &path_;
}

void RouteSearch::add_reply(ControlReply reply) {
    if (reply.problem == ReplyProblem::none && is_redirect(reply.status)) {
        follow_redirect(reply);
    } else {
        finish_route(std::move(reply));
    }
}

void RouteSearch::follow_redirect(const ControlReply& redirect) {
    const auto path = redirected_path(redirect.location, authority_);
    if (!path) {
        finish_route(no_reply(ReplyProblem::broken,
                              "redirects to another server, which roundhouse does not send the "
                              "key to; name the real control server in the spec"));
    } else if (++redirects_ > most_redirects) {
        finish_route(no_reply(ReplyProblem::broken,
                              "redirects again and again; check the proxy in front of Gluetun"));
    } else {
        path_ = *path;
    }
}

void RouteSearch::finish_route(ControlReply reply) {
    const bool no_such_route =
        reply.problem == ReplyProblem::none && says_no_such_route(reply.status);
    replies_.push_back(std::move(reply));
    has_ended_ = !no_such_route || replies_.size() == routes_.size();
    if (has_ended_) return;
    path_ = routes_[replies_.size()];
    redirects_ = 0;
}

}  // namespace roundhouse
