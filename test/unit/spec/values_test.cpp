// The values that each field accepts, and the errors for others.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/engine_image.h"
#include "unit/spec/help.h"

using namespace roundhouse;

TEST_CASE("a spec in full becomes the pool that it describes") {
    const Manifest manifest = parse(R"yaml(
apiVersion: roundhouse/v1
kind: EnginePool
metadata: {name: ace-2}
spec:
  replicas: 7
  maxActiveReplicas: 30
  gateways:
    - container: gluetun-es
      host: vpn.example.org
      controlServer: {port: 8001, address: localhost, username: me, passwordFile: /run/pw}
    - gluetun-fr
  ports: {http: 1000, https: 2000, api: 3000, p2p: 4000}
  forwardedPort: {assign: shared, stableFor: 1m, minInterval: 0s, waitFor: 1m}
  reconnect: {restartEngines: false, minInterval: 10m}
  failover: {after: 1m30s}
  checkInterval: 250ms
  rollout: {maxUnavailable: 2}
  drain: {timeout: 1h30m, idleFor: 1s}
  template:
    image: example/engine:1
    pullPolicy: Always
    registryAuthFile: /run/secrets/docker/config.json
    command: [/bin/engine]
    args: ["--port=$(P2P_PORT)", 8080, true]
    env: {CACHE_LIMIT: 010, EMPTY: "", FLAG: yes}
    volumes: ["acestream-$(SLOT):/cache", "/srv/media:/media:ro"]
    tmpfs: ["/dev/shm:size=256m", /tmp]
    resources: {memory: 512Mi, cpus: 1.5, pids: 200}
    user: 1000:1000
    labels: {com.example.team: tv}
    logging: {driver: local, options: {max-file: 3}}
    stopTimeout: 10s
    probe: {path: /ready, period: 1s, timeout: 500ms, failureThreshold: 5, startupTimeout: 2m}
)yaml");
    REQUIRE_MESSAGE(manifest.pool, shown(manifest.errors));
    CHECK(manifest.warnings.empty());
    const EnginePool& pool = *manifest.pool;
    CHECK(pool.name == "ace-2");
    CHECK(pool.replicas == 7);
    CHECK(pool.max_active_replicas == 30);
    REQUIRE(pool.gateways.size() == 2);
    CHECK(pool.gateways[0] ==
          GatewaySpec{"gluetun-es", "vpn.example.org", {8001, "localhost", "", "me", "/run/pw"}});
    CHECK(pool.gateways[1] == GatewaySpec{"gluetun-fr", "gluetun-fr", {}});
    CHECK(pool.ports == PortBases{1000, 2000, 3000, 4000});
    CHECK(pool.forwarded_port == ForwardedPortSpec{PortAssignment::shared, 60s, 0s, 1min});
    CHECK_FALSE(pool.restart_engines_on_reconnect);
    CHECK(pool.reconnect_min_interval == 10min);
    CHECK(pool.failover_after == 90s);
    CHECK(pool.check_interval == 250ms);
    CHECK(pool.max_unavailable == 2);
    CHECK(pool.drain == DrainSpec{90min, 1s});
    const EngineTemplate& made = pool.engine_template;
    CHECK(made.image == "example/engine:1");
    CHECK(made.pull_policy == PullPolicy::always);
    CHECK(made.registry_auth_file == "/run/secrets/docker/config.json");
    CHECK(made.command == std::vector<std::string>{"/bin/engine"});
    CHECK(made.args == std::vector<std::string>{"--port=$(P2P_PORT)", "8080", "true"});
    CHECK(made.env == KeyValues{{"CACHE_LIMIT", "010"}, {"EMPTY", ""}, {"FLAG", "yes"}});
    CHECK(made.volumes.size() == 2);
    CHECK(made.tmpfs == std::vector<std::string>{"/dev/shm:size=256m", "/tmp"});
    CHECK(made.resources == Resources{536870912, 1'500'000'000, 200});
    CHECK(made.user == "1000:1000");
    CHECK(made.labels == KeyValues{{"com.example.team", "tv"}});
    CHECK(made.logging == Logging{"local", {{"max-file", "3"}}});
    CHECK(made.stop_timeout == 10s);
    CHECK(made.probe == ProbeSpec{"/ready", 1s, 500ms, 5, 120s});
}

TEST_CASE("a small spec gets its defaults from the values and from the environment") {
    const Manifest plain = parse(gluetun_spec_with(""));
    REQUIRE_MESSAGE(plain.pool, shown(plain.errors));
    EnginePool expected;
    expected.name = "acestream";
    expected.replicas = 3;
    expected.gateways = {{"gluetun", "gluetun", {}}};
    expected.engine_template.logging = {"json-file", {{"max-size", "10m"}}};
    apply_preset(expected.engine_template);
    CHECK(*plain.pool == expected);

    SpecDefaults defaults;
    defaults.gateway_container = "vpn";
    defaults.control_server_port = 8888;
    defaults.api_key_file = "/run/key";
    defaults.check_interval = 9s;
    defaults.restart_engines_on_reconnect = false;
    defaults.max_active_replicas = 7;
    const Manifest bare = parse(spec_with(""), defaults);
    REQUIRE_MESSAGE(bare.pool, shown(bare.errors));
    CHECK(bare.pool->gateways ==
          std::vector<GatewaySpec>{{"vpn", "vpn", {8888, "", "/run/key", "", ""}}});
    CHECK(bare.pool->check_interval == 9s);
    CHECK_FALSE(bare.pool->restart_engines_on_reconnect);
    CHECK(bare.pool->reconnect_min_interval == 5min);
    CHECK(bare.pool->max_active_replicas == 7);
}

TEST_CASE("the spec overrides the environment, except for the ceiling") {
    SpecDefaults defaults;
    defaults.gateway_container = "vpn";
    defaults.api_key_file = "/run/key";
    defaults.replica_ceiling = 10;
    const Manifest manifest =
        parse(spec_with("maxActiveReplicas: 1000\n"
                        "gateways:\n"
                        "- {container: a0, controlServer: {username: u, passwordFile: /p}}\n"
                        "- {container: b0, controlServer: {apiKeyFile: /other}}\n"
                        "checkInterval: 1s"),
              defaults);
    REQUIRE_MESSAGE(manifest.pool, shown(manifest.errors));
    CHECK(manifest.pool->max_active_replicas == 10);
    CHECK(manifest.pool->gateways[0].control_server.api_key_file.empty());
    CHECK(manifest.pool->gateways[1].control_server.api_key_file == "/other");
    CHECK(manifest.pool->check_interval == 1s);

    const Manifest in_network = parse(spec_with("network: media"), defaults);
    REQUIRE(in_network.pool);
    CHECK(in_network.pool->gateways.empty());
}

TEST_CASE("default logging options apply only without a driver") {
    const auto logging = [](const std::string& value) {
        const Manifest manifest = parse(template_with("logging: " + value));
        REQUIRE_MESSAGE(manifest.pool, shown(manifest.errors));
        return manifest.pool->engine_template.logging;
    };
    CHECK(logging("{}") == Logging{"json-file", {{"max-size", "10m"}}});
    CHECK(logging("{driver: journald}") == Logging{"journald", {}});
    CHECK(logging("{driver: \"\"}") == Logging{"", {}});
    CHECK(logging("{options: {max-size: 1m}}") == Logging{"json-file", {{"max-size", "1m"}}});
}

TEST_CASE("each way to write a gateway") {
    for (const char* line :
         {"gateways: gluetun", "gateways: [gluetun]", "gateways: [{container: gluetun}]",
          "gateways:\n- gluetun", "gateways:\n- container: gluetun"}) {
        CAPTURE(line);
        const Manifest manifest = parse(spec_with(line));
        REQUIRE_MESSAGE(manifest.pool, shown(manifest.errors));
        CHECK(manifest.pool->gateways == std::vector<GatewaySpec>{{"gluetun", "gluetun", {}}});
    }
    const Manifest manifest = parse(spec_with("gateways: {container: gluetun}"));
    CHECK(contains(shown(manifest.errors), "6:13: spec.gateways: expected a list of gateways"));
}

TEST_CASE("an invalid value is an error with its place and what was expected") {
    struct Case {
        std::string lines;
        std::string_view problem;
    };
    const std::vector<Case> cases{
        {"maxActiveReplicas: 0", "7:22: spec.maxActiveReplicas: expected a whole number from 1"},
        {"maxActiveReplicas: 1001", "got '1001'"},
        {"maxActiveReplicas: 1e3", "in decimal digits without leading zeros, got '1e3'"},
        {"maxActiveReplicas: 010", "got '010'"},
        {"maxActiveReplicas: 0o10", "got '0o10'"},
        {"maxActiveReplicas: 0x10", "got '0x10'"},
        {"maxActiveReplicas: 1_0", "got '1_0'"},
        {"maxActiveReplicas: 3.0", "got '3.0'"},
        {"maxActiveReplicas: \"3\"", "got a text in quotes; write 3"},
        {"maxActiveReplicas: [3]", "got a list"},
        {"maxActiveReplicas:",
         "7:3: spec.maxActiveReplicas: expected a whole number from 1 to "
         "1000, got nothing; write a value or remove the field"},
        {"maxActiveReplicas: ~", "got nothing"},
        {"reconnect: {restartEngines: yes}", "expected true or false, in lower case, got 'yes'"},
        {"reconnect: {restartEngines: on}", "got 'on'"},
        {"reconnect: {restartEngines: True}", "got 'True'"},
        {"reconnect: {restartEngines: 1}", "got '1'"},
        {"reconnect: {restartEngines: 'true'}", "true or false without quotes"},
        {"reconnect: true", "spec.reconnect: expected a mapping, got 'true'"},
        {"reconnect:", "7:3: spec.reconnect: expected a mapping, got nothing"},
        {"reconnect: [restartEngines]", "spec.reconnect: expected a mapping, got a list"},
        {"checkInterval: 5", "5 has no unit: write 5s"},
        {"checkInterval: 99ms", "from 100ms to 1h, got '99ms'"},
        {"checkInterval: 61m", "got '61m'"},
        {"checkInterval: soon", "expected a duration such as 5s"},
        {"failover: {after: 25h}", "up to 24h, got '25h'"},
        {"forwardedPort: {assign: Shared}", "did you mean shared?"},
        {"forwardedPort: {assign: [shared]}", "one of exclusive, shared, none, got a list"},
        {"ports: {http: 0}", "from 1 to 65535, got '0'"},
        {"ports: {http: 65536}", "got '65536'"},
        {"rollout: {maxUnavailable: 0}", "from 1 to 1000"},
        {"template: {image: \"\"}", "expected an image such as ghcr.io/owner/name:tag, got ''"},
        {"template: {image: a b}", "got 'a b': it has a blank"},
        {"template: {pullPolicy: ifnotpresent}", "did you mean IfNotPresent?"},
        {"template: {args: --port=1}", "spec.template.args: expected a list"},
        {"template: {args: [[a]]}", "spec.template.args[0]: expected a text, got a list"},
        {"template: {args: [a, ]}", ""},
        {"template: {args: [a, ~]}", "spec.template.args[1]: expected a text, got nothing"},
        {"template: {env: [A=1]}", "spec.template.env: expected a mapping"},
        {"template: {env: {A-B: 1}}", "spec.template.env.A-B: expected the name of a variable"},
        {"template: {env: {P2P_PORT: 1}}", "which roundhouse sets itself, got 'P2P_PORT'"},
        {"template: {env: {A: {}}}", "spec.template.env.A: expected a text, got a mapping"},
        {"template: {volumes: [cache]}", "spec.template.volumes[0]: expected source:/target"},
        {"template: {volumes: [\"./x:/cache\"]}", "got './x:/cache'"},
        {"template: {volumes: [\"cache:cache\"]}", "got 'cache:cache'"},
        {"template: {volumes: [\"cache:/\"]}", "got 'cache:/'"},
        {"template: {volumes: [\"cache:/c:ro:x\"]}", "got 'cache:/c:ro:x'"},
        {"template: {tmpfs: [shm]}", "expected /target"},
        {"template: {resources: {memory: 5Mi}}", "at least 6Mi, got '5Mi'"},
        {"template: {resources: {memory: 512m}}", "expected a size such as 512Mi"},
        {"template: {resources: {cpus: 0}}", "from 0.01 to 4096, got '0'"},
        {"template: {resources: {cpus: many}}", "got 'many'"},
        {"template: {resources: {pids: 0}}", "got '0'"},
        {"template: {labels: {roundhouse.pool: x}}", "as those belong to roundhouse itself"},
        {"template: {probe: {path: ready}}", "begins with /"},
        {"template: {probe: {timeout: 9ms}}", "from 10ms to 1m"},
        {"template: {probe: {startupTimeout: 0s}}", "from 1s to 1h"},
        {"template: {stopTimeout: 11m}", "up to 10m"},
        {"template: {logging: {driver: \"a b\"}}", "the name of a logging driver, got 'a b'"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.lines);
        const Manifest manifest = parse(gluetun_spec_with(c.lines));
        const std::string problems = shown(manifest.errors);
        CHECK_MESSAGE(manifest.errors.size() == (c.problem.empty() ? 0 : 1), problems);
        CHECK_MESSAGE(contains(problems, c.problem), problems);
        CHECK(manifest.pool.has_value() == c.problem.empty());
    }
}

TEST_CASE("replicas and the pool's name") {
    const auto problems = [](const std::string& name, const std::string& replicas) {
        return shown(parse("apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: " + name +
                           "}\nspec: {gateways: [gluetun], replicas: " + replicas + "}\n")
                         .errors);
    };
    CHECK(problems("acestream", "0").empty());
    CHECK(problems("acestream", "1000000").empty());
    CHECK(contains(problems("acestream", "1000001"), "from 0 to 1000000, got '1000001'"));
    CHECK(contains(problems("acestream", "-1"), "spec.replicas: expected a whole number from 0"));
    CHECK(contains(problems("acestream", "99999999999999999999"), "spec.replicas: expected"));
    CHECK(contains(problems("acestream", ""), "spec.replicas: expected"));
    CHECK(problems(std::string(40, 'a'), "1").empty());
    for (const std::string& name : {std::string(41, 'a'), std::string("Ace"), std::string("-a"),
                                    std::string("a-"), std::string("a.b"), std::string("\"\"")}) {
        CAPTURE(name);
        CHECK(contains(problems(name, "1"), "metadata.name: expected a DNS label"));
    }
}

TEST_CASE("names of gateways, hosts and networks") {
    const auto problem_count = [](const std::string& lines) {
        return parse(spec_with(lines)).errors.size();
    };
    for (const char* host :
         {"gluetun", "vpn.example.org", "192.168.1.5", "\"::1\"", "\"fd00::1:2\""}) {
        CAPTURE(host);
        CHECK(problem_count(std::string("gateways: [{container: gluetun, host: ") + host + "}]") ==
              0);
    }
    for (const char* host : {"http://gluetun", "\"gluetun:8000\"", "\"a b\"", "[x]", "/x"}) {
        CAPTURE(host);
        CHECK(problem_count(std::string("gateways: [{container: gluetun, host: ") + host + "}]") ==
              1);
    }
    for (const char* name : {"/gluetun", "\"\"", "\"a b\"", "g", "-gluetun"}) {
        CAPTURE(name);
        CHECK(problem_count(std::string("gateways: [") + name + "]") == 1);
    }
    CHECK(problem_count("network: media_default") == 0);
    for (const char* name : {"host", "none", "\"container:gluetun\"", "\"a b\""}) {
        CAPTURE(name);
        CHECK(problem_count(std::string("network: ") + name) == 1);
    }
}

TEST_CASE("values that may be secrets are never repeated") {
    const std::string secret = "s3cr3t";
    for (const char* lines : {
             "gateways: [{container: gluetun, controlServer: {apiKeyFile: s3cr3t}}]",
             "gateways: [{container: gluetun, controlServer: {username: \"s3cr3t:x\", "
             "passwordFile: /p}}]",
             "gateways: [{container: gluetun, controlServer: {apiKey: s3cr3t}}]",
             "gateways: [gluetun]\ntemplate: {env: {A B: s3cr3t}}",
             "gateways: [gluetun]\ntemplate: {env: [TOKEN=s3cr3t]}",
         }) {
        CAPTURE(lines);
        const std::string problems = shown(parse(spec_with(lines)).errors);
        CHECK_FALSE(problems.empty());
        CHECK_FALSE(contains(problems, secret));
    }
}
