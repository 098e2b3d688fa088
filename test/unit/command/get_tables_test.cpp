// The tables of `roundhouse get`.
#include "edge/command/get_tables.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

using namespace roundhouse;

namespace {

const Time noon = *parse_time("2026-01-01T12:00:00Z");

Json read(std::string_view text) {
    auto reply = parse_json(text);
    if (!reply) FAIL(reply.fault().message);
    return reply.value();
}

std::string table(Resource resource, std::string_view text, bool wide = false) {
    return as_table(resource, read(text), {wide, false, noon});
}

constexpr std::string_view engines = R"({"items":[
  {"name":"acestream-0","slot":0,"id":"0123456789abcdef","gateway":"gluetun","host":"gluetun",
   "port":19000,"p2pPort":40001,"forwarded":true,"ready":true,"draining":true,
   "sessions":2,"idleFor":"0s","state":"running","reason":"UpToDate",
   "image":"ace:1","createdAt":"2026-01-01T11:58:30Z","failures":0,
   "message":""},
  {"name":"acestream-1","slot":1,"id":"f123456789abcdef","gateway":"gluetun","host":"gluetun",
   "port":19001,"p2pPort":22001,"forwarded":false,"ready":false,"state":"exited",
   "reason":"Backoff","image":"ace:1","createdAt":"2025-12-30T11:00:00Z","failures":3,
   "message":"exited with code 1","due":"2026-01-01T12:00:04Z"},
  {"name":"","gateway":"","host":"","port":0,"p2pPort":0,"forwarded":false,"ready":false,
   "state":"","reason":"NoFreeSlot","image":"","failures":0}]})";

constexpr std::string_view events = R"({"items":[
  {"id":7,"firstTime":"2026-01-01T11:00:00Z","lastTime":"2026-01-01T11:00:00Z","count":1,
   "severity":"info","what":"engine created","reason":"Missing","engine":"acestream-0",
   "gateway":"gluetun","message":"port=19000"},
  {"id":9,"firstTime":"2026-01-01T11:00:00Z","lastTime":"2026-01-01T11:59:00Z","count":3,
   "severity":"error","what":"step failed","reason":"Exited","engine":"acestream-1",
   "gateway":"","message":"full \u001b[31m"}]})";

}  // namespace

