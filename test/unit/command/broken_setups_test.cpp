// Set-ups that break at home, and what the first screen of `roundhouse get pool` says of each: the
// cause, and what to do. The loop runs on a Docker in memory; the client of Gluetun asks a server
// that answers as Gluetun does.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "edge/command/get_tables.h"
#include "edge/docker/operations.h"
#include "edge/gluetun/answers.h"
#include "edge/gluetun/silence.h"
#include "edge/http/views.h"
#include "edge/spec/source.h"
#include "unit/core/worlds.h"
#include "unit/gluetun/help.h"
#include "unit/loop/bench_of_fakes.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

std::string first_screen(LoopBench& bench) {
    const auto round = bench.board.round();
    const auto reply =
        parse_json(pool_as_json(bench.board.spec(), round.get(), bench.board.conditions()));
    REQUIRE(reply.ok());
    return as_table(Resource::pool, reply.value(), {.now = bench.clock.now()});
}

// What the real client reads of a control server that lets the key "right" read `routes`, and
// forwards `port`.
GatewayReading reading_of(const std::string& key, const std::vector<std::string>& routes,
                          const std::string& port = "40001") {
    auto replies = good_replies();
    replies["/v1/portforward"] = http_reply(200, "{\"port\":" + port + "}\n");
    const FakeGluetun gluetun([&](const std::string& request) {
        const std::string path = path_of(request);
        const bool allowed =
            mentions(request, "X-API-Key: right\r\n") && std::ranges::count(routes, path) > 0;
        return allowed ? replies.at(path) : http_reply(401, "Unauthorized\n");
    });
    GatewaySpec gateway = gateway_at(gluetun.port());
    const TemporaryFolder folder;
    if (!key.empty()) {
        gateway.control_server.api_key_file = folder.path() + "/key";
        std::ofstream(gateway.control_server.api_key_file) << key;
    }
    return read(gateway);
}

const std::vector<std::string> all_routes{"/v1/portforward", "/v1/vpn/status", "/v1/publicip/ip"};

// Of a server at `ip` that does not reply to a controller on these networks.
GatewayReading no_reading(const std::string& ip, const std::vector<OwnNetwork>& own) {
    GatewayReading reading;
    reading.forwarded_ports = forwarded_ports_from(
        {no_reply(ReplyProblem::unreachable, "does not answer: " + advice_on_silence(ip, own, ""))},
        {.gateway = "gluetun", .authority = ip + ":8000"});
    return reading;
}

void say(LoopBench& bench, const GatewayReading& reading) {
    bench.gateways.say("gluetun", reading);
}

void report_vpn(LoopBench& bench, VpnStatus status) {
    GatewayReading reading;
    reading.vpn_status = status;
    say(bench, reading);
}

// The registry, or the way to it, gives this answer.
void fail_pulls(LoopBench& bench, const std::string& words) {
    bench.docker.remove_image("engine");
    const Fault fault{FaultKind::rejected, "docker: pull engine: " + words + ": " +
                                               std::string(remedy(DockerOperation::pull, words))};
    bench.docker.fail_next(Operation::pull, {Mishap::When::before, fault}, 100);
}

void run_stranger(LoopBench& bench, const std::string& name,
                  const std::string& network = "bridge") {
    bench.docker.add_image("other");
    FakeContainer stranger;
    stranger.name = name;
    stranger.image = "other";
    stranger.network_mode = network;
    bench.docker.run_container(stranger);
}

EnginePool usual_pool() {
    EnginePool pool = pool_of(2);
    pool.engine_template.image = "engine";
    pool.engine_template.probe.path = "/webui";
    return pool;
}

struct Setup {
    std::string what;
    std::function<void(LoopBench&)> breaks;
    std::vector<std::string> says;  // the cause, then what to do
    std::function<void(EnginePool&)> spec = [](EnginePool&) {};
    std::set<int> published = {19000, 19001};
};

void as_it_is(LoopBench& /*bench*/) {}

