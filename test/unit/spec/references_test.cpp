// References that are replaced, and what people write in their place.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unit/spec/help.h"

using namespace roundhouse;

namespace {

std::string warnings_of(const std::string& line) {
    const Manifest manifest = parse(template_with(line));
    CHECK_MESSAGE(manifest.pool, shown(manifest.errors));
    return shown(manifest.warnings);
}

}  // namespace

TEST_CASE("what looks like a reference and stays as it is gets one warning with its place") {
    struct Case {
        std::string line;
        std::string_view warning;
    };
    const std::vector<Case> cases{
        {"args: [\"--http-port=${HTTP_PORT}\"]",
         "engines.yaml:8:12: spec.template.args[0]: ${HTTP_PORT} is not replaced; write "
         "$(HTTP_PORT)\n"},
        {"args: [a, $HTTP_PORT]", "8:15: spec.template.args[1]: $HTTP_PORT is not replaced; write"},
        {"args: [--port=$(HTTP_PROT)]",
         "$(HTTP_PROT) is not replaced: there is no such variable; did you mean $(HTTP_PORT)?"},
        {"args: [--port=$(http_port)]", "did you mean $(HTTP_PORT)?"},
        {"args: [\"${HTTP_PROT}\"]", "did you mean $(HTTP_PORT)?"},
        {"args: [$P2PPORT]", "did you mean $(P2P_PORT)?"},
        {"args: [—port=5]",
         "8:12: spec.template.args[0]: begins with a typographic dash (U+2014); write - or --"},
        {"command: [“run”]", "begins with a typographic quote (U+201C); write ' or \""},
        {"args: [$(CACHE)]",
         "$(CACHE) is not replaced: there is no such variable; known here: HTTP_PORT, "},
        {"args: [\"${CACHE:-s3cr3t}\"]",
         "${CACHE} is not replaced: there are no environment variables here; write the value"},
        {"command: [run, $(SLOTS)]", "8:20: spec.template.command[1]: $(SLOTS) is not replaced"},
        {"env: {A: \"${API_PORT}\"}", "8:14: spec.template.env.A: ${API_PORT} is not replaced"},
        {"env: {A: $(B), B: x}", "move B up"},
        {"env: {A: $(A)}", "move A up"},
        {"env: {A: $(s3cr3t)}", "spec.template.env.A: $(...) is not replaced: there is no such"},
        {"env: {A: \"${s3cr3t}\"}", "spec.template.env.A: ${...} is not replaced: there are no"},
        {"volumes: [\"cache-$(SLTO):/c\"]", "spec.template.volumes[0]: $(SLTO) is not replaced"},
        {"tmpfs: [\"/c:size=${SIZE}\"]", "spec.template.tmpfs[0]: ${SIZE} is not replaced"},
        {"command: [sh, -c, \"run $SLOT\"]", "$SLOT is not replaced; write $(SLOT)"},
        {"command: [sh, -ec, \"run $(HTTP_PROT)\"]", "did you mean $(HTTP_PORT)?"},
        {"user: \"${PUID}\"", "spec.template.user: ${PUID} is not replaced: this field has no"},
        {"labels: {slot: $(SLOT)}", "spec.template.labels.slot: $(SLOT) is not replaced"},
        {"probe: {path: \"/x?${A}\"}", "spec.template.probe.path: ${A} is not replaced"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.line);
        const std::string warnings = warnings_of(c.line);
        CHECK_MESSAGE(contains(warnings, c.warning), warnings);
        CHECK(parse(template_with(c.line)).warnings.size() == 1);
        CHECK_FALSE(contains(warnings, "s3cr3t"));
    }
}

TEST_CASE("what is replaced, and what is meant literally, gets no warning") {
    for (const char* line :
         {"args: [\"--port=$(P2P_PORT)\", $(SLOT), $(POOL), $(ENGINE), $(GATEWAY)]",
          "env: {A: x, B: $(A)}\n  args: [$(A), $(B)]",
          "args: [\"$$(DATE)\", \"$${HOME}\", $$HOME]",
          "env: {PASSWORD: pa$word, PRICE: 5$, REGEX: \"^a$\", END: \"$\"}", "args: [$1, \"$(\"]",
          "command: [sh, -c, \"exec engine --port=$HTTP_PORT ${API_PORT:-1} $(date) $HOME ${X}\"]",
          "env: {A: x}\n  command: [/bin/bash, -c]\n  args: [\"run $A\"]",
          "labels: {price: 5$, word: pa$word}"}) {
        CAPTURE(line);
        CHECK(warnings_of(line) == "");
    }
}

TEST_CASE("a value that is to come from the environment is an error that says so") {
    for (const char* line :
         {"checkInterval: ${INTERVAL:-5s}", "maxActiveReplicas: $REPLICAS",
          "reconnect: {restartEngines: \"${RESTART}\"}", "forwardedPort: {assign: \"${ASSIGN}\"}",
          "template: {volumes: [\"${CACHE}:/cache\"]}"}) {
        CAPTURE(line);
        const std::string problems = shown(parse(gluetun_spec_with(line)).errors);
        CHECK_MESSAGE(contains(problems,
                               "; there are no environment variables here: write the "
                               "value itself"),
                      problems);
    }
    const std::string text = "apiVersion: roundhouse/v1\nkind: EnginePool\nmetadata: {name: a}\n";
    CHECK(contains(
        shown(parse(text + "spec:\n  replicas: ${REPLICAS:-3}\n  gateways: [g0]\n").errors),
        "5:13: spec.replicas: expected a whole number from 0 to 1000000, in decimal "
        "digits without leading zeros, got '${REPLICAS:-3}'; there are no environment"));
    const std::string secret = shown(
        parse(spec_with("gateways: [{container: g0, controlServer: {apiKeyFile: $KEY}}]")).errors);
    CHECK(contains(secret, "there are no environment variables here"));
    CHECK_FALSE(contains(secret, "$KEY"));
}

TEST_CASE("a label that makes Compose take an engine for its own is a warning") {
    CHECK(contains(warnings_of("labels: {com.docker.compose.project: media}"),
                   "8:42: spec.template.labels.com.docker.compose.project: Docker Compose takes a "
                   "container with this label for one of its own"));
    CHECK(warnings_of("labels: {com.docker.composer: x}") == "");
}

TEST_CASE("a file full of mistakes gets a bounded list of warnings, quickly") {
    std::string many;
    for (int i = 0; i < 10'000; ++i)
        many += "$(X" + std::to_string(i) + ") ";
    const Manifest manifest = parse(gluetun_spec_with("template: {user: '" + many + "'}"));
    CHECK(manifest.warnings.size() == 100);
}
