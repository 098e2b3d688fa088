// What a Pod cannot do is refused where the spec asks for it, by a sentence that says what to do.
#include "edge/kubernetes/rules.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/engine_image.h"
#include "unit/kubernetes/help.h"
#include "unit/source_tree.h"

using namespace roundhouse;
using roundhouse::test::source_file;

namespace {

struct Case {
    std::string text;
    std::string_view problem;  // empty: none
};

void check_errors(const std::vector<Case>& cases, const RenderOptions& options = {}) {
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const std::string problems = shown(parse_for_pod(c.text, options).errors);
        if (c.problem.empty()) {
            CHECK(problems == "");
        } else {
            CHECK_MESSAGE(contains(problems, c.problem), problems);
        }
    }
}

void check_warnings(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Manifest manifest = parse_for_pod(c.text);
        CHECK_MESSAGE(manifest.pool, shown(manifest.errors));
        const std::string problems = shown(manifest.warnings);
        if (c.problem.empty()) {
            CHECK(problems == "");
        } else {
            CHECK_MESSAGE(contains(problems, c.problem), problems);
        }
    }
}

// The default image: its preset has a command.
std::string with(const std::string& lines) {
    return gluetun_spec_with("template:\n  " + lines);
}

}  // namespace

TEST_SUITE("what a Pod cannot do") {
    TEST_CASE("a pool has gateways and says how its engines are started") {
        check_errors({
            {gluetun_spec_with(""), ""},
            {spec_with("network: media"), "engines.yaml:6:3: spec.network: without a VPN"},
            {with("command: [/engine]"), ""},
            {with("image: example.com/own:1\n  args: []"),
             "engines.yaml:7:3: spec.template.command: missing: the command of a Pod's container "
             "hides the image's entrypoint, and roundhouse cannot ask for that; write the image's "
             "program here, and its options in args; examples/specs/README.md has those of"},
            {with("image: ghcr.io/martinbjeldbak/acestream-http-proxy:latest"),
             R"(for this image, write command: ["/entrypoint.sh", "--bind-all", )"},
        });
    }

    TEST_CASE("for each known image it says which command line to write, and that renders") {
        for (const auto& preset : engine_presets()) {
            const std::string image =
                preset.repository + ":" + (preset.tag.empty() ? "1" : preset.tag);
            CAPTURE(image);
            const std::string problems =
                shown(parse_for_pod(with("image: " + image + "\n  args: [x]")).errors);
            const auto at = problems.find("command: [");
            REQUIRE(at != std::string::npos);
            const auto list = problems.substr(at, problems.find(" in place of args") - at);
            const auto said = parse_for_pod(with("image: " + image + "\n  " + list));
            CHECK_MESSAGE(said.pool, shown(said.errors));
            for (const char* reference :
                 {"$(HTTP_PORT)", "$(HTTPS_PORT)", "$(API_PORT)", "$(P2P_PORT)", "--bind-all"}) {
                CHECK(contains(list, reference));
            }
            const std::string& program = preset.command_line.front();
            CHECK(contains(source_file("examples/specs/README.md"), "`" + program));
        }
    }

    TEST_CASE("names are those of Services") {
        check_errors({
            {two_gateways_with(""), ""},
            {spec_with("gateways: [Gluetun]"),
             "6:14: spec.gateways[0].container: 'Gluetun' cannot name a Service"},
            {spec_with("gateways: [gluetun_1]"), "'gluetun_1' cannot name a Service"},
            {spec_with("gateways: [1gluetun]"), "the first one a letter"},
            {spec_with("gateways: [gluetun.a]"), "expected at most 63 of a-z, 0-9 and -"},
            {spec_with("gateways: [gluetun-]"), "cannot name"},
            {spec_with("gateways: [" + std::string(63, 'a') + "]"), ""},
            {spec_with("gateways: [" + std::string(64, 'a') + "]"), "cannot name"},
            {spec_with("gateways: [acestream-agents]"),
             "'acestream-agents' is the Service over all agents"},
            {"apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: 1st}\n"
             "spec: {replicas: 1, gateways: [gluetun]}\n",
             "3:12: metadata.name: expected a name that begins with a letter"},
        });
    }

    TEST_CASE("key files are mounted from the gateway's Secret") {
        const auto key = [](const std::string& path) {
            return spec_with("gateways: [{container: gluetun, controlServer: {apiKeyFile: " + path +
                             "}}]");
        };
        const std::string_view refused = "in a Pod this file comes from the gateway's Secret";
        check_errors({
            {key("/run/secrets/gluetun_api_key"), ""},
            {key("/secrets/key.txt"), ""},
            {key("/key"), refused},
            {key("/etc/key"), refused},
            {key("/etc/roundhouse/key"), refused},
            {key("/slots/key"), refused},
            {key("/run/secrets/"), refused},
            {key("/run/secrets/a~b"), refused},
            {key("/usrs/key"), ""},
        });
    }

    TEST_CASE("users are numbers") {
        check_errors({
            {with("user: \"1000\""), ""},
            {with("user: \"1000:1001\""), ""},
            {with("user: \"0\""), ""},
            {with("user: nobody"),
             "8:5: spec.template.user: in a Pod a user is a number, with or without a group: "
             "expected 1000 or 1000:1000, got 'nobody'"},
            {with("user: \"1000:video\""), "in a Pod a user is a number"},
            {with("user: \"1000:\""), "in a Pod a user is a number"},
            {with("user: \"-1\""), "in a Pod a user is a number"},
            {with("user: \"4294967296\""), "in a Pod a user is a number"},
        });
    }

    TEST_CASE("the engines have room") {
        RenderOptions options;
        options.slots_per_gateway = 2;
        check_errors(
            {
                {two_gateways_with(""), ""},
                {spec_with("gateways: [gluetun]"),
                 "5:3: spec.replicas: 3 of them are to run behind gluetun, which has 2 slots; "
                 "raise --slots-per-gateway, or add a gateway"},
                {two_gateways_with("maxActiveReplicas: 1"),
                 "spec.maxActiveReplicas: no more than 1 engines may run, so 2 slots"},
            },
            options);
        check_warnings({
            {two_gateways_with(""), ""},
            {spec_with("gateways: [a1, a2, a3, a4]"),
             "5:3: spec.replicas: fewer engines than gateways: the Pod of a4 keeps a VPN session"},
        });
    }

    TEST_CASE("engines keep off the other ports of the Pod") {
        check_errors({
            {gluetun_spec_with("ports: {http: 6878}"),
             "7:11: spec.ports.http: 6878 is the port of the balancer in the Pod; move the range "
             "6878-6880"},
            {gluetun_spec_with("ports: {http: 6879}"), ""},
            {gluetun_spec_with("ports: {p2p: 9188}"), "9190 is the port of the agent"},
            {gluetun_spec_with("ports: {api: 9999}"), "9999 is the port of Gluetun's health"},
            {spec_with("gateways: [{container: gluetun, ports: {https: 9190}}]"),
             "spec.gateways[0].ports.https: 9190 is the port of the agent"},
        });
    }

    TEST_CASE("volumes are claims, folders of the node, or memory") {
        check_errors({
            {with("volumes: [\"/srv/cache:/cache:ro\", \"ace-cache:/c2:rw,z\"]"), ""},
            {with("volumes: [\"Cache:/cache\"]"),
             "8:15: spec.template.volumes[0]: 'Cache' cannot name a PersistentVolumeClaim"},
            {with("volumes: [\"ace_cache:/cache\"]"), "'ace_cache' cannot name"},
            {with("volumes: [\"a.-b:/cache\"]"), "cannot name"},
            {with("volumes: [\"a-.b:/cache\"]"), "cannot name"},
            {with("volumes: [\"a..b:/cache\"]"), "cannot name"},
            {with("volumes: [\"a.b-c:/cache\"]"), ""},
            {with("volumes: [\"/srv:/cache:rshared\"]"), "has no option 'rshared'; expected ro"},
            {with("volumes: [\"cache-$(SLOT):/cache\"]"), ""},
            {with("volumes: [\"cache-$(P2P_PORT):/cache\"]"), "$(P2P_PORT) changes with the"},
            {with("volumes: [\"cache:/cache/$(P2P_PORT)\"]"), "$(P2P_PORT) changes with the"},
            {with("tmpfs: [\"/cache/$(P2P_PORT)\"]"), "$(P2P_PORT) changes with the"},
            {with("volumes: [\"/srv:/slots/0/w\"]"), "'/slots/0/w' is a folder of the holder"},
            {with("tmpfs: [/rh]"), "'/rh' is a folder of the holder"},
            {with("volumes: [\"/srv:/rhythm\"]"), ""},
        });
        const auto two = [](const std::string& volume) {
            return two_gateways_with("template: {volumes: [\"" + volume + "\"]}");
        };
        check_errors({
            {two("cache:/cache"), ""},
            {two("cache-$(SLOT):/cache"),
             "each gateway has a slot 0, and these slots would share one volume; add $(GATEWAY) "
             "to 'cache-$(SLOT)'"},
            {two("/srv/$(ENGINE):/cache"), "would share one volume"},
            {two("cache-$(GATEWAY)-$(SLOT):/cache"), ""},
        });
    }

    TEST_CASE("what has no effect is a warning") {
        check_warnings({
            {with("resources: {pids: 400}"), "8:17: spec.template.resources.pids: has no effect"},
            {with("resources: {memory: 1Gi}"), ""},
            {with("labels: {a: b}"), "spec.template.labels: have no effect in a Pod"},
            {with("logging: {driver: local}"), "spec.template.logging: has no effect in a Pod"},
            {with("registryAuthFile: /x/config.json"), "name the login in imagePullSecrets"},
            {with("tmpfs: [\"/cache:size=64m,mode=1777\"]"), ""},
            {with("tmpfs: [\"/cache:size=64m,noexec\"]"), "'noexec' has no effect"},
            {with("tmpfs: [\"/cache:size=50%\"]"), "'size=50%' has no effect"},
            {spec_with("gateways: [{container: gluetun, controlServer: {address: nas}}]"),
             "spec.gateways[0].controlServer.address: has no effect in a Pod"},
            {spec_with("gateways: [{container: gluetun, controlServer: {address: localhost}}]"),
             ""},
        });
    }
}
