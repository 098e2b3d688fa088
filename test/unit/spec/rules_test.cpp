// Rules of a spec that involve more than one field.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unit/spec/help.h"

using namespace roundhouse;

namespace {

struct Case {
    std::string text;
    std::string_view problem;  // empty: none
};

void check_all(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Manifest manifest = parse(c.text);
        const std::string problems = shown(manifest.errors);
        CHECK_MESSAGE(manifest.errors.size() == (c.problem.empty() ? 0 : 1), problems);
        CHECK_MESSAGE(contains(problems, c.problem), problems);
    }
}

}  // namespace

TEST_CASE("engines run behind gateways or in a network, and the spec says which") {
    const std::string_view neither = "spec: neither gateways nor network";
    check_all({
        {spec_with(""), neither},
        {spec_with("gateways: []"), neither},
        {spec_with("network: \"\""), neither},
        {spec_with("gateways: [gluetun]"), ""},
        {spec_with("network: media"), ""},
        {spec_with("gateways: [gluetun]\nnetwork: \"\""), ""},
        {spec_with("gateways: [gluetun]\nnetwork: media"),
         "7:3: spec.network: excludes spec.gateways (6:3)"},
        // An unsound field causes no further error.
        {spec_with("gateways:"), "spec.gateways: expected a list"},
        {spec_with("gateway: [gluetun]"), "spec.gateway: unknown field; did you mean gateways?"},
        {spec_with("network: host"), "spec.network: expected the name"},
    });
}

TEST_CASE("without gateways, fields about gateways are errors") {
    check_all({
        {spec_with("network: media\nforwardedPort: {assign: none}"),
         "7:3: spec.forwardedPort: has no effect without gateways"},
        {spec_with("network: media\nreconnect: {}"), "spec.reconnect: has no effect"},
        {spec_with("network: media\nfailover: {after: 1s}"), "spec.failover: has no effect"},
        {gluetun_spec_with("failover: {after: 1s}"), ""},
    });
}

TEST_CASE("ports are published on an IP address, and only without gateways") {
    for (const char* good :
         {"127.0.0.1", "0.0.0.0", "192.168.1.255", "\"::1\"", "\"::\"", "\"fd00::1:2\"", "\"\""}) {
        check_all({{spec_with(std::string("network: media\npublish: ") + good), ""}});
    }
    for (const char* bad : {"localhost", "127.0.0.1:80", "127.0.0", "256.0.0.1", "1.2.3.4.5",
                            "1.2.3.", "\"[::1]\"", "\":::\"", "\"1::2::3\"", "true", "\"::1:\""}) {
        check_all({{spec_with(std::string("network: media\npublish: ") + bad),
                    "spec.publish: expected an IP address"}});
    }
    const Manifest manifest =
        parse(spec_with("network: media\npublish: 127.0.0.1\npublishP2P: true"));
    REQUIRE(manifest.pool);
    CHECK(manifest.pool->publish == "127.0.0.1");
    CHECK(manifest.pool->publish_p2p);
    check_all({
        {gluetun_spec_with("publish: 127.0.0.1"),
         "7:3: spec.publish: has no effect behind gateways"},
        {gluetun_spec_with("publishP2P: true"), "7:3: spec.publishP2P: has no effect behind"},
    });
}

