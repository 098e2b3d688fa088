// What Podman's Docker API has otherwise than Docker's. The replies are those of Podman 4.3.1 and
// 5.4.2.
#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "edge/docker/json.h"
#include "unit/docker/daemon.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

const std::string podman_version =
    R"({"Components":[{"Name":"Podman Engine","Version":"4.3.1"},{"Name":"Conmon"}],)"
    R"("Version":"4.3.1","ApiVersion":"1.41","MinAPIVersion":"1.24","Os":"linux"})";

const std::string gateway_id(64, 'b');

const std::string engine_row =
    R"({"Id":")" + id +
    R"(","Names":["/p-0"],"Image":"docker.io/library/i:latest","Created":1,)"
    R"("Labels":{"roundhouse.pool":"p"},"State":"running",)"
    R"("NetworkSettings":{"Networks":{"lan":{"IPAddress":"10.89.0.6"}}}})";

std::string inspected(const std::string& container, const std::string& network,
                      const std::string& state = "running") {
    return R"({"Id":")" + container + R"(","Name":"/p-0","State":{"Status":")" + state +
           R"("},"HostConfig":{"NetworkMode":")" + network + "\"}}";
}

// A Podman whose containers inspect as told, by id, and that counts requests by their first line.
struct Podman {
    std::map<std::string, std::string> containers;
    std::string rows = "[" + engine_row + "]";
    std::map<std::string, int> requests;
    Daemon daemon{[this](ServedConnection& connection, const std::string& request) {
                      connection.send(reply_to(request));
                  },
                  http_reply(200, podman_version)};
    DockerRuntime runtime{daemon.endpoint(), short_ones};

    std::string reply_to(const std::string& request) {
        for (const auto& [container, body] : containers) {
            if (request.find("/" + container + "/json") == std::string::npos) continue;
            ++requests["inspect " + container.substr(0, 1)];
            return http_reply(200, body);
        }
        if (request.find("/containers/json") != std::string::npos) return http_reply(200, rows);
        if (request.find("/start") != std::string::npos && containers.contains(id)) {
            ++requests["start"];
            return http_reply(204, "");
        }
        return http_reply(404, R"({"message":"no container with name or ID \")" + id +
                                   R"(\" found: no such container"})");
    }
};

}  // namespace

TEST_CASE("the daemon is known by name, version and what it can do") {
    Podman podman;
    CHECK(podman.runtime.about() == RuntimeView{});
    CHECK(podman.runtime.list_engines().ok());
    CHECK(describe(podman.runtime.about()) == "Podman 4.3.1, API 1.41");
    CHECK(podman.runtime.about().pins_gateways);

    const Daemon daemon(replies(http_reply(200, "[]")));
    DockerRuntime docker(daemon.endpoint(), short_ones);
    CHECK(docker.list_engines().ok());
    CHECK(describe(docker.about()) == "Docker 20.10.24, API 1.41");
    CHECK_FALSE(docker.about().pins_gateways);
}

TEST_CASE("a daemon that does not fit is refused at each call, with what it lacks") {
    const std::pair<std::string, std::string> rows[] = {
        {R"({"Components":[{"Name":"Podman Engine"}],"Version":"3.4.4","ApiVersion":"1.40",)"
         R"("MinAPIVersion":"1.24"})",
         "(Podman 3.4.4) speaks API versions 1.24 to 1.40, roundhouse 1.41 to 1.51: upgrade Podman "
         "to 4.3 or later"},
        {R"({"Version":"26.1.5","ApiVersion":"1.45","MinAPIVersion":"1.24","Os":"windows"})",
         "(Docker 26.1.5) runs containers of windows, and engines need those of Linux"},
    };
    for (const auto& [version, why] : rows) {
        int calls = 0;
        const Daemon daemon([&](ServedConnection&, const std::string&) { ++calls; },
                            http_reply(200, version));
        DockerRuntime runtime(daemon.endpoint(), short_ones);
        for (const Fault& fault : {runtime.list_engines().fault(), runtime.create({}).fault(),
                                   runtime.start(id).fault()}) {
            CHECK(fault.kind == FaultKind::rejected);
            check_contains(fault.message, why);
        }
        CHECK(calls == 0);
        CHECK(runtime.about().name.empty());
    }
}

TEST_CASE("the network that a row lacks is asked for once, and forgotten with its container") {
    Podman podman;
    podman.containers[id] = inspected(id, "container:" + gateway_id);
    DockerRuntime& runtime = podman.runtime;
    const auto row = [&] { return runtime.list_engines().value().at(0); };
    CHECK(row().unreadable.empty());
    CHECK_FALSE(row().network.is_known());
    CHECK(runtime.inspect_network(id).value() == Network{gateway_id, {}});
    for (int i = 0; i < 3; ++i) {
        CHECK(row().network == Network{gateway_id, {}});
        CHECK(row().address.empty());  // the row has its gateway's
    }
    CHECK(podman.requests["inspect a"] == 1);

    podman.rows = "[]";
    CHECK(runtime.list_engines().value().empty());
    podman.rows = "[" + engine_row + "]";
    CHECK_FALSE(row().network.is_known());
}

