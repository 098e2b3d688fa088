// The Docker client against a daemon that misbehaves: whatever comes, each call ends in time, with
// a fault that says what happened and where, and never with half of a world.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <thread>

#include "edge/docker/runtime.h"
#include "unit/docker/daemon.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

Fault fault_of_list(const Daemon& daemon, const DockerDeadlines& deadlines = short_ones) {
    DockerRuntime docker(daemon.endpoint(), deadlines);
    const auto listing = docker.list_pool("p");
    REQUIRE_FALSE(listing.ok());
    CAPTURE(listing.fault().message);
    CHECK(listing.fault().message.starts_with("docker: list the engines of pool p: "));
    return listing.fault();
}

}  // namespace

TEST_CASE("a list that does not arrive whole is no list") {
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
         "502 Bad Gateway without a message of Docker's"},
        {"HTML that claims to be well", http_reply(200, "<html>hello</html>", "text/html"),
         "not JSON"},
        {"10 MB of garbage", http_reply(200, std::string(10'000'000, 'x')), "not JSON"},
        {"an empty body", http_reply(200, ""), "not JSON"},
        {"one good row and one bad", http_reply(200, "[" + good_row + ",{\"Id\":\"b\"}]"),
         "lacks [1].Names"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        const Daemon daemon(sends(one.bytes));
        const bool is_awaited = one.message.starts_with("no whole reply");
        const Fault fault = fault_of_list(daemon, is_awaited ? short_ones : DockerDeadlines{});
        CHECK(fault.kind == FaultKind::unavailable);
        check_contains(fault.message, one.message);
    }
}

