// manifests/openapi.yaml and the API say the same.
#include <doctest/doctest.h>

#include <stdexcept>

#include "edge/http/views.h"
#include "unit/http/api_help.h"
#include "unit/http/openapi_help.h"
#include "unit/source_tree.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

const OpenApi& document() {
    static const OpenApi read(source_file("manifests/openapi.yaml"),
                              source_file("manifests/openapi-schemas.yaml"));
    return read;
}

// Asks, judges each response, and keeps which of the promises were seen kept.
class Reader {
  public:
    void ask(ApiBench& bench, const Request& asked, const std::string& component = "") {
        const Response response = bench.ask(asked);
        CAPTURE(asked.method);
        CAPTURE(asked.target);
        CAPTURE(response.status);
        CHECK(document().judge(asked, response, component) == "");
        if (!component.empty()) return;
        const bool bare = response.status == 204;
        seen_.insert(asked.method + " " + described_path(asked.target) + " " +
                     std::to_string(response.status) +
                     (bare ? "" : " " + media_type(response.content_type)));
    }

    void ask_all(ApiBench& bench) {
        for (const auto& path : readable_paths) {
            for (const std::string method : {"GET", "HEAD", "OPTIONS"})
                ask(bench, request(method, path));
        }
        for (const std::string query : {"?watch=true", "?limit=0"}) {
            for (const std::string method : {"GET", "HEAD"})
                ask(bench, request(method, "/api/v1/events" + query));
        }
        for (const std::string query : {"?format=hostport", "?format=xml"}) {
            for (const std::string method : {"GET", "HEAD"})
                ask(bench, request(method, "/api/v1/engines" + query));
        }
        for (const char* body : {"", "{}", "[]"})
            ask(bench, reconcile("application/json", body));
        ask(bench, reconcile("text/plain", "{}"));
        ask(bench, request("OPTIONS", "/api/v1/reconcile"));
        const std::string engine = "/api/v1/engines/acestream-3/drain";
        for (const auto& target : {engine, engine + "?replace=1"})
            ask(bench, request("POST", target));
        ask(bench, request("POST", "/api/v1/engines/nobody/drain"));
        ask(bench, request("POST", engine, {{"content-type", "text/plain"}}, "{}"));
        ask(bench, request("OPTIONS", engine));
        ask(bench, request("GET", "/nowhere"), "NoSuchPath");
        ask(bench, request("GET", "/api/v1/reconcile"), "WrongMethod");
        ask(bench, request("DELETE", "/api/v1/pool"), "WrongMethod");
    }

    const std::set<std::string>& seen() const { return seen_; }

  private:
    static Request reconcile(const std::string& type, const std::string& body) {
        return request("POST", "/api/v1/reconcile", {{"content-type", type}}, body);
    }

    std::set<std::string> seen_;
};

// Something of everything: engines of many fates, gateways in many states.
Observation eventful_world(const EnginePool& pool) {
    Observation seen = matching_world(pool);
    seen.gateways[0].host_ports[19005] = {"127.0.0.1", 29005};
    forward(seen.gateways[0], {{40001, 1h}});
    seen.gateways.push_back(gateway("former", GatewayState::stopped, 3s));
    seen.gateways.back().declared = false;
    seen.engines[0].probe = {};
    seen.engines[0].created_at = noon;
    seen.engines[1] = exited(seen.engines[1], 1, 0s, 3);
    seen.engines[1].last_lines = {"cannot open cache"};
    EngineView stranger = seen.engines[2];
    stranger.name = "stranger";
    stranger.slot.reset();
    seen.engines.push_back(stranger);
    seen.engines[2].state = EngineState::removing;
    seen.engines[3].template_hash = "another";
    seen.steps_in_flight[7] = {false, "gluetun", {}};
    return seen;
}

}  // namespace

