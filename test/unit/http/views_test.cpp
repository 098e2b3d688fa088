// What the HTTP API says of pools, engines and gateways, member by member.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "edge/system/machine_name.h"
#include "edge/system/version.h"
#include "edge/text/json.h"
#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

Json read(const Response& response) {
    CHECK(response.status == 200);
    CHECK(is_json_object(response.body));
    auto reply = parse_json(response.body);
    REQUIRE_MESSAGE(reply, response.body);
    return reply.value();
}

// Each item of a list on a line: the members named, with a blank between them.
std::string told(ApiBench& bench, const std::string& path,
                 const std::vector<std::string>& members) {
    const Json reply = read(bench.get(path));
    std::string lines;
    for (const auto& item : list_of(reply, "items")) {
        for (const auto& name : members) {
            const bool is_there = !member(item, name).is_null();
            lines += (name == members.front() ? "" : " ") + (is_there ? text_of(item, name) : "-");
        }
        lines += "\n";
    }
    return lines;
}

std::string told_of_engines(ApiBench& bench) {
    return told(bench, "/api/v1/engines",
                {"name", "slot", "id", "state", "ready", "reason", "failures", "due", "awaits"});
}

std::string counts(ApiBench& bench) {
    const Json pool = read(bench.get("/api/v1/pool"));
    const Json& status = member(pool, "status");
    return text_of(status, "replicas") + " there, " + text_of(status, "wanted") + " wanted, " +
           text_of(status, "ready") + " ready, " + text_of(status, "updated") + " updated";
}

}  // namespace

