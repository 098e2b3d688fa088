// A scripted control server, and readings of it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "edge/gluetun/client.h"
#include "fakes/scripted_server.h"

namespace roundhouse {

inline bool mentions(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

inline std::string path_of(const std::string& request) {
    const auto start = request.find(' ') + 1;
    return request.substr(start, request.find(' ', start) - start);
}

// Answers each path with bytes of the test's choice, and keeps what was asked.
class FakeGluetun {
  public:
    using Answer = std::function<std::string(const std::string& request)>;

    explicit FakeGluetun(std::map<std::string, std::string> replies)
        : FakeGluetun([replies = std::move(replies)](const std::string& request) {
              const auto found = replies.find(path_of(request));
              return found == replies.end() ? http_reply(401, "Unauthorized\n") : found->second;
          }) {}

    explicit FakeGluetun(Answer answer)
        : server_([this, answer = std::move(answer)](ServedConnection& connection) {
              for (auto request = connection.read_request(); !request.empty();
                   request = connection.read_request()) {
                  keep(request);
                  connection.send(answer(request));
              }
          }) {}

    int port() const { return server_.port(); }
    int connections() const { return server_.connections(); }

    // Of the last request for `path`; empty when there was none.
    std::string request_for(const std::string& path) const {
        const std::lock_guard lock(mutex_);
        const auto found = requests_.find(path);
        return found == requests_.end() ? "" : found->second;
    }

  private:
    void keep(const std::string& request) {
        const std::lock_guard lock(mutex_);
        requests_[path_of(request)] = request;
    }

    mutable std::mutex mutex_;  // guards requests_
    std::map<std::string, std::string> requests_;
    ScriptedServer server_;
};

inline std::map<std::string, std::string> good_replies() {
    return {{"/v1/portforward", http_reply(200, "{\"port\":40001}\n", "text/plain")},
            {"/v1/vpn/status", http_reply(200, "{\"status\":\"running\"}\n", "text/plain")},
            {"/v1/publicip/ip", http_reply(200, "{\"public_ip\":\"192.0.2.1\"}\n", "text/plain")}};
}

inline std::string redirect_to(const std::string& location) {
    return "HTTP/1.1 301 Moved Permanently\r\nLocation: " + location +
           "\r\nContent-Length: 0\r\n\r\n";
}

inline GatewaySpec gateway_at(int port) {
    GatewaySpec gateway;
    gateway.container = "gluetun";
    gateway.host = "gluetun";
    gateway.control_server.port = port;
    return gateway;
}

inline GluetunSettings within(Duration deadline) {
    GluetunSettings settings;
    settings.deadline = deadline;
    return settings;
}

inline GatewayReading read(const GatewaySpec& gateway,
                           Duration deadline = std::chrono::seconds(2)) {
    return GluetunClient(within(deadline)).read(gateway, "127.0.0.1");
}

}  // namespace roundhouse