TEST_CASE("an engine is not started where that would start its gateway") {
    struct Row {
        std::string gateway;  // how it inspects; empty: there is none
        bool starts;
    };
    const Row rows[] = {
        {inspected(gateway_id, "bridge", "running"), true},
        {inspected(gateway_id, "bridge", "exited"), false},
        {inspected(gateway_id, "bridge", "stopped"), false},
        {inspected(gateway_id, "bridge", "paused"), false},
        {inspected(gateway_id, "bridge", "created"), false},
        {"", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.gateway);
        Podman podman;
        podman.containers[id] = inspected(id, "container:" + gateway_id, "created");
        if (!row.gateway.empty()) podman.containers[gateway_id] = row.gateway;
        const auto started = podman.runtime.start(id);
        CHECK(started.ok() == row.starts);
        CHECK(podman.requests["start"] == (row.starts ? 1 : 0));
        if (started.ok() || row.gateway.empty()) continue;
        CHECK(started.fault().kind == FaultKind::conflict);
        check_contains(started.fault().message,
                       "its gateway, container bbbbbbbbbbbb, does not run");
    }
    Podman without_gateway;
    without_gateway.containers[id] = inspected(id, "bridge", "created");
    CHECK(without_gateway.runtime.start(id).ok());
    Podman without_engine;
    CHECK(without_engine.runtime.start(id).fault().kind == FaultKind::gone);
}

TEST_CASE("a container that is removed while Podman looks at it is gone") {
    const auto answer = [](const std::string& container) {
        return replies(http_reply(500, R"({"message":"container )" + container +
                                           R"( does not exist in database: no such container"})"));
    };
    const Daemon daemon(answer(id), http_reply(200, podman_version));
    DockerRuntime runtime(daemon.endpoint(), short_ones);
    CHECK_FALSE(runtime.inspect_end(id).value().has_value());
    CHECK_FALSE(runtime.inspect_network(id).value().has_value());
    CHECK(runtime.stop(id, 1s).ok());
    CHECK(runtime.remove(id).ok());
    CHECK(runtime.start(id).fault().kind == FaultKind::gone);
    CHECK(runtime.create({}).fault().kind == FaultKind::rejected);

    const Daemon other(answer(gateway_id), http_reply(200, podman_version));
    DockerRuntime elsewhere(other.endpoint(), short_ones);
    CHECK(elsewhere.inspect_end(id).fault().kind == FaultKind::rejected);
    CHECK(elsewhere.remove(id).fault().kind == FaultKind::rejected);
}

TEST_CASE("that a container was started while it ran is no error of its start") {
    const auto error_of = [](const std::string& error) {
        return parse_end(R"({"Id":")" + id + R"(","State":{"ExitCode":1,"OOMKilled":false,)" +
                             R"("Error":")" + error + R"(","FinishedAt":"2026-01-01T00:00:00Z"}})",
                         id)
            .value()
            .start_error;
    };
    CHECK(error_of("container " + id + ": container is running").empty());
    CHECK(error_of("unable to find user x") == "unable to find user x");
}

TEST_CASE("events have Docker's names") {
    const auto action = [](const std::string& word) {
        return parse_event(R"({"Action":")" + word + R"(","Actor":{"ID":"b"}})").value().action;
    };
    CHECK(action("died") == "die");
    CHECK(action("remove") == "destroy");
    CHECK(action("start") == "start");
}

TEST_CASE("Podman's 500 to a create has the kind of what it says, and a hint") {
    struct Row {
        std::string message;
        FaultKind kind;
        std::string hint;
    };
    const Row rows[] = {
        {"container create: creating container storage: the container name p-0 is already in use "
         "by ce83. You have to remove that container to be able to reuse that name: that name is "
         "already in use",
         FaultKind::conflict, ""},
        {"container create: looking up container to share net namespace with: no container with "
         "name or ID eeee found: no such container",
         FaultKind::gone, ""},
        {"container create: unable to find network with name or ID lan: network not found",
         FaultKind::rejected, ""},
        {"container create: container-init binary not found on the host: stat "
         "/usr/libexec/podman/catatonit: no such file or directory",
         FaultKind::rejected, "apt-get install catatonit"},
        {"container create: running container create option: invalid log driver: invalid argument",
         FaultKind::rejected, "change spec.template.logging.driver"},
        {"container create: unknown mount option nooption: invalid mount option",
         FaultKind::rejected, "change spec.template.tmpfs or"},
        {"fill out specgen: invalid environment variable: =x", FaultKind::rejected,
         "change spec.template.env"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.message);
        const Daemon daemon(replies(http_reply(500, R"({"message":")" + row.message + "\"}")),
                            http_reply(200, podman_version));
        const Fault fault = DockerRuntime(daemon.endpoint(), short_ones).create({}).fault();
        CHECK(fault.kind == row.kind);
        check_contains(fault.message, row.hint);
        CHECK(fault.bad_request == (row.hint.find("change spec") != std::string::npos));
    }
    const Daemon daemon(
        replies(http_reply(404, R"({"message":"no such image: engine: image not known"})")),
        http_reply(200, podman_version));
    const Fault fault = DockerRuntime(daemon.endpoint(), short_ones).create({}).fault();
    CHECK(fault.kind == FaultKind::gone);
    check_contains(fault.message, "write localhost/NAME");
}