TEST_SUITE("get") {
    TEST_CASE("engines") {
        CHECK("\n" + table(Resource::engines, engines) == R"(
ENGINE       READY  SESSIONS    STATE    REASON      ADDRESS        P2P PORT         GATEWAY  AGE
acestream-0  yes    2 draining  running  UpToDate    gluetun:19000  40001 forwarded  gluetun  1m30s
acestream-1  no     -           exited   Backoff     gluetun:19001  22001            gluetun  2d1h
-            no     -           -        NoFreeSlot  -              -                -        -
)");
    }

    TEST_CASE("an engine's IPv6 host stands in brackets") {
        const std::string text = table(
            Resource::engines, R"({"items":[{"name":"a-0","host":"2001:db8::1","port":19000}]})");
        CHECK(text.find(" [2001:db8::1]:19000 ") != std::string::npos);
    }

    TEST_CASE("engines, wide: what each waits for") {
        constexpr std::string_view waiting = R"({"items":[
          {"name":"a-0","ready":true,"reason":"UpToDate","failures":0},
          {"name":"a-1","ready":false,"reason":"Backoff","failures":3,"message":"exited",
           "due":"2026-01-01T12:00:04Z","then":"replaced"},
          {"name":"a-2","ready":true,"reason":"RolloutBudget","failures":0,
           "awaits":"a-1 is ready","then":"replaced"},
          {"name":"","ready":false,"reason":"NoPublishedPort",
           "remedy":"publish 19000-19019 on gluetun"}]})";
        CHECK("\n" + table(Resource::engines, waiting, true) ==
              "\n"
              "ENGINE  READY  SESSIONS  STATE  REASON           ADDRESS  P2P PORT  GATEWAY  AGE  "
              "FAILURES  "
              "WAITS FOR                                          ID  IMAGE  MESSAGE\n"
              "a-0     yes    -         -      UpToDate         -        -         -        -    0 "
              "        "
              "-                                                  -   -      -\n"
              "a-1     no     -         -      Backoff          -        -         -        -    3 "
              "        "
              "in 4s, then replaced                               -   -      exited\n"
              "a-2     yes    -         -      RolloutBudget    -        -         -        -    0 "
              "        "
              "a-1 is ready, then replaced                        -   -      -\n"
              "-       no     -         -      NoPublishedPort  -        -         -        -    - "
              "        "
              "nothing by itself: publish 19000-19019 on gluetun  -   -      -\n");
    }

    TEST_CASE("gateways") {
        constexpr std::string_view gateways = R"({"items":[
          {"name":"gluetun","host":"vpn","ready":true,"state":"ready","message":"",
           "since":"2026-01-01T09:30:00Z","readyFor":9000,"vpnStatus":"running",
           "publicIp":"192.0.2.7","forwardedPorts":[40001,40002],"forwardedPortReason":"Held",
           "forwardedPortMessage":"","engines":3},
          {"name":"other","host":"other","ready":false,"state":"missing","message":"no container",
           "since":"2026-01-01T11:59:59Z","vpnStatus":"unknown","forwardedPorts":[],
           "forwardedPortReason":"Unreachable","forwardedPortMessage":"no answer","engines":0}]})";
        CHECK("\n" + table(Resource::gateways, gateways) == R"(
GATEWAY  READY  STATE    FOR    VPN      PUBLIC IP  FORWARDED PORTS  ENGINES
gluetun  yes    ready    2h30m  running  192.0.2.7  40001,40002      3
other    no     missing  1s     unknown  -          none             0
)");
        CHECK(table(Resource::gateways, gateways, true)
                  .find("other  Unreachable  no container; no answer\n") != std::string::npos);
    }

    TEST_CASE("events: repeated ones are counted, and nothing reaches the terminal unasked") {
        CHECK("\n" + table(Resource::events, events) == R"(
TIME                  SEVERITY  EVENT           ENGINE       GATEWAY  REASON   MESSAGE
2026-01-01T11:00:00Z  info      engine created  acestream-0  gluetun  Missing  port=19000
2026-01-01T11:59:00Z  error     step failed     acestream-1  -        Exited   full ?[31m (3 times)
)");
    }

    TEST_CASE("new events are aligned with those that were shown") {
        const std::string all = table(Resource::events, events);
        const std::string rows = new_event_rows(read(events), 7, {false, false, noon});
        CHECK(rows == all.substr(all.find("2026-01-01T11:59:00Z")));
        CHECK(new_event_rows(read(events), 9, {}).empty());
    }

    TEST_CASE("the table of the pool shows its conditions") {
        constexpr std::string_view pool = R"({"name":"acestream","image":"jopsis/aceserve:1",
          "preset":"jopsis/aceserve","replicas":5,"maxActiveReplicas":3,"generation":2,
          "observedAt":"2026-01-01T11:59:58Z",
          "runtime":{"name":"Podman","version":"4.3.1","apiVersion":"1.41"},
          "status":{"replicas":3,"wanted":3,"ready":2,"updated":3,"conditions":[
            {"type":"Ready","status":"False","reason":"NotReady","message":"2 of 3 ready",
             "lastTransitionTime":"2026-01-01T11:59:50Z","observedGeneration":2},
            {"type":"Capped","status":"True","reason":"Capped","message":"5 asked for",
             "lastTransitionTime":"2026-01-01T10:00:00Z","observedGeneration":2}]}})";
        CHECK("\n" + table(Resource::pool, pool) == R"(
POOL       REPLICAS  WANTED  READY  UP TO DATE  CAP
acestream  5         3       2      3           3

CONDITION  STATUS  REASON    FOR  MESSAGE
Ready      False   NotReady  10s  2 of 3 ready
Capped     True    Capped    2h   5 asked for
)");
        const std::string wide = as_table(Resource::pool, read(pool), {true, false, noon});
        CHECK(wide.starts_with(
            "POOL       REPLICAS  WANTED  READY  UP TO DATE  CAP  GENERATION  OBSERVED  "
            "IMAGE              PRESET           RUNS ON\n"
            "acestream  5         3       2      3           3    2           2s ago    "
            "jopsis/aceserve:1  jopsis/aceserve  Podman 4.3.1\n"));
        const TableStyle coloured{false, true, noon};
        CHECK(as_table(Resource::pool, read(pool), coloured).find("\x1b[31mFalse") !=
              std::string::npos);
    }

    TEST_CASE("a pool that waits for a person is shown in red") {
        const auto progressing = [](const std::string& reason) {
            const Json pool = read(
                R"({"status":{"conditions":[{"type":"Progressing","status":"False","reason":")" +
                reason + "\"}]}}");
            return as_table(Resource::pool, pool, {false, true, noon});
        };
        CHECK(progressing("Stuck").find("\x1b[31mFalse") != std::string::npos);
        CHECK(progressing("Matches").find("\x1b[31m") == std::string::npos);
    }
}
