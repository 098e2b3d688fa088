// The requests of each operation, what their replies mean, and the streams of pulls and events.
#include "edge/docker/runtime.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "unit/docker/daemon.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_CASE("the end of each operation is reported, with its result and duration") {
    const Daemon daemon([](ServedConnection& connection, const std::string& request) {
        const bool listing = request.find("/containers/json?") != std::string::npos;
        const bool of_gateway = request.find("gluetun") != std::string::npos;
        const std::string body = of_gateway ? "[]"
                                 : listing  ? "{}"
                                            : R"({"message":"No such container: )" + id + "\"}";
        connection.send(http_reply(listing ? 200 : 404, body));
    });
    std::vector<DockerCallEnd> ends;
    DockerSettings settings = short_ones;
    settings.on_call_end = [&](const DockerCallEnd& end) { ends.push_back(end); };
    DockerRuntime docker(daemon.endpoint(), settings);
    const auto check_last = [&](DockerOperation operation, std::optional<FaultKind> fault) {
        REQUIRE_FALSE(ends.empty());
        CHECK(to_string(ends.back().operation) == to_string(operation));
        CHECK(ends.back().fault == fault);
        CHECK(ends.back().took > 0s);
    };

    CHECK(docker.list_engines().fault().kind == FaultKind::unavailable);  // 200, and not a list
    check_last(DockerOperation::list, FaultKind::unavailable);
    CHECK_FALSE(docker.list_names("p-").ok());
    check_last(DockerOperation::list_names, FaultKind::unavailable);
    CHECK_FALSE(docker.inspect_gateway("gluetun").value().has_value());
    check_last(DockerOperation::list_names, std::nullopt);
    CHECK_FALSE(docker.inspect_end(id).value().has_value());
    check_last(DockerOperation::inspect_engine, std::nullopt);
    CHECK(docker.last_lines(id, {}).value().empty());
    check_last(DockerOperation::read_log, std::nullopt);
    CHECK_FALSE(docker.has_image("engine").value());
    check_last(DockerOperation::inspect_image, std::nullopt);
    CHECK_FALSE(docker.create({}).ok());
    check_last(DockerOperation::create, FaultKind::gone);
    CHECK_FALSE(docker.start(id).ok());
    check_last(DockerOperation::start, FaultKind::gone);
    CHECK(docker.stop(id, 1s).ok());
    check_last(DockerOperation::stop, std::nullopt);
    CHECK(docker.remove(id).ok());
    check_last(DockerOperation::inspect_engine, std::nullopt);  // whether it is gone
    ends.pop_back();
    check_last(DockerOperation::remove, std::nullopt);
    CHECK_FALSE(docker.pull({"engine"}, [](const std::string&) {}, {}).ok());
    check_last(DockerOperation::pull, FaultKind::rejected);
    CHECK(ends.size() == measured_operations.size());

    // A stream of events has no duration of its own.
    CHECK_FALSE(docker.follow_events([] {}, [](const RuntimeEvent&) {}, {}).ok());
    CHECK(ends.size() == measured_operations.size());
}

TEST_CASE("an error status becomes a fault with Docker's message") {
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
                       "docker: start container aaaaaaaaaaaa: " + ContainerNames().in(row.message));
    }
}

TEST_CASE("an id in the reply to a create is used if its container has the name") {
    struct Row {
        std::string inspected;
        bool good;
    };
    const std::string own = R"({"Id":")" + id + R"(","Name":"/acestream-0"})";
    const Row rows[] = {
        {http_reply(200, own), true},
        {http_reply(200, R"({"Id":")" + id + R"(","Name":"/a-stranger"})"), false},
        {http_reply(200, R"({"Id":"bbbb","Name":"/acestream-0"})"), false},
        {http_reply(404, R"({"message":"No such container: )" + id + "\"}"), false},
        {http_reply(403, "<html>"), false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.inspected);
        const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
            const bool creates = request.starts_with("POST");
            connection.send(creates ? http_reply(201, R"({"Id":")" + id + "\"}") : row.inspected);
        });
        DockerRuntime docker(daemon.endpoint(), short_ones);
        EngineRequest request;
        request.name = "acestream-0";
        const auto created = docker.create(request);
        REQUIRE(created.ok() == row.good);
        if (!row.good) CHECK(created.fault().kind == FaultKind::unavailable);
    }
}

TEST_CASE("a container that is still there is not removed, whatever Docker says") {
    for (const int status : {204, 404}) {
        const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
            connection.send(request.starts_with("DELETE")
                                ? http_reply(status, "")
                                : http_reply(200, R"({"Id":")" + id + R"(","Name":"/x-0"})"));
        });
        DockerRuntime docker(daemon.endpoint(), short_ones);
        const auto removed = docker.remove(id);
        REQUIRE_FALSE(removed.ok());
        CHECK(removed.fault().kind == FaultKind::rejected);
        check_contains(removed.fault().message, "it is still there");
    }
}

TEST_CASE("calls that have nothing to do succeed") {
    const Daemon gone(replies(http_reply(404, R"({"message":"No such container: )" + id + "\"}")));
    DockerRuntime docker(gone.endpoint(), short_ones);
    CHECK(docker.stop(id, 1s).ok());
    CHECK(docker.remove(id).ok());
    CHECK_FALSE(docker.inspect_end(id).value().has_value());
    CHECK_FALSE(docker.inspect_network(id).value().has_value());
    CHECK_FALSE(docker.has_image("engine").value());

    const Daemon already(replies("HTTP/1.1 304 Not Modified\r\n\r\n"));
    DockerRuntime other(already.endpoint(), short_ones);
    CHECK(other.stop(id, 1s).ok());
    CHECK(other.start(id).ok());
}

