// Which path is asked next: routes of all versions, and redirects.
#include "edge/gluetun/route_search.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace roundhouse;

namespace {

ControlReply reply(int status, const std::string& location = "") {
    ControlReply made;
    made.status = status;
    made.location = location;
    return made;
}

RouteSearch ports_search() {
    return {{"/v1/portforward", "/v1/openvpn/portforwarded"}, "gluetun:8000"};
}

// The paths that are asked when the server answers like this, one after the other.
std::vector<std::string> paths_asked(const std::vector<ControlReply>& answers) {
    auto search = ports_search();
    std::vector<std::string> paths;
    for (const auto& answer : answers) {
        REQUIRE(search.next_path() != nullptr);
        paths.push_back(*search.next_path());
        search.add_reply(answer);
    }
    CHECK(search.next_path() == nullptr);
    return paths;
}

}  // namespace

TEST_CASE("the old route is asked where the new one is not there, and only there") {
    const std::vector<std::string> only_new{"/v1/portforward"};
    const std::vector<std::string> both{"/v1/portforward", "/v1/openvpn/portforwarded"};
    for (const int status : {200, 204, 403, 429, 500, 503}) {
        CAPTURE(status);
        CHECK(paths_asked({reply(status)}) == only_new);
    }
    for (const int status : {400, 401, 404, 405}) {
        CAPTURE(status);
        CHECK(paths_asked({reply(status), reply(200)}) == both);
        CHECK(paths_asked({reply(status), reply(status)}) == both);
    }
    CHECK(paths_asked({no_reply(ReplyProblem::unreachable, "")}) == only_new);
    CHECK(paths_asked({no_reply(ReplyProblem::broken, "")}) == only_new);
}

TEST_CASE("redirects are followed on the same server, for each route") {
    for (const int status : {301, 302, 307, 308}) {
        CAPTURE(status);
        CHECK(paths_asked({reply(401), reply(status, "/v1/portforward"), reply(200)}) ==
              std::vector<std::string>{"/v1/portforward", "/v1/openvpn/portforwarded",
                                       "/v1/portforward"});
    }
    CHECK(paths_asked({reply(308, "http://gluetun:8000/v2/x?a=b"), reply(200)}) ==
          std::vector<std::string>{"/v1/portforward", "/v2/x?a=b"});
}

TEST_CASE("a redirect in circles ends after three") {
    auto search = ports_search();
    for (int i = 0; i < 4; ++i) {
        REQUIRE(search.next_path() != nullptr);
        search.add_reply(reply(301, "/v1/portforward"));
    }
    CHECK(search.next_path() == nullptr);
    REQUIRE(search.replies().size() == 1);
    CHECK(search.replies()[0].problem == ReplyProblem::broken);
    CHECK(search.replies()[0].detail.find("again and again") != std::string::npos);
}

TEST_CASE("a redirect elsewhere ends the search, and is not quoted") {
    auto search = ports_search();
    search.add_reply(reply(302, "http://collector.example/?k=secret"));
    CHECK(search.next_path() == nullptr);
    REQUIRE(search.replies().size() == 1);
    CHECK(search.replies()[0].problem == ReplyProblem::broken);
    CHECK(search.replies()[0].detail.find("another server") != std::string::npos);
    CHECK(search.replies()[0].detail.find("secret") == std::string::npos);
}

TEST_CASE("where a Location leads") {
    struct Row {
        std::string location;
        std::optional<std::string> path;
    };
    const Row rows[] = {
        {"/v1/portforward", "/v1/portforward"},
        {"/", "/"},
        {"http://gluetun:8000/x", "/x"},
        {"HTTP://Gluetun:8000/x", "/x"},
        {"http://gluetun:8000", std::nullopt},
        {"http://gluetun:80001/x", std::nullopt},
        {"http://gluetun:8001/x", std::nullopt},
        {"http://gluetun/x", std::nullopt},
        {"http://gluetun:8000@collector.example/x", std::nullopt},
        {"http://user@gluetun:8000/x", std::nullopt},
        {"https://gluetun:8000/x", std::nullopt},
        {"//gluetun:8000/x", std::nullopt},
        {"//collector.example/x", std::nullopt},
        {"x", std::nullopt},
        {"", std::nullopt},
        {"/\\collector.example", std::nullopt},
        {"/a b", std::nullopt},
        {"/{a}|b", std::nullopt},
        {"/a%20b?c=d&e", "/a%20b?c=d&e"},
        {"/a\r\nX-Header: b", std::nullopt},
        {"/\xC3\xA9", std::nullopt},
        {"/" + std::string(2000, 'a'), std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.location);
        CHECK(redirected_path(row.location, "gluetun:8000") == row.path);
    }
    CHECK(redirected_path("http://[fd00::2]:8000/x", "[fd00::2]:8000") == "/x");
}
