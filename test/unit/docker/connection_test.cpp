// Calls to a daemon that misbehaves: each ends in time, with a fault that says what happened and
// where, and never returns a part of a reply.
#include "edge/docker/connection.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "edge/docker/socket_fault.h"
#include "edge/system/unique_fd.h"
#include "unit/docker/daemon.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

Fault fault_of_list(const Daemon& daemon, const DockerSettings& deadlines = short_ones) {
    DockerRuntime docker(daemon.endpoint(), deadlines);
    const auto listing = docker.list_engines();
    REQUIRE_FALSE(listing.ok());
    CAPTURE(listing.fault().message);
    CHECK(listing.fault().message.starts_with("docker: list the engines: "));
    return listing.fault();
}

}  // namespace

TEST_CASE("a list that does not arrive whole is a fault") {
    const std::string rows = "[" + good_row + "," + good_row + "]";
    const std::string whole = http_reply(200, rows);
    struct Row {
        std::string what;
        std::string bytes;
        std::string message;
    };
    const Row cases[] = {
        {"half of the JSON, right length", http_reply(200, rows.substr(0, rows.size() / 2)),
         "not JSON, or was cut"},
        {"less than Content-Length says", whole.substr(0, whole.size() - 5), "no whole reply"},
        {"no reply at all", "", "no whole reply within 300ms"},
        {"half of a head", "HTTP/1.1 200 OK\r\nContent-", "no whole reply"},
        {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "broke off or is not HTTP"},
        {"HTML of a proxy", http_reply(502, "<html>Bad Gateway</html>", "text/html"),
         "an answer that is not Docker's (HTTP 502)"},
        {"HTML that claims to be well", http_reply(200, "<html>hello</html>", "text/html"),
         "not JSON"},
        {"10 MB of garbage", http_reply(200, std::string(10'000'000, 'x')), "not JSON"},
        {"an empty body", http_reply(200, ""), "not JSON"},
        {"rows of something else", http_reply(200, "[{\"Id\":\"b\"}]"), "lacks [0].Names"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        const Daemon daemon(sends(one.bytes));
        const bool is_awaited = one.message.starts_with("no whole reply");
        const Fault fault = fault_of_list(daemon, is_awaited ? short_ones : DockerSettings{});
        CHECK(fault.kind == FaultKind::unavailable);
        check_contains(fault.message, one.message);
    }
}

TEST_CASE("a reply that ends within its head is none, whatever was asked") {
    for (const std::string head : {"H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-",
                                   "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n"}) {
        CAPTURE(head);
        const Daemon daemon([&](ServedConnection& connection, const std::string&) {
            connection.send(head);
            connection.close();
        });
        DockerRuntime docker(daemon.endpoint(), short_ones);
        CHECK(fault_of_list(daemon).kind == FaultKind::unavailable);
        for (const auto& fault : {docker.inspect_end(id).fault(), docker.has_image("x").fault(),
                                  docker.create({}).fault(), docker.remove(id).fault()}) {
            CHECK(fault.kind == FaultKind::unavailable);
            check_contains(fault.message, "broke off or is not HTTP");
        }
    }
}

TEST_CASE("a connection that closes early is a fault, and the next call succeeds") {
    int calls = 0;
    const Daemon daemon([&](ServedConnection& connection, const std::string&) {
        if (++calls == 1) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[");
            connection.close();
        } else {
            connection.send(http_reply(200, "[" + good_row + "]"));
        }
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto first = docker.list_engines();
    REQUIRE_FALSE(first.ok());
    CHECK(first.fault().kind == FaultKind::unavailable);
    check_contains(first.fault().message, "broke off");
    const auto second = docker.list_engines();
    REQUIRE(second.ok());
    CHECK(second.value().size() == 1);
}

TEST_CASE("a reply beyond its limit is a fault, not memory") {
    const Daemon daemon(replies(http_reply(201, std::string(2'000'000, ' '))));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto created = docker.create({});
    REQUIRE_FALSE(created.ok());
    CHECK(created.fault().kind == FaultKind::unavailable);
    check_contains(created.fault().message, "larger than 1048576 bytes");
}

TEST_CASE("each call has a connection of its own, and the version is asked for once") {
    int lists = 0;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        if (request.starts_with("GET /v1.41/")) ++lists;
        connection.send(http_reply(200, "[]"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    for (int i = 0; i < 5; ++i)
        CHECK(docker.list_engines().ok());
    CHECK(lists == 5);
    CHECK(daemon.connections() == 6);
}

TEST_CASE("what comes after a reply is never taken for the next one") {
    const Daemon daemon([&](ServedConnection& connection, const std::string&) {
        connection.send(http_reply(200, "[" + good_row + "]") + http_reply(200, "[]"));
        connection.send(http_reply(200, "[]"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    for (int i = 0; i < 5; ++i) {
        const auto listing = docker.list_engines();
        REQUIRE(listing.ok());
        CHECK(listing.value().size() == 1);
    }
}

TEST_CASE("an answer about the version that cannot be used is no obstacle") {
    for (const auto& version :
         {http_reply(403, ""), http_reply(500, "{}"), http_reply(200, "<html>"),
          http_reply(200, R"({"ApiVersion":7,"MinAPIVersion":"1.24"})")}) {
        CAPTURE(version);
        std::string asked;
        const Daemon daemon(
            [&](ServedConnection& connection, const std::string& request) {
                asked = request;
                connection.send(http_reply(200, "[]"));
            },
            version);
        CHECK(DockerRuntime(daemon.endpoint(), short_ones).list_engines().ok());
        CHECK(asked.starts_with("GET /v1.41/"));
    }
}

TEST_CASE("the oldest API version that both sides accept is used") {
    struct Row {
        std::string newest;
        std::string oldest;
        std::string expected;  // a path's beginning, or a piece of the message
    };
    const Row rows[] = {
        {"1.41", "1.12", "/v1.41/"},
        {"1.51", "1.24", "/v1.41/"},
        {"1.52", "1.44", "/v1.44/"},
        {"1.60", "1.51", "/v1.51/"},
        {"1.60", "1.52", "upgrade roundhouse"},
        {"1.40", "1.12", "upgrade Docker to 20.10 or later"},
        {"2.0", "2.0", "/v1.41/"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.newest);
        CAPTURE(row.oldest);
        std::string asked;
        const Daemon daemon(
            [&](ServedConnection& connection, const std::string& request) {
                asked = request;
                connection.send(http_reply(200, "[]"));
            },
            http_reply(200, R"({"Version":"x","ApiVersion":")" + row.newest +
                                R"(","MinAPIVersion":")" + row.oldest + "\"}"));
        DockerRuntime docker(daemon.endpoint(), short_ones);
        const auto listing = docker.list_engines();
        check_contains(listing.ok() ? asked : listing.fault().message, row.expected);
    }
}

TEST_CASE("a daemon that was away is asked for its version again") {
    int calls = 0;
    int versions = 0;
    const TemporaryFolder folder;
    const ScriptedServer server(folder.path() + "/s", [&](ServedConnection& connection) {
        for (auto request = connection.read_request(); !request.empty();
             request = connection.read_request()) {
            if (request.starts_with("GET /version ")) {
                ++versions;
                connection.send(http_reply(200, good_version));
            } else if (++calls == 1) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[");
                connection.close();
            } else {
                connection.send(http_reply(200, "[]"));
            }
        }
    });
    DockerRuntime docker(docker_endpoint({.host = "unix://" + folder.path() + "/s",
                                          .tls_verify = false,
                                          .cert_path = "",
                                          .home = ""})
                             .value(),
                         short_ones);
    while (!docker.list_engines().ok())
        REQUIRE(calls < 5);
    CHECK(versions >= 2);
}

TEST_CASE("the fault of a 403 names the call that a socket proxy has to allow") {
    const Daemon daemon(replies(http_reply(403, "<html>403 Forbidden</html>", "text/html")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto created = docker.create({});
    REQUIRE_FALSE(created.ok());
    CHECK(created.fault().kind == FaultKind::rejected);
    check_contains(created.fault().message, "forbids POST /containers/create: allow it there");
    check_contains(created.fault().message, "docker.sock");
}

TEST_CASE("the fault of a create that Docker refuses names the field") {
    const Daemon daemon(
        replies(http_reply(400, R"({"message":"Range of CPUs is from 0.01 to 2"})")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto created = docker.create({});
    REQUIRE_FALSE(created.ok());
    CHECK(created.fault().bad_request);
    check_contains(created.fault().message, "change spec.template.resources.cpus");
    CHECK_FALSE(docker.start(id).fault().bad_request);
}

TEST_CASE("a missing docker-init is explained") {
    const Daemon daemon(replies(http_reply(
        500, R"({"message":"exec: \"docker-init\": executable file not found in $PATH"})")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    check_contains(docker.start(id).fault().message, "install tini");
}

TEST_CASE("a daemon that cannot be reached: the fault says why") {
    const TemporaryFolder folder;
    DockerVariables variables;
    variables.host = "unix://" + folder.path() + "/docker.sock";
    DockerRuntime missing(docker_endpoint(variables).value(), short_ones);
    check_contains(missing.list_engines().fault().message,
                   "/docker.sock: there is no such socket: start Docker");

    // Its server has gone, and has left the socket's file.
    {
        const ScriptedServer server(folder.path() + "/docker.sock", [](ServedConnection&) {});
    }
    DockerRuntime refused(docker_endpoint(variables).value(), short_ones);
    check_contains(refused.list_engines().fault().message, "connection refused: start Docker");

    // A mount whose source is missing: Docker makes a folder of that name.
    variables.host = "unix://" + folder.path();
    DockerRuntime no_socket(docker_endpoint(variables).value(), short_ones);
    check_contains(no_socket.list_engines().fault().message, "is a folder, not a socket: ");
}

TEST_CASE(
    "a socket that was removed, as after a restart of Docker, is told from one without Docker") {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/docker.sock";
    {
        const ScriptedServer server(path, [](ServedConnection&) {});
    }
    const UniqueFd kept(::open(path.c_str(), O_PATH | O_CLOEXEC));
    REQUIRE(kept.get() >= 0);
    DockerVariables variables;
    variables.host = "unix:///proc/self/fd/" + std::to_string(kept.get());
    DockerRuntime docker(docker_endpoint(variables).value(), short_ones);
    check_contains(docker.list_engines().fault().message, "start Docker: nothing listens there");
    std::filesystem::remove(path);
    check_contains(docker.list_engines().fault().message,
                   "connection refused: this is the socket of an earlier start of Docker");
}

TEST_CASE("a socket that may not be used: the fault names its owner and our own ids") {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/docker.sock";
    const ScriptedServer server(path, [](ServedConnection&) {});
    std::filesystem::permissions(path, std::filesystem::perms{0640});
    const std::string user = std::to_string(::geteuid());
    const std::string group = std::to_string(::getegid());
    const SocketFault denied = explain_denied_socket(path);
    check_contains(denied.why, "it belongs to user " + user + " and group " + group +
                                   " (mode 0640), and roundhouse runs as user " + user +
                                   ", group " + group);
    check_contains(denied.advice, "in group " + group + " (with compose: DOCKER_GID=" + group);
    check_contains(explain_denied_socket(folder.path() + "/none/docker.sock").advice,
                   "a folder on the way to it is closed to user " + user);
}