TEST_SUITE("openapi") {
    TEST_CASE("every response is one of those described, and each of those is given") {
        Reader reader;
        ApiBench fresh;
        reader.ask_all(fresh);

        const EnginePool pool = pool_of(6);
        ApiBench bench(pool, eventful_world(pool));
        bench.say_spec_valid(true);
        bench.happen("engine created");
        bench.happen("engine created");
        bench.history.round_ended(noon, 6, 2, 7ms);
        reader.ask_all(bench);

        ApiBench stuck;
        stuck.since_last_round = [] { return Duration(1h); };
        reader.ask_all(stuck);

        ApiBench broken(pool, eventful_world(pool));
        broken.metrics = []() -> std::string { throw std::runtime_error("no"); };
        broken.since_last_round = []() -> Duration { throw std::runtime_error("no"); };
        broken.wake = [] { throw std::runtime_error("no"); };
        reader.ask_all(broken);

        const TemporaryFolder folder;
        ApiBench guarded;
        guarded.access.api_key_file = folder.path() + "/none";
        reader.ask_all(guarded);

        ApiBench renamed;
        renamed.host = "rebound.example";
        reader.ask_all(renamed);

        CHECK(reader.seen() == document().promises());
    }

    TEST_CASE("what a stream sends is an Event") {
        ApiBench bench;
        const Response stream = bench.get("/api/v1/events?watch=true");
        bench.happen("engine created");
        const std::string text = stream.next();
        const auto data = text.find("data: ") + 6;
        CHECK(document().judge_json("Event", text.substr(data, text.size() - data - 1)) == "");
    }

    TEST_CASE("every word of an engine and of a gateway is described") {
        const EnginePool pool = pool_of(1);
        for (int word = 0; word <= static_cast<int>(EngineState::dead); ++word) {
            Observation seen = matching_world(pool);
            seen.engines[0].state = static_cast<EngineState>(word);
            ApiBench bench(pool, seen);
            Reader().ask(bench, request("GET", "/api/v1/engines"));
        }
        for (int word = 0; word <= static_cast<int>(VpnStatus::completed); ++word) {
            Observation seen = matching_world(pool);
            seen.gateways[0].state =
                static_cast<GatewayState>(word % (1 + static_cast<int>(GatewayState::ready)));
            seen.gateways[0].vpn_status = static_cast<VpnStatus>(word);
            ApiBench bench(pool, seen);
            Reader().ask(bench, request("GET", "/api/v1/gateways"));
        }
        for (int word = 0; word <= static_cast<int>(PortUse::closed); ++word) {
            RoundView round{
                std::make_shared<const EnginePool>(pool), 1, matching_world(pool), {}, noon};
            round.plan.forwarded_ports = {{"gluetun", static_cast<PortUse>(word), ""}};
            ApiBench bench;
            bench.board.publish(std::make_shared<const RoundView>(round));
            Reader().ask(bench, request("GET", "/api/v1/gateways"));
        }
    }

    TEST_CASE("every word of a plan is described") {
        const EnginePool pool = pool_of(1);
        for (int word = 0; word <= static_cast<int>(Fate::missing); ++word) {
            RoundView round{std::make_shared<const EnginePool>(pool), 1, {}, {}, noon};
            Decision decision;
            decision.fate = static_cast<Fate>(word);
            decision.wait = {noon, Awaited{Fact::engine_ready, "acestream-2"}, "do it"};
            round.plan.decisions = {decision};
            Step step;
            step.action = static_cast<Action>(word % (1 + static_cast<int>(Action::pull)));
            round.plan.steps = {step};
            ApiBench bench;
            bench.board.publish(std::make_shared<const RoundView>(round));
            Reader().ask(bench, request("GET", "/api/v1/plan"));
        }
    }

    TEST_CASE("every reason of an engine is described, and everything that it may wait for") {
        const EnginePool pool = pool_of(1);
        for (int word = 0; word <= static_cast<int>(Reason::image_pull_backoff); ++word) {
            RoundView round{std::make_shared<const EnginePool>(pool), 1, {}, {}, noon};
            Decision decision;
            decision.reason = static_cast<Reason>(word);
            decision.wait = {noon, Awaited{Fact::engine_ready, "acestream-2"}, "do it"};
            round.plan.decisions = {decision};
            Step step;
            step.reason = decision.reason;
            round.plan.steps = {step};
            ApiBench bench;
            bench.board.publish(std::make_shared<const RoundView>(round));
            Reader().ask(bench, request("GET", "/api/v1/engines"));
            Reader().ask(bench, request("GET", "/api/v1/plan"));
        }
    }

    TEST_CASE("every reason of a condition is described") {
        const EnginePool pool = pool_of(3);
        const Observation matching = matching_world(pool);
        std::set<std::string> seen;
        const auto look = [&seen](ApiBench& bench) {
            Reader().ask(bench, request("GET", "/api/v1/pool"));
            for (const auto& condition : bench.board.conditions())
                seen.insert(condition.type + " " + condition.reason);
        };
        const auto judge = [&look](const EnginePool& declared, const Observation& world) {
            ApiBench bench(declared, world);
            look(bench);
        };
        judge(pool, matching);
        judge(pool_of(25), matching);
        judge(pool_without_gateways(1), matching_world(pool_without_gateways(1)));
        Observation blocked = matching;
        blocked.engines.pop_back();
        blocked.gateways[0].published_tcp_ports = {19000, 19001};
        blocked.neighbours = {{"id", "other-2", "other", gateway_id("gluetun"),
                               ports_of_slot(pool.ports, 2), noon - 1h}};
        judge(pool, blocked);
        Observation all_published = matching;
        all_published.gateways[0].published_tcp_ports = {19000, 19001, 19002};
        judge(pool, all_published);
        Observation unhealthy = matching;
        unhealthy.gateways[0] = gateway("gluetun", GatewayState::unhealthy);
        judge(pool, unhealthy);
        unhealthy.gateways[0].state = GatewayState::stopped;
        judge(pool, unhealthy);
        for (int use = 0; use <= static_cast<int>(PortUse::closed); ++use) {
            ApiBench bench;
            bench.board.set_conditions(
                {{"ForwardedPortReady", Truth::no,
                  std::string(to_string(static_cast<PortUse>(use))), "", noon, 0}},
                noon);
            look(bench);
        }
        ApiBench failing;
        failing.board.set_conditions(judge_failed_look("docker: nothing answers"), noon);
        failing.say_spec_valid(true);
        look(failing);
        for (const char* reached :
             {"Ready AllEnginesReady", "Ready EnginesNotReady", "Progressing Matches",
              "Progressing WorldDiffers", "Progressing Stuck", "PortsPublished Published",
              "PortsPublished InsideDockerOnly", "PortsPublished PartlyPublished",
              "PortsPublished PortsNotKnown", "PortsFree Free", "PortsFree PortConflict",
              "Capped AboveCap", "GatewayReady GatewayNotReady", "ForwardedPortReady PortClosed",
              "RuntimeReachable LookFailed"}) {
            CAPTURE(std::string(reached));
            CHECK(seen.contains(reached));
        }
    }

    TEST_CASE("the examples are what they are examples of") {
        CHECK(document().judge_examples() == "");
    }

    TEST_CASE("what differs from the description would be found") {
        const OpenApi small("{}", R"(
Pair:
  type: object
  required: [a]
  additionalProperties: false
  properties:
    a: {type: integer, minimum: 1, maximum: 9}
    b: {type: array, items: {$ref: "#/Word"}}
    c: {type: string, format: date-time}
    d: {type: number}
    e: {type: boolean}
Word: {type: string, enum: [yes, no]}
Loose: {type: object, properties: {}}
Odd: {type: string, pattern: x}
)");
        struct Row {
            const char* schema;
            const char* json;
            Complaints complaints;
        };
        const Row rows[] = {
            {"Pair", R"({"a":1,"b":["yes","no"],"c":"2026-01-01T00:00:00Z","d":0.5,"e":true})", ""},
            {"Pair", R"({"a":9,"b":[],"d":1})", ""},
            {"Pair", "{}", "/a: is missing\n"},
            {"Pair", "[]", ": is no object\n"},
            {"Pair", R"({"a":null})", "/a: is no integer\n"},
            {"Pair", R"({"a":"1"})", "/a: is no integer\n"},
            {"Pair", R"({"a":1.5})", "/a: is no integer\n"},
            {"Pair", R"({"a":0})", "/a: is too small\n"},
            {"Pair", R"({"a":10})", "/a: is too large\n"},
            {"Pair", R"({"a":1,"z":1})", "/z: is not promised\n"},
            {"Pair", R"({"a":1,"b":["maybe",true]})",
             "/b/0: maybe is none of the words\n/b/1: is no string\n"},
            {"Pair", R"({"a":1,"b":{}})", "/b: is no array\n"},
            {"Pair", R"({"a":1,"c":"yesterday"})", "/c: is no time\n"},
            {"Pair", R"({"a":1,"d":"1","e":"true"})", "/d: is no number\n/e: is no boolean\n"},
            {"Pair", R"({"b":[],"a":1})", "/a: comes too late\n"},
            {"Loose", "{}", ": schema allows anything\n"},
            {"Odd", R"("x")", ": schema says pattern\n"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.json);
            CHECK(small.judge_json(row.schema, row.json) == row.complaints);
        }
    }
}