TEST_CASE("each gateway is listed once, and has one way to log in") {
    const auto server = [](const std::string& settings) {
        return spec_with("gateways: [{container: gluetun, controlServer: {" + settings + "}}]");
    };
    check_all({
        {spec_with("gateways: [gluetun, other, {container: gluetun}]"),
         "6:31: spec.gateways[2].container: the same container as spec.gateways[0].container "
         "(6:14)"},
        {spec_with("gateways: [gluetun, acestream-1]"),
         "6:23: spec.gateways[1].container: an engine of this pool has this name"},
        {spec_with("gateways: [acestream-vpn, acestream-01]"), ""},
        {spec_with("gateways: [g]"), "two or more letters"},
        {server("apiKeyFile: /k"), ""},
        {server("username: u, passwordFile: /p"), ""},
        {server("apiKeyFile: /k, username: u, passwordFile: /p"), "excludes username"},
        {server("apiKeyFile: /k, username: u"), "excludes username"},
        {server("username: u"), "spec.gateways[0].controlServer.username: needs passwordFile"},
        {server("passwordFile: /p"), "passwordFile: needs username"},
        {server("username: \"\", passwordFile: /p"), "passwordFile: needs username"},
        {server("username: u, passwordFile: p"), "passwordFile: expected the absolute path"},
        // Basic authentication ends the name at the first colon.
        {server("username: \"u:v\", passwordFile: /p"),
         "username: expected a user name without colon"},
    });
}

TEST_CASE("the four port ranges keep clear of each other and of the end") {
    check_all({
        {gluetun_spec_with("ports: {https: 19019}"),
         "7:11: spec.ports.https: 19019-19038 overlaps spec.ports.http (19000-19019)"},
        {gluetun_spec_with("ports: {https: 19020}"), ""},
        {gluetun_spec_with("ports: {http: 21990}"),
         "spec.ports.http: 21990-22009 overlaps spec.ports.p2p (22000-22019)"},
        {gluetun_spec_with("maxActiveReplicas: 2\nports: {https: 19001}"), "overlaps"},
        {gluetun_spec_with("maxActiveReplicas: 1\nports: {https: 19001}"), ""},
        {gluetun_spec_with("maxActiveReplicas: 1000"), ""},
        {gluetun_spec_with("ports: {p2p: 65516}"), ""},
        {gluetun_spec_with("ports: {p2p: 65517}"),
         "the ports of 20 slots (65517-65536) do not fit below 65536; expected at most 65516"},
        // One mistake, one error: a wrong base or number of slots is not used in further checks.
        {gluetun_spec_with("ports: {http: x, https: 19001}"), "spec.ports.http: expected"},
        {gluetun_spec_with("maxActiveReplicas: x\nports: {https: 19001}"),
         "spec.maxActiveReplicas: expected"},
    });
}

TEST_CASE("the ceiling from the environment limits the slots that need ports") {
    SpecDefaults defaults;
    defaults.replica_ceiling = 10;
    CHECK(parse(gluetun_spec_with("ports: {https: 19010}"), defaults).pool);
    CHECK_FALSE(parse(gluetun_spec_with("ports: {https: 19009}"), defaults).pool);
}

TEST_CASE("no engine listens on the port of its gateway's control server") {
    check_all({
        {gluetun_spec_with("ports: {http: 7990}"),
         "spec.ports.http: the control server's port 8000 lies in the range of spec.ports.http "
         "(7990-8009)"},
        {spec_with("gateways: [{container: gluetun, controlServer: {port: 22019}}]"),
         "spec.gateways[0].controlServer.port: the control server's port 22019 lies in the range"},
        {spec_with("gateways: [{container: gluetun, controlServer: {port: 22020}}]"), ""},
        {spec_with("gateways: [{container: g0, controlServer: {port: 22019, address: proxy}}]"),
         ""},
    });
}