TEST_CASE("a connection that closes early is a fault, and the next call gets through") {
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
    const auto first = docker.list_pool("p");
    REQUIRE_FALSE(first.ok());
    CHECK(first.fault().kind == FaultKind::unavailable);
    check_contains(first.fault().message, "broke off");
    const auto second = docker.list_pool("p");
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

TEST_CASE("connections are kept, and the version is asked for once") {
    int versions = 0;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        if (request.starts_with("GET /v1.41/")) ++versions;
        connection.send(http_reply(200, "[]"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    for (int i = 0; i < 5; ++i)
        CHECK(docker.list_pool("p").ok());
    CHECK(versions == 5);
    CHECK(daemon.connections() == 1);
}

TEST_CASE("the oldest API version that both sides accept is spoken") {
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
        {"2.0", "2.0", "speaks API versions 2.0 to 2.0"},
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
        const auto listing = docker.list_pool("p");
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
    while (!docker.list_pool("p").ok())
        REQUIRE(calls < 5);
    CHECK(versions >= 2);
}

TEST_CASE("what Docker says about a refusal is carried on, by what the caller does next") {
    struct Row {
        int status;
        std::string message;
        FaultKind create;
        FaultKind start;
    };
    const std::string own = "No such container: " + id;
    const std::string donor = "No such container: " + std::string(64, 'd');
    const std::string later = "joining network namespace of container: " + donor;
    const Row rows[] = {
        {400, "conflicting options", FaultKind::rejected, FaultKind::rejected},
        {404, "No such image: x", FaultKind::gone, FaultKind::rejected},
        {404, own, FaultKind::gone, FaultKind::gone},
        {404, donor, FaultKind::gone, FaultKind::conflict},
        {404, "network lan not found", FaultKind::gone, FaultKind::rejected},
        {409, "name already in use", FaultKind::conflict, FaultKind::conflict},
        {409, "cannot join network of a non running container: d", FaultKind::conflict,
         FaultKind::conflict},
        {500, later, FaultKind::rejected, FaultKind::conflict},
        {500, "unable to find user nobody", FaultKind::rejected, FaultKind::rejected},
        {503, "starting", FaultKind::unavailable, FaultKind::unavailable},
    };
    for (const auto& row : rows) {
        CAPTURE(row.status);
        CAPTURE(row.message);
        const Daemon daemon(
            replies(http_reply(row.status, R"({"message":")" + row.message + "\"}")));
        DockerRuntime docker(daemon.endpoint(), short_ones);
        const auto created = docker.create({});
        const auto started = docker.start(id);
        CHECK(docker.stop(id, 1s).ok() == (row.status == 404));
        CHECK(docker.remove(id).ok() == (row.status == 404));
        REQUIRE_FALSE(created.ok());
        REQUIRE_FALSE(started.ok());
        CHECK(created.fault().kind == row.create);
        CHECK(started.fault().kind == row.start);
        check_contains(started.fault().message,
                       "docker: start container aaaaaaaaaaaa: " + std::to_string(row.status));
        check_contains(started.fault().message, row.message);
    }
}

TEST_CASE("a missing docker-init is explained") {
    const Daemon daemon(replies(http_reply(
        500, R"({"message":"exec: \"docker-init\": executable file not found in $PATH"})")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    check_contains(docker.start(id).fault().message, "install tini");
}

TEST_CASE("a socket proxy's refusal names the call to allow") {
    const Daemon daemon(replies(http_reply(403, "<html>403 Forbidden</html>", "text/html")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto created = docker.create({});
    REQUIRE_FALSE(created.ok());
    CHECK(created.fault().kind == FaultKind::rejected);
    check_contains(created.fault().message, "forbids POST /containers/create: allow it there");
    check_contains(created.fault().message, "docker.sock");
}

TEST_CASE("a daemon that is not there is told apart by why") {
    const TemporaryFolder folder;
    DockerVariables variables;
    variables.host = "unix://" + folder.path() + "/docker.sock";
    DockerRuntime missing(docker_endpoint(variables).value(), short_ones);
    check_contains(missing.list_pool("p").fault().message,
                   "/docker.sock: there is no such socket: start Docker");

    // Its server has gone, and has left the socket's file.
    {
        const ScriptedServer server(folder.path() + "/docker.sock", [](ServedConnection&) {});
    }
    DockerRuntime refused(docker_endpoint(variables).value(), short_ones);
    check_contains(refused.list_pool("p").fault().message, "connection refused: start Docker");
}

TEST_CASE("calls that find nothing to do are no faults") {
    const Daemon gone(replies(http_reply(404, R"({"message":"No such container: x"})")));
    DockerRuntime docker(gone.endpoint(), short_ones);
    CHECK(docker.stop(id, 1s).ok());
    CHECK(docker.remove(id).ok());
    CHECK_FALSE(docker.inspect_end(id).value().has_value());
    CHECK_FALSE(docker.inspect_gateway("gluetun").value().has_value());
    CHECK_FALSE(docker.has_image("engine").value());

    const Daemon already(replies("HTTP/1.1 304 Not Modified\r\n\r\n"));
    DockerRuntime other(already.endpoint(), short_ones);
    CHECK(other.start(id).ok());
    CHECK(other.stop(id, 1s).ok());
}

TEST_CASE("a stop may take as long as its grace, and longer") {
    const Daemon daemon([](ServedConnection& connection, const std::string&) {
        std::this_thread::sleep_for(100ms);  // until the engine has ended
        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    DockerDeadlines hasty = short_ones;
    hasty.after_grace = 50ms;
    CHECK(DockerRuntime(daemon.endpoint(), hasty).stop(id, 1s).ok());
}

TEST_CASE("what is asked for stays in its place in the URL") {
    std::string asked;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        asked = request.substr(0, request.find(" HTTP/"));
        connection.send(http_reply(404, "{}"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    CHECK(docker.remove("../networks/x?y=1").ok());
    CHECK(asked == "DELETE /v1.41/containers/..%2Fnetworks%2Fx%3Fy%3D1?force=1&v=1");
    CHECK(docker.has_image("registry:5000/group/engine:v1@sha256:ab").ok());
    CHECK(asked == "GET /v1.41/images/registry%3A5000/group/engine%3Av1%40sha256%3Aab/json");
    CHECK(docker.stop(id, 1500ms).ok());
    CHECK(asked == "POST /v1.41/containers/" + id + "/stop?t=2");
    CHECK_FALSE(docker.list_pool("p&q").ok());
    CHECK(asked ==
          "GET /v1.41/containers/json?all=1&filters="
          "%7B%22label%22%3A%5B%22roundhouse.pool%3Dp%26q%22%5D%7D");
    CHECK_FALSE(docker.list_names("p-").ok());
    CHECK(asked ==
          "GET /v1.41/containers/json?all=1&filters="
          "%7B%22name%22%3A%5B%22p-%22%5D%7D");
}

TEST_CASE("events are found however their bytes are split, until the stream ends") {
    const std::string event = R"({"Type":"container","Action":"die","Actor":{"ID":"b",)"
                              R"("Attributes":{"name":"gluetun"}}})"
                              "\n";
    const Daemon daemon([&](ServedConnection& connection, const std::string&) {
        connection.send(chunked_head);
        for (const char c : event + event)
            connection.send(http_chunk({&c, 1}));
        connection.send(http_chunk(""));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    int opened = 0;
    std::vector<RuntimeEvent> events;
    const auto end = docker.follow_events([&] { ++opened; },
                                          [&](const RuntimeEvent& one) { events.push_back(one); },
                                          std::stop_token());
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().kind == FaultKind::unavailable);
    check_contains(end.fault().message, "the daemon ended the stream");
    CHECK(opened == 1);
    REQUIRE(events.size() == 2);
    CHECK(events[1].action == "die");
    CHECK(events[1].container_name == "gluetun");
}

TEST_CASE("garbage and endless lines end a stream of events") {
    const auto end_of = [](const std::string& bytes) {
        const Daemon daemon([&](ServedConnection& connection, const std::string&) {
            connection.send(chunked_head);
            connection.send(http_chunk(bytes));
            connection.wait_until_closed();
        });
        DockerRuntime docker(daemon.endpoint(), short_ones);
        const auto end = docker.follow_events([] {}, [](const RuntimeEvent&) {}, {});
        REQUIRE_FALSE(end.ok());
        CHECK(end.fault().kind == FaultKind::unavailable);
        return end.fault().message;
    };
    check_contains(end_of("hello\n"), "not JSON");
    check_contains(end_of("{}\n"), "lacks .Actor");
    check_contains(end_of(std::string(2'000'000, 'x')), "an event is too long");
}

TEST_CASE("a quiet stream of events is open at once and ends when asked to") {
    const Daemon daemon(sends(std::string(chunked_head)));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    std::stop_source stop;
    std::jthread asker;
    std::chrono::steady_clock::time_point asked_at;
    const auto end = docker.follow_events(
        [&] {
            asker = std::jthread([&] {
                asked_at = std::chrono::steady_clock::now();
                stop.request_stop();
            });
        },
        [](const RuntimeEvent&) {}, stop.get_token());
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().kind == FaultKind::cancelled);
    asker.join();
    CHECK(std::chrono::steady_clock::now() - asked_at < 200ms);
}

TEST_CASE("a stream that cannot be opened says why") {
    const Daemon daemon(replies(http_reply(403, "")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    bool opened = false;
    const auto end = docker.follow_events([&] { opened = true; }, [](const RuntimeEvent&) {}, {});
    CHECK_FALSE(opened);
    CHECK(end.fault().kind == FaultKind::rejected);
    check_contains(end.fault().message, "forbids GET /events");
}

TEST_CASE("of events those are asked for that can change what a look sees") {
    std::string asked;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        asked = request.substr(0, request.find(" HTTP/"));
        connection.send(http_reply(403, ""));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    CHECK_FALSE(docker.follow_events([] {}, [](const RuntimeEvent&) {}, {}).ok());
    check_contains(asked, "%22type%22%3A%5B%22container%22%5D");
    for (const std::string action : {"create", "start", "die", "oom", "pause", "unpause", "rename",
                                     "destroy", "health_status"}) {
        check_contains(asked, "%22" + action + "%22");
    }
    CHECK(asked.find("exec") == std::string::npos);
}

TEST_CASE("a pull that is given up is hung up on") {
    std::promise<void> closed;
    const Daemon daemon([&](ServedConnection& connection, const std::string&) {
        connection.send(chunked_head);
        connection.send(http_chunk("{\"status\":\"Downloading\"}\n"));
        connection.wait_until_closed();
        closed.set_value();
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    std::stop_source stop;
    const auto give_up = [&](const std::string&) { stop.request_stop(); };
    const auto end = docker.pull("group/engine:v1", give_up, stop.get_token());
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().kind == FaultKind::cancelled);
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a pull tells its progress and its failure") {
    const auto pull = [](const std::string& bytes, std::vector<std::string>* told = nullptr) {
        const Daemon daemon(sends(bytes));
        DockerRuntime docker(daemon.endpoint(), short_ones);
        return docker.pull("group/engine:v1",
                           [&](const std::string& line) {
                               if (told != nullptr) told->push_back(line);
                           },
                           {});
    };
    std::vector<std::string> told;
    CHECK(pull(http_reply(200, R"({"status":"Pulling fs layer","id":"aaa"})"
                               "\r\n"
                               R"({"status":"Pull complete","id":"aaa"})"
                               "\r\n"),
               &told)
              .ok());
    CHECK(told == std::vector<std::string>{"1 of 1 layers, 0 MB"});

    auto failed = pull(http_reply(200, "{\"error\":\"manifest unknown\"}\r\n"));
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.fault().kind == FaultKind::rejected);
    check_contains(failed.fault().message, "docker: pull group/engine:v1: manifest unknown");

    failed = pull(http_reply(404, R"({"message":"pull access denied"})"));
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.fault().kind == FaultKind::rejected);
    check_contains(failed.fault().message, "pull access denied");

    failed = pull(std::string(chunked_head) + http_chunk("{\"status\":\"Downloading\"}\n"));
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.fault().kind == FaultKind::unavailable);
    check_contains(failed.fault().message, "nothing arrived for 300ms");
}
