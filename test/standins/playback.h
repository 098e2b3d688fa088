// The playback of a stand-in engine: streams, their addresses, what is told and commanded of them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "http_message.h"
#include "http_server.h"

namespace standin {

// Answers as an engine does whose HTTP port is `port`. One player at a time gets a stream: who asks
// for it next, with the same `pid` or none, takes it away from the one before.
class Playback {
  public:
    explicit Playback(int port) : port_(port) {}

    // nullopt: no path of playback.
    std::optional<Response> answer(const Request& request);

  private:
    struct Session {
        std::string stream;  // what was asked for, and by which `pid`
        SteadyTime begun;
        bool over = false;
    };

    Response begin(const Request& request, const std::string& kind);
    Response play(const Request& request, const std::string& stream, int session);
    Response tell(const std::string& stream, int session) const;
    Response command(const Request& request, int session);
    Response playlist(const Request& request, const std::string& stream, int session) const;
    Response segment(int session, const std::string& file) const;
    std::string address(const Request& request, const std::string& path) const;
    std::shared_ptr<Session> find(int session) const;

    int port_;
    int newest_ = 0;
    std::map<int, std::shared_ptr<Session>> sessions_;
};

}  // namespace standin