TEST_CASE("the ranges behind a gateway keep clear of each other, whatever those of another are") {
    const auto gateways = [](const std::string& ports, const std::string& rest = "") {
        return spec_with("gateways: [{container: g0}, {container: g1, ports: " + ports + "}]" +
                         rest);
    };
    check_all({
        {gateways("{http: 19100}"), ""},
        {gateways("{http: 19000}"), ""},
        {gateways("{http: 20005}"),
         "spec.gateways[1].ports.http: 20005-20024 overlaps spec.ports.https (20000-20019)"},
        {gateways("{http: 19100, https: 19119}"),
         "spec.gateways[1].ports.https: 19119-19138 overlaps spec.gateways[1].ports.http "
         "(19100-19119)"},
        {gateways("{http: 7990}"),
         "spec.gateways[1].ports.http: the control server's port 8000 lies in the range of "
         "spec.gateways[1].ports.http (7990-8009)"},
        {gateways("{http: 65530}"), "the ports of 20 slots (65530-65549) do not fit below 65536"},
        {gateways("{http: 0}"), "spec.gateways[1].ports.http: expected"},
        {gateways("{htpp: 19100}"),
         "spec.gateways[1].ports.htpp: unknown field; did you mean http"},
        // The pool's ranges count behind the first gateway, and where there is no other.
        {gateways("{http: 19100}", "\nports: {https: 19100}"),
         "spec.ports.https: 19100-19119 overlaps spec.gateways[1].ports.http (19100-19119)"},
        {spec_with("gateways: [{container: g0, ports: {http: 19100}}]\nports: {https: 19010}"), ""},
        {spec_with("gateways: [g0]\nports: {https: 19010}"),
         "spec.ports.https: 19010-19029 overlaps"},
    });
    const Manifest manifest = parse(gateways("{http: 32768}"));
    CHECK(contains(shown(manifest.warnings),
                   "spec.gateways[1].ports.http: 32768-32787 touches 32768-60999"));
    REQUIRE(manifest.pool);
    CHECK(manifest.pool->gateways[1].ports == PortBases{32768, 0, 0, 0});
}

TEST_CASE("ports that Linux takes for outgoing connections are a warning, not an error") {
    const auto warnings = [](const std::string& lines) {
        const Manifest manifest = parse(gluetun_spec_with(lines));
        CHECK_MESSAGE(manifest.pool, shown(manifest.errors));
        return shown(manifest.warnings);
    };
    CHECK(warnings("").empty());
    CHECK(warnings("ports: {p2p: 32748}").empty());
    CHECK(warnings("ports: {p2p: 61000}").empty());
    CHECK(contains(warnings("ports: {p2p: 32749}"),
                   "7:11: spec.ports.p2p: 32749-32768 touches 32768-60999"));
    CHECK(contains(warnings("ports: {p2p: 60999}"), "an engine may find its port taken"));
}

TEST_CASE("a target is mounted once") {
    check_all({
        {template_with("volumes: [\"aa:/c\", \"bb:/d\"]"), ""},
        {template_with("volumes: [\"aa:/c\", \"bb:/c/\"]"),
         "8:24: spec.template.volumes[1]: mounts '/c', as spec.template.volumes[0] (8:15) already "
         "does; "
         "keep one of them"},
        {gluetun_spec_with("template: {volumes: [\"aa:/c:ro\"], tmpfs: [\"/c:size=1m\"]}"),
         "spec.template.tmpfs[0]: mounts '/c', as spec.template.volumes[0]"},
    });
}

TEST_CASE("references expand to no more text than a program can be started with") {
    // Of 1 KiB; each further variable is sixteen times the one before it.
    const auto spec_with_variables = [](int count) {
        std::string variables = "A: " + std::string(1024, 'a');
        for (int i = 1; i < count; ++i) {
            variables += std::string(", ") + static_cast<char>('A' + i) + ": ";
            for (int times = 0; times < 16; ++times)
                variables += std::string("$(") + static_cast<char>('A' + i - 1) + ")";
        }
        return template_with("env: {" + variables + "}");
    };
    check_all({
        {spec_with_variables(3), ""},
        {spec_with_variables(4), "spec.template.env.D: its references may expand to more"},
        {spec_with_variables(26), "spec.template.env.D: its references may expand to more"},
        {spec_with_variables(3) + "    args: [$(C), $(C), $(C), $(C)]\n", ""},
        {spec_with_variables(3) + "    args: [$(C), $(C), $(C), $(C), $(C), $(C), $(C), $(C)]\n",
         "spec.template.args: its references may expand to more than 2 MiB"},
    });
}
