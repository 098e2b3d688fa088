// A request to roundhouse's own HTTP API, and the response. No socket is involved.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace roundhouse {

struct Request {
    std::string method;                          // "GET"
    std::string target;                          // path and query as sent: "/api/v1/pool?x=1"
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    std::string client = {};  // its IP address; empty in a request that did not come from a socket
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;  // besides type and length
    std::string body;
    // Set for a stream, a response without an end. Returns the text to send next, or "" if there is
    // none yet. Called again and again on the server's thread: when the server wakes its streams,
    // and at least every 15 s. `body` is sent first.
    std::function<std::string()> next;
};

}  // namespace roundhouse
