// A Docker daemon that a test scripts, and helpers of the tests that use it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>

#include "edge/docker/runtime.h"
#include "fakes/scripted_server.h"
#include "unit/temporary_folder.h"

namespace roundhouse::test {

inline const std::string id(64, 'a');
inline const std::string good_version = R"({"Version":"20.10.24","ApiVersion":"1.41",)"
                                        R"("MinAPIVersion":"1.12"})";
inline const std::string good_row = R"({"Id":"aa","Names":["/p-0"],"Image":"i","Created":1,)"
                                    R"("State":"running","Labels":{"roundhouse.pool":"p"},)"
                                    R"("HostConfig":{"NetworkMode":"x"}})";

// A daemon that answers GET /version itself and leaves all other requests to `answer`.
class Daemon {
  public:
    using Answer = std::function<void(ServedConnection&, const std::string& request)>;

    explicit Daemon(Answer answer, std::string version = http_reply(200, good_version))
        : server_(folder_.path() + "/docker.sock", [=](ServedConnection& connection) {
              while (true) {
                  const std::string request = connection.read_request();
                  if (request.empty()) return;
                  if (request.starts_with("GET /version ")) {
                      connection.send(version);
                  } else {
                      answer(connection, request);
                  }
              }
          }) {}

    DockerEndpoint endpoint() const {
        DockerVariables variables;
        variables.host = "unix://" + folder_.path() + "/docker.sock";
        return docker_endpoint(variables).value();
    }
    int connections() const { return server_.connections(); }

  private:
    TemporaryFolder folder_;
    ScriptedServer server_;
};

// Always the same bytes, and then nothing more.
inline Daemon::Answer sends(std::string bytes) {
    return [=](ServedConnection& connection, const std::string&) {
        connection.send(bytes);
        connection.wait_until_closed();
    };
}

// Always the same whole reply.
inline Daemon::Answer replies(std::string reply) {
    return [=](ServedConnection& connection, const std::string&) { connection.send(reply); };
}

constexpr Duration moment{300};
inline const DockerSettings short_ones{.connect = moment,
                                       .list = moment,
                                       .inspect = moment,
                                       .change = moment,
                                       .after_grace = moment,
                                       .pull_idle = moment};

inline void check_contains(const std::string& text, const std::string& piece) {
    CAPTURE(text);
    CAPTURE(piece);
    CHECK(text.find(piece) != std::string::npos);
}

}  // namespace roundhouse::test