TEST_SUITE("api views") {
    TEST_CASE("a pool before its first look says what is wanted, and that nothing is there") {
        ApiBench bench;
        CHECK(bench.get("/api/v1/pool").body == R"({
  "controller": ")" + machine_name() + R"(",
  "version": ")" + version() + R"(",
  "name": "",
  "image": "",
  "preset": "",
  "replicas": 0,
  "maxActiveReplicas": 0,
  "generation": 0,
  "status": {
    "replicas": 0,
    "wanted": 0,
    "ready": 0,
    "updated": 0,
    "conditions": []
  }
}
)");
        EnginePool pool = pool_of(30);
        bench.board.accept(pool);
        CHECK(counts(bench) == "0 there, 20 wanted, 0 ready, 0 updated");
        CHECK(bench.get("/api/v1/engines").body ==
              "{\n  \"lookFault\": \"\",\n  \"items\": []\n}\n");
        CHECK(bench.get("/api/v1/gateways").body ==
              "{\n  \"lookFault\": \"\",\n  \"items\": []\n}\n");
    }

    TEST_CASE("a pool, whole") {
        EnginePool pool = pool_of(1);
        pool.engine_template.image = "krinkuto11/nano-ace";
        pool.engine_template.preset = "krinkuto11/nano-ace";
        ApiBench bench;
        bench.board.accept(pool);
        Observation seen = matching_world(pool);
        seen.runtime = {"Podman", "4.3.1", "1.41", true};
        bench.see(pool, seen);
        bench.board.set_conditions({{"Ready", Truth::no, "Tried", "a \"word\"", Time{}, 0}},
                                   noon + 90s);
        const std::string body = bench.get("/api/v1/pool").body;
        const std::string start = R"({
  "controller": ")" + machine_name() +
                                  R"(",
  "version": ")" + version() + R"(",
  "name": "acestream",
  "image": "krinkuto11/nano-ace",
  "preset": "krinkuto11/nano-ace",
  "replicas": 1,
  "maxActiveReplicas": 20,
  "generation": 1,
  "observedAt": "2026-01-01T12:00:00Z",
  "runtime": {
    "name": "Podman",
    "version": "4.3.1",
    "apiVersion": "1.41"
  },
  "status": {
    "replicas": 1,
    "wanted": 1,
    "ready": 1,
    "updated": 1,
    "conditions": [
      {
        "type": "Ready",
        "status": "False",
        "reason": "Tried",
        "message": "a \"word\"",
        "lastTransitionTime": "2026-01-01T12:01:30Z",
        "observedGeneration": 1
      },
)";
        CHECK(body.substr(0, start.size()) == start);
        CHECK(bench.get("/api/v1/pool").body == body);
    }

    TEST_CASE("an engine, whole") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        forward(seen.gateways[0], {{40001, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        seen.engines[0].image = "ace:1";
        seen.engines[0].usage = UsageView{2, 0s, false};
        ApiBench bench(pool, seen);
        CHECK(bench.get("/api/v1/engines").body == R"({
  "observedAt": "2026-01-01T12:00:00Z",
  "lookFault": "",
  "items": [
    {
      "name": "acestream-0",
      "slot": 0,
      "id": "engine-0",
      "gateway": "gluetun",
      "host": "gluetun",
      "port": 19000,
      "p2pPort": 40001,
      "forwarded": true,
      "ready": true,
      "draining": false,
      "sessions": 2,
      "idleFor": "0s",
      "state": "running",
      "reason": "UpToDate",
      "message": "",
      "image": "ace:1",
      "createdAt": "2026-01-01T11:00:00Z",
      "failures": 0
    }
  ]
}
)");
    }

    TEST_CASE("engines that start, wait, are surplus or missing") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.engines[0].probe = {};
        seen.engines[0].probe.failures = 1;
        seen.engines[0].probe.failing_for = 10s;
        seen.engines[0].created_at = noon - 10s;
        seen.engines[1] = exited(seen.engines[1], 1, 0s, 2);
        seen.engines[2].slot = 25;
        seen.engines[2].name = "acestream-25";
        ApiBench bench(pool, seen);
        CHECK(told_of_engines(bench) ==
              "acestream-0 0 engine-0 running false Starting 0 2026-01-01T12:00:50Z -\n"
              "acestream-1 1 engine-1 exited false Backoff 2 2026-01-01T12:00:02Z -\n"
              "acestream-25 25 engine-2 running true RolloutBudget 0 - acestream-0 is ready\n");
        seen.engines.pop_back();
        bench.see(pool, seen);
        CHECK(told_of_engines(bench).ends_with("\nacestream-2 2 - missing false Missing - - -\n"));
        CHECK(counts(bench) == "2 there, 3 wanted, 0 ready, 2 updated");
    }

    TEST_CASE("an engine that is being made is not there yet") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.steps_in_flight[0] = {false, "gluetun", ports_of_slot(pool.ports, 0)};
        ApiBench bench(pool, seen);
        CHECK(told_of_engines(bench) ==
              "acestream-0 0 - missing false InFlight - - the step for acestream-0 ends\n");
    }

    TEST_CASE("no place for an engine: no name, no slot, a reason") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.gateways[0] = gateway("gluetun", GatewayState::unhealthy);
        ApiBench bench(pool, seen);
        CHECK(told(bench, "/api/v1/engines",
                   {"name", "slot", "host", "port", "state", "reason", "awaits"}) ==
              " -  0 missing GatewayNotReady gateway gluetun is ready\n");
    }

    TEST_CASE("an engine that waits for a person says what to do") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        seen.engines.pop_back();
        ApiBench bench(pool, seen);
        CHECK(told(bench, "/api/v1/engines", {"name", "reason", "due", "awaits", "remedy"}) ==
              "acestream-0 UpToDate - - -\n"
              " NoPublishedPort - - publish 19000-19019 on gluetun\n");
    }

    TEST_CASE("what was seen before Docker went away is marked as old, with the reason") {
        const EnginePool pool = pool_of(1);
        ApiBench bench(pool, matching_world(pool));
        bench.board.set_conditions(judge_failed_look("docker: nothing answers"), noon + 40s);
        for (const char* path : {"/api/v1/engines", "/api/v1/gateways"}) {
            const auto reply = parse_json(bench.get(path).body);
            REQUIRE(reply.ok());
            CHECK(text_of(reply.value(), "observedAt") == "2026-01-01T12:00:00Z");
            CHECK(text_of(reply.value(), "lookFault") == "docker: nothing answers");
            CHECK(list_of(reply.value(), "items").size() == 1);
        }
    }

    TEST_CASE("a broken leftover with the name of an engine is shown with its own id and state") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        EngineView leftover = exited(seen.engines[0]);
        leftover.id = "bad0";
        seen.engines.insert(seen.engines.begin(), leftover);
        ApiBench bench(pool, seen);
        CHECK(told(bench, "/api/v1/engines", {"name", "id", "state"}) ==
              "acestream-0 bad0 exited\nacestream-0 engine-0 running\n");
    }

    TEST_CASE("a container that cannot be read is shown, and counts as nobody's") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        EngineView stranger = engine(pool, 0);
        stranger.slot.reset();
        stranger.id = "stranger";
        stranger.name = "acestream-1";
        seen.engines.push_back(stranger);
        seen.steps_in_flight[1] = {false, "gluetun", {}};
        ApiBench bench(pool, seen);
        CHECK(told_of_engines(bench) ==
              "acestream-0 0 engine-0 running true UpToDate 0 - -\n"
              "acestream-1 1 - missing false InFlight - - the step for acestream-1 ends\n"
              "acestream-1 - stranger running false UnreadableLabels 0 - -\n");
        CHECK(counts(bench) == "1 there, 1 wanted, 1 ready, 1 updated");
        CHECK(told(bench, "/api/v1/gateways", {"name", "engines"}) == "gluetun 1\n");
    }

    TEST_CASE("a gateway, whole") {
        EnginePool pool = pool_of(2);
        pool.gateways[0].host = "vpn.example";
        Observation seen = matching_world(pool);
        GatewayView& gluetun = seen.gateways[0];
        gluetun.ready_for = 90'500ms;
        gluetun.vpn_status = VpnStatus::running;
        gluetun.public_ip = "192.0.2.1";
        forward(gluetun, {{40001, 1h}, {40002, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        seen.engines[1] = holding(seen.engines[1], 40002);
        ApiBench bench(pool, seen);
        CHECK(bench.get("/api/v1/gateways").body == R"({
  "observedAt": "2026-01-01T12:00:00Z",
  "lookFault": "",
  "items": [
    {
      "name": "gluetun",
      "host": "vpn.example",
      "declared": true,
      "ready": true,
      "state": "ready",
      "message": "",
      "since": "2026-01-01T11:58:29Z",
      "readyFor": 90.5,
      "vpnStatus": "running",
      "vpnMessage": "",
      "publicIp": "192.0.2.1",
      "forwardedPorts": [
        40001,
        40002
      ],
      "forwardedPortReason": "Held",
      "forwardedPortMessage": "gateway gluetun forwards ports 40001, 40002",
      "engines": 2
    }
  ]
}
)");
    }

    TEST_CASE("gateways that are not ready, or not declared") {
        EnginePool pool = pool_of(0);
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("gluetun", GatewayState::unhealthy, 5s);
        seen.gateways[0].vpn_detail = "the answer is no JSON";
        seen.gateways.push_back(gateway("former", GatewayState::missing, 7s));
        seen.gateways.back().declared = false;
        ApiBench bench(pool, seen);
        const std::vector<std::string> members{"name",    "declared",   "ready",
                                               "since",   "readyFor",   "notReadyFor",
                                               "message", "vpnMessage", "forwardedPortReason"};
        CHECK(told(bench, "/api/v1/gateways", members) ==
              "gluetun true false 2026-01-01T11:59:55Z - 5 is not ready the answer is no JSON "
              "GatewayNotReady\n"
              "former false false 2026-01-01T11:59:53Z - 7 is not ready  GatewayUndeclared\n");
        pool.forwarded_port.assign = PortAssignment::none;
        bench.see(pool, seen);
        CHECK(told(bench, "/api/v1/gateways", {"forwardedPortReason"}) ==
              "Ignored\nGatewayUndeclared\n");
    }

    TEST_CASE("an event, whole; and the history") {
        ApiBench bench;
        bench.events.record({Severity::warning,
                             "step failed",
                             {{"engine", "acestream-0"},
                              {"gateway", "gluetun"},
                              {"reason", "Exited"},
                              {"error", "no space left"}}});
        CHECK(bench.get("/api/v1/events").body == R"({
  "items": [
    {
      "id": 1767225600001,
      "firstTime": "2026-01-01T00:00:00Z",
      "lastTime": "2026-01-01T00:00:00Z",
      "count": 1,
      "severity": "warning",
      "what": "step failed",
      "reason": "Exited",
      "engine": "acestream-0",
      "gateway": "gluetun",
      "message": "no space left"
    }
  ]
}
)");
        bench.history.round_ended(noon, 3, 2, 4ms);
        CHECK(bench.get("/api/v1/history").body == R"({
  "intervalSeconds": 10,
  "samples": [
    {
      "time": "2026-01-01T12:00:00Z",
      "wanted": 3,
      "ready": 2,
      "longestRoundSeconds": 0.004,
      "replaced": 0,
      "portChanges": 0
    }
  ]
}
)");
    }

    TEST_CASE("names and messages of any bytes are valid JSON") {
        const std::string odd("\xff\x00\x1f\"\\\n\xc3\xa9<\x7f", 10);
        EnginePool pool = pool_of(1, {odd});
        Observation seen = matching_world(pool);
        seen.engines[0].name = odd;
        seen.engines[0].image = odd;
        seen.engines[0].id = odd;
        seen.gateways[0].detail = odd;
        seen.gateways[0].vpn_detail = odd;
        ApiBench bench(pool, seen);
        bench.happen("engine created", odd);
        bench.say_spec_valid(false, odd);
        for (const std::string path : {"/api/v1/pool", "/api/v1/engines", "/api/v1/gateways",
                                       "/api/v1/events", "/api/v1/plan"}) {
            CAPTURE(path);
            CHECK(is_json_object(bench.get(path).body));
        }
        CHECK(is_json_object(bench.get("/readyz").body));
    }
}