const std::vector<Setup> setups = {
    // --- Gluetun's control server
    {"the API key is wrong",
     [](LoopBench& bench) { say(bench, reading_of("wrong", all_routes)); },
     {"ForwardedPortReady  False    Unauthorized", "refuses the key of the spec for every route",
      "compare it with Gluetun's"}},
    {"there is no API key",
     [](LoopBench& bench) { say(bench, reading_of("", all_routes)); },
     {"Unauthorized", "requires a key for every route",
      "name its file in controlServer.apiKeyFile"}},
    {"the role lacks the route for the port",
     [](LoopBench& bench) {
         say(bench, reading_of("right", {"/v1/vpn/status", "/v1/publicip/ip"}));
     },
     {"ForwardedPortReady  False   RoleLacksRoute", "but not for \"GET /v1/portforward\"",
      "add that route to its role in /gluetun/auth/config.toml"}},
    {"the role lacks the route for the VPN's status",
     [](LoopBench& bench) {
         say(bench, reading_of("right", {"/v1/portforward", "/v1/publicip/ip"}));
     },
     {"VpnStatusKnown      False", "but not for \"GET /v1/vpn/status\"",
      "add that route to its role"}},
    {"the control server is off",
     [](LoopBench& bench) { say(bench, read(gateway_at(1))); },
     {"ControlServerUnreachable", "nothing listens there",
      "compare controlServer.port with its HTTP_CONTROL_SERVER_ADDRESS"}},
    {"roundhouse is on none of Gluetun's networks",
     [](LoopBench& bench) {
         say(bench, no_reading("172.18.0.2", {{"127.0.0.1", 8}, {"172.20.0.3", 16}}));
     },
     {"ControlServerUnreachable", "not on the network of that address (it has 172.20.0.3)",
      "put both containers on one network"}},
    {"the VPN forwards no port",
     [](LoopBench& bench) { say(bench, reading_of("right", all_routes, "0")); },
     {"NoForwardedPort", "engines serve, and one takes a port once there is one",
      "VPN_PORT_FORWARDING=on"}},

    // --- Gluetun
    {"Gluetun is stopped",
     [](LoopBench& bench) { bench.docker.stop_container("gluetun"); },
     {"GatewayReady        False", "gateway gluetun is not running (exited)",
      "engines start by themselves once it is ready", "docker start gluetun"}},
    {"Gluetun is paused",
     [](LoopBench& bench) { bench.docker.set_state("gluetun", EngineState::paused); },
     {"gateway gluetun is paused", "docker unpause gluetun"}},
    {"compose calls Gluetun otherwise",
     [](LoopBench& bench) { bench.docker.rename_container("gluetun", "media-gluetun-1"); },
     {"gateway gluetun does not exist; did you mean media-gluetun-1",
      "Write that name in the spec"}},
    {"Gluetun restarts again and again",
     [](LoopBench& bench) {
         for (int start = 0; start < 5; ++start) {
             bench.docker.restart_container("gluetun");
             bench.run_for(2s);
         }
     },
     {" times in the last ten minutes", "it is used again once it has run for 60 s",
      "see docker logs gluetun"}},
    {"the VPN has crashed",
     [](LoopBench& bench) { report_vpn(bench, VpnStatus::crashed); },
     {"gateway gluetun runs, but its VPN has crashed", "see docker logs gluetun"}},
    {"Gluetun is unhealthy",
     [](LoopBench& bench) {
         bench.docker.set_health("gluetun", GatewayContainer::Health::unhealthy);
     },
     {"gateway gluetun is unhealthy", "see docker logs gluetun"}},
    {"one of two gateways is missing",
     as_it_is,
     {"Ready               True", "gateway backup does not exist",
      "start a container named backup, or correct the name in `gateways`"},
     [](EnginePool& pool) {
         pool.gateways.push_back({"backup", "backup", {}});
     }},

    // --- the image
    {"the image does not exist",
     [](LoopBench& bench) { fail_pulls(bench, "manifest for engine:latest not found"); },
     {"ImagePullBackoff until 2026-", ", then the image is pulled again (docker: pull engine: ",
      "not found", "check the name and the tag in spec.template.image"}},
    {"the registry refuses",
     [](LoopBench& bench) {
         fail_pulls(bench, "pull access denied for engine, repository does not exist");
     },
     {"ImagePullBackoff", "pull access denied",
      "a private image needs spec.template.registryAuthFile"}},
    {"the registry cannot be reached",
     [](LoopBench& bench) { fail_pulls(bench, "dial tcp: lookup registry: no such host"); },
     {"ImagePullBackoff", "no such host", "check this machine's network and DNS"}},
    {"the image is to be there, and is not",
     [](LoopBench& bench) { bench.docker.remove_image("engine"); },
     {"Progressing         False   Stuck", "image engine is not on this Docker engine",
      "nothing happens by itself: load image engine, or change pullPolicy"},
     [](EnginePool& pool) { pool.engine_template.pull_policy = PullPolicy::never; }},

    // --- engines
    {"engines exit at their start",
     [](LoopBench& bench) {
         bench.docker.add_image("engine", {3, "", {}, false});
     },
     {"exited with code 3", "see docker logs acestream-0"}},
    {"the image lacks the user",
     as_it_is,
     {"TemplateAccepted    False   Refused", "in vain until the template is edited",
      "change spec.template.user"},
     [](EnginePool& pool) { pool.engine_template.user = FakeRuntime::absent_user; }},
    {"engines take longer to start than startupTimeout",
     [](LoopBench& bench) { bench.probes.otherwise = ProbeOutcome::failed; },
     {"0 of 2 engines ready; acestream-0 and 1 more: Starting until ",
      ", then replaced unless it is ready (connection refused)"}},
    {"roundhouse does not reach the engines",
     [](LoopBench& bench) {
         bench.probes.otherwise = ProbeOutcome::unreachable;
         bench.probes.p2p = ProbeOutcome::unreachable;
     },
     {"ProbeUnreachable", "left alone, as nothing shows whether it serves", "no route to host",
      "run roundhouse on the host"}},

    // --- ports
    {"no port is published",
     as_it_is,
     {"PortsPublished      False   InsideDockerOnly",
      "engines are reachable inside its Docker networks only", "publish 19000-19019"},
     [](EnginePool&) {},
     {}},
    {"another range is published",
     as_it_is,
     {"publishes none of the ports 19000-19019, but 19500-19502",
      "or write ports: {http: 19500} under this gateway"},
     [](EnginePool&) {},
     {19500, 19501, 19502}},
    {"half of the ports are published",
     as_it_is,
     {"PortsPublished      False   PartlyPublished",
      "gateway gluetun publishes only 1 of the ports 19000-19019, and 2 engines are wanted",
      "nothing happens by itself: publish 19000-19019 on gluetun"},
     [](EnginePool&) {},
     {19000}},
    {"another container listens on the ports of engines",
     [](LoopBench& bench) {
         run_stranger(bench, "torrents", "container:" + bench.docker.find("gluetun")->id);
         bench.port_check.taken = {19000, 19001};
     },
     {"PortConflict",
      "in the network of gateway gluetun is in use by a process that is not ours, perhaps of "
      "container torrents",
      "or choose other `ports` for this pool"},
     [](EnginePool& pool) { pool.max_active_replicas = 2; }},
    {"more engines are asked for than may run",
     as_it_is,
     {"Capped              True    AboveCap", "4 engines are asked for, at most 2 are run",
      "raise maxActiveReplicas and MAX_ACTIVE_REPLICAS"},
     [](EnginePool& pool) {
         pool.replicas = 4;
         pool.max_active_replicas = 2;
     }},

    // --- Docker
    {"Docker is stopped",
     [](LoopBench& bench) { bench.docker.set_available(false); },
     {"RuntimeReachable", "False    LookFailed", "is the Docker daemon running?",
      "nothing is changed, see RuntimeReachable"}},
    {"containers of somebody else have the names of engines",
     [](LoopBench& bench) {
         run_stranger(bench, "acestream-0");
         run_stranger(bench, "acestream-1");
     },
     {"NameTaken", "nothing happens by itself: rename or remove container acestream-0"},
     [](EnginePool& pool) { pool.max_active_replicas = 2; }},
};

}  // namespace