TEST_CASE("a stop may take as long as its grace period, and longer") {
    const Daemon daemon([](ServedConnection& connection, const std::string&) {
        std::this_thread::sleep_for(100ms);  // until the engine has ended
        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    DockerSettings hasty = short_ones;
    hasty.after_grace = 50ms;
    CHECK(DockerRuntime(daemon.endpoint(), hasty).stop(id, 1s).ok());
}

TEST_CASE("ids and names are escaped in the URL") {
    std::string asked;
    std::string removed;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        asked = request.substr(0, request.find(" HTTP/"));
        if (asked.starts_with("DELETE")) removed = asked;
        connection.send(http_reply(404, "{}"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    CHECK(docker.remove("../networks/x?y=1").ok());
    CHECK(removed == "DELETE /v1.41/containers/..%2Fnetworks%2Fx%3Fy%3D1?force=1&v=1");
    CHECK_FALSE(docker.has_image("registry:5000/group/engine:v1@sha256:ab").ok());
    CHECK(asked == "GET /v1.41/images/registry%3A5000/group/engine%3Av1%40sha256%3Aab/json");
    CHECK(docker.stop(id, 1500ms).ok());
    CHECK(asked == "POST /v1.41/containers/" + id + "/stop?t=2");
    CHECK(docker.last_lines(id, {}).ok());
    CHECK(asked == "GET /v1.41/containers/" + id + "/logs?stdout=1&stderr=1&tail=5");
    CHECK_FALSE(docker.list_engines().ok());
    CHECK(asked ==
          "GET /v1.41/containers/json?all=1&filters="
          "%7B%22label%22%3A%5B%22roundhouse.pool%22%5D%7D");
    CHECK_FALSE(docker.list_names("p-").ok());
    CHECK(asked ==
          "GET /v1.41/containers/json?all=1&filters="
          "%7B%22name%22%3A%5B%22p-%22%5D%7D");
}

TEST_CASE("a gateway is looked up by its exact name, and then asked for by the id found") {
    const std::string other(64, 'b');
    std::string holder = id;
    std::string name_of_id = "my.vpn_1";
    std::vector<std::string> asked;
    const Daemon daemon([&](ServedConnection& connection, const std::string& request) {
        asked.push_back(request.substr(0, request.find(" HTTP/")));
        if (request.find("/containers/json?") != std::string::npos) {
            connection.send(http_reply(200, R"([{"Id":"cc","Names":["/myxvpn_1"]},{"Id":")" +
                                                holder + R"(","Names":["/x/y","/my.vpn_1"]}])"));
            return;
        }
        const std::string at = request.find(other) == std::string::npos ? id : other;
        connection.send(http_reply(200, R"({"Id":")" + at + R"(","Name":"/)" + name_of_id +
                                            R"(","State":{"Status":"running","StartedAt":"x"},)"
                                            R"("HostConfig":{"NetworkMode":"vpn"}})"));
    });
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto found = [&] {
        asked.clear();
        const auto gateway = docker.inspect_gateway("my.vpn_1");
        REQUIRE_MESSAGE(gateway.ok(), (gateway.ok() ? "" : gateway.fault().message));
        return gateway.value() ? gateway.value()->id : "";
    };
    CHECK(found() == id);
    const std::string list =
        "GET /v1.41/containers/json?all=1&filters="
        "%7B%22name%22%3A%5B%22%5E%2F%3Fmy%5C%5C.vpn_1%24%22%5D%7D";
    const std::string inspect = "GET /v1.41/containers/" + id + "/json";
    CHECK(asked == std::vector{list, inspect});
    CHECK(found() == id);
    CHECK(asked == std::vector{inspect});

    name_of_id = "renamed";  // and nobody has the name
    holder = "";
    CHECK_FALSE(docker.inspect_gateway("my.vpn_1").ok());  // a row without an id
    holder = other;
    name_of_id = "my.vpn_1";
    CHECK(found() == id);  // as long as it has the name
    name_of_id = "de";
    CHECK(found().empty());
    CHECK(asked.size() == 3);
}

TEST_CASE("an answer about another container is none") {
    const Daemon daemon(
        replies(http_reply(200, R"({"Id":"bb","HostConfig":{"NetworkMode":"x"},"State":{}})")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    const auto end = docker.inspect_end(id);
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().kind == FaultKind::unavailable);
    check_contains(end.fault().message, "about container bb, not about aaaaaaaaaaaa");
    CHECK_FALSE(docker.inspect_network(id).ok());
}

TEST_CASE("events are read however their bytes are split, until the stream ends") {
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

TEST_CASE("an idle stream of events is open at once and ends when stopped") {
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
    CHECK(std::chrono::steady_clock::now() - asked_at < 2s);
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

TEST_CASE("only events that can change what a look sees are requested") {
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

TEST_CASE("a cancelled pull closes its connection") {
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
    const auto end = docker.pull({"group/engine:v1"}, give_up, stop.get_token());
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().kind == FaultKind::cancelled);
    CHECK(closed.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("a pull reports its progress and its failure") {
    const auto pull = [](const std::string& bytes, std::vector<std::string>* reported = nullptr) {
        const Daemon daemon(sends(bytes));
        DockerRuntime docker(daemon.endpoint(), short_ones);
        return docker.pull({"group/engine:v1"},
                           [&](const std::string& line) {
                               if (reported != nullptr) reported->push_back(line);
                           },
                           {});
    };
    std::vector<std::string> reported;
    CHECK(pull(http_reply(200, R"({"status":"Pulling fs layer","id":"aaa"})"
                               "\r\n"
                               R"({"status":"Pull complete","id":"aaa"})"
                               "\r\n"),
               &reported)
              .ok());
    CHECK(reported == std::vector<std::string>{"1 of 1 layers, 0 MB"});

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
