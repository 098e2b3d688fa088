// A request to roundhouse's own HTTP API, and the answer, without any socket.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace roundhouse {

struct Request {
    std::string method;                          // "GET"
    std::string target;                          // path and query as they came: "/api/v1/pool?x=1"
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;  // besides type and length
    std::string body;
    // A reply without an end: called again and again, from the server's thread, whenever the server
    // is told that there is news, and at least each 15 s. Returns the text to send next, or nothing
    // where there is none yet. Empty: `body` is all.
    std::function<std::string()> next;
};

}  // namespace roundhouse