TEST_SUITE("broken set-ups") {
    TEST_CASE("get pool names the cause, and what to do") {
        for (const auto& setup : setups) {
            EnginePool pool = usual_pool();
            setup.spec(pool);
            LoopBench bench(pool);
            bench.docker.run_gateway("gluetun", setup.published);
            bench.sockets.readable = true;
            setup.breaks(bench);
            bench.run_for(5s);
            const std::string screen = first_screen(bench);
            CAPTURE(setup.what);
            CAPTURE(screen);
            for (const auto& words : setup.says)
                CHECK_MESSAGE(mentions(screen, words), words);
        }
    }

    TEST_CASE("of a spec with an error get pool names file, line and field") {
        const std::string text =
            "apiVersion: roundhouse/v1\n"
            "kind: EnginePool\n"
            "metadata: {name: acestream}\n"
            "spec:\n"
            "  replica: 3\n"
            "  gateways: [gluetun]\n";
        const TemporaryFolder folder;
        const std::string path = folder.path() + "/engines.yaml";
        std::ofstream(path) << text;
        LoopBench bench(usual_pool());
        SpecSource(path, {}, bench.board, bench.clock, bench.journal, [](const EnginePool&) {
            return true;
        }).load();
        const std::string screen = first_screen(bench);
        CAPTURE(screen);
        CHECK(mentions(screen, "SpecValid  False   Refused"));
        CHECK(mentions(screen, "engines.yaml:5:3: spec.replica: unknown field"));
        CHECK(mentions(screen, "did you mean replicas?"));
    }
}
