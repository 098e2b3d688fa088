// A server on a port of its own, and requests to it.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "edge/http/server.h"
#include "unit/http/raw_client.h"

namespace roundhouse {

inline Response text_response(std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

// What was asked, so that a test sees what a handler sees: "GET /path" and the body below it.
inline Response echo(const Request& request) {
    return text_response(request.method + " " + request.target + "\n" + request.body);
}

class LocalServer {
  public:
    explicit LocalServer(Server::Handler handler = echo, const ServerLimits& limits = {})
        : server_(limits) {
        const auto listening = server_.listen({"127.0.0.1", 0}, std::move(handler));
        REQUIRE_MESSAGE(listening.ok(), listening.fault().message);
    }

    int port() const { return std::atoi(server_.address().substr(10).c_str()); }
    void wake_streams() { server_.wake_streams(); }
    void stop() { server_.stop(); }

  private:
    Server server_;
};

inline std::string get(const std::string& target, const std::string& more_headers = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more_headers + "\r\n";
}

inline std::string post(const std::string& body, const std::string& more_headers = "") {
    return "POST /p HTTP/1.1\r\nHost: x\r\n" + more_headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

// A new client is served: whatever others do, nobody is locked out.
inline bool serves(const LocalServer& server) {
    return has(RawClient(server.port(), get("/well")).read_reply(), "GET /well\n");
}

}  // namespace roundhouse
