// Whole documents, files and folders: unknown fields, missing fields, broken files.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "unit/spec/help.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;

TEST_CASE("a problem is written as compilers write errors") {
    CHECK(to_string({"engines.yaml", 12, 5, "spec.ports", "wrong"}) ==
          "engines.yaml:12:5: spec.ports: wrong");
    CHECK(to_string({"engines.yaml", 1, 1, "", "wrong"}) == "engines.yaml:1:1: wrong");
    CHECK(to_string({"specs", 0, 0, "", "wrong"}) == "specs: wrong");
}

TEST_CASE("all errors of a file are listed, in order, without follow-up errors") {
    const Manifest manifest = parse(
        "apiVersion: roundhouse/v2\n"
        "kind: EnginePool\n"
        "metadata: {nmae: acestream}\n"
        "spec:\n"
        "  replica: 3\n"
        "  maxActiveReplicas: many\n"
        "  gateways: [{container: gluetun, hots: x}]\n"
        "  template:\n"
        "    probe: {period: 5}\n"
        "    enviroment: {}\n");
    CHECK_FALSE(manifest.pool);
    CHECK(shown(manifest.errors) ==
          "engines.yaml:1:13: apiVersion: expected roundhouse/v1, got 'roundhouse/v2'\n"
          "engines.yaml:3:12: metadata.nmae: unknown field; did you mean name?\n"
          "engines.yaml:5:3: spec.replica: unknown field; did you mean replicas?\n"
          "engines.yaml:6:22: spec.maxActiveReplicas: expected a whole number from 1 to 1000, in "
          "decimal digits without leading zeros, got 'many'\n"
          "engines.yaml:7:35: spec.gateways[0].hots: unknown field; did you mean host?\n"
          "engines.yaml:9:21: spec.template.probe.period: expected a duration such as 5s or 1m30s, "
          "from 100ms to 10m; 5 has no unit: write 5s\n"
          "engines.yaml:10:5: spec.template.enviroment: unknown field; known here: image, "
          "pullPolicy, registryAuthFile, command, args, env, volumes, tmpfs, resources, user, "
          "labels, logging, "
          "stopTimeout, probe\n");
}

TEST_CASE("an unknown field is found at every level") {
    struct Case {
        std::string text;
        std::string_view path;
    };
    const std::vector<Case> cases{
        {gluetun_spec_with("") + "status: {}\n", "status: unknown field"},
        {gluetun_spec_with("zzz: 1"), "spec.zzz: unknown field; known here: replicas"},
        {spec_with("gateways: [{container: gluetun, zzz: 1}]"), "spec.gateways[0].zzz: unknown"},
        {spec_with("gateways: [{container: gluetun, controlServer: {prot: 1}}]"),
         "spec.gateways[0].controlServer.prot: unknown field; did you mean port?"},
        {gluetun_spec_with("ports: {htpp: 1}"),
         "spec.ports.htpp: unknown field; did you mean http"},
        {gluetun_spec_with("forwardedPort: {stable_for: 1s}"), "did you mean stableFor?"},
        {gluetun_spec_with("reconnect: {zzz: 1}"), "spec.reconnect.zzz: unknown"},
        {gluetun_spec_with("failover: {zzz: 1}"), "spec.failover.zzz: unknown"},
        {gluetun_spec_with("rollout: {maxunavailable: 1}"), "did you mean maxUnavailable?"},
        {gluetun_spec_with("“checkInterval”: 5s"),
         "unknown field: it has a typographic quote (U+201C); did you mean checkInterval?"},
        {gluetun_spec_with("‘network’: ''"), "did you mean network?"},
        {template_with("zzz: 1"), "spec.template.zzz: unknown"},
        {template_with("resources: {cpu: 1}"), "did you mean cpus?"},
        {template_with("logging: {option: {}}"), "did you mean options?"},
        {template_with("probe: {threshold: 1}"), "spec.template.probe.threshold: unknown"},
        {template_with("\"a\\eb\": 1"), "spec.template.a?b: unknown"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Manifest manifest = parse(c.text);
        const std::string problems = shown(manifest.errors);
        CHECK_MESSAGE(manifest.errors.size() == 1, problems);
        CHECK_MESSAGE(contains(problems, c.path), problems);
    }
}

TEST_CASE("fields that a spec does not have on purpose get advice") {
    struct Case {
        std::string_view field;
        std::string_view advice;
    };
    const std::vector<Case> cases{
        {"ports", "publish the engines' HTTP ports"},
        {"expose", "publish the engines' HTTP ports"},
        {"hostname", "set it on the container of the gateway"},
        {"domainname", "set it on the container of the gateway"},
        {"dns", "set it on the container of the gateway"},
        {"extra_hosts", "set it on the container of the gateway"},
        {"extraHosts", "set it on the container of the gateway"},
        {"links", "set it on the container of the gateway"},
        {"macAddress", "set it on the container of the gateway"},
        {"network", "always joins the network namespace of its gateway"},
        {"network_mode", "always joins the network namespace of its gateway"},
        {"networkMode", "always joins the network namespace of its gateway"},
        {"restart", "Docker must not restart them"},
        {"restartPolicy", "Docker must not restart them"},
        {"healthcheck", "spec.template.probe"},
        {"privileged", "no privileges"},
        {"capAdd", "no privileges"},
        {"environment", "called env here"},
        {"mem_limit", "spec.template.resources.memory"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.field);
        const Manifest manifest = parse(template_with(std::string(c.field) + ": x"));
        const std::string problems = shown(manifest.errors);
        CHECK(manifest.errors.size() == 1);
        CHECK_MESSAGE(contains(problems, c.advice), problems);
        CHECK_FALSE(contains(problems, "unknown field"));
    }
}

TEST_CASE("a document that is no EnginePool says so once") {
    const auto problems = [](const std::string& text) { return shown(parse(text).errors); };
    CHECK(problems("services: {gluetun: {image: x}}\n") ==
          "engines.yaml:1:1: not an EnginePool: expected apiVersion: roundhouse/v1, kind: "
          "EnginePool, metadata and spec\n");
    CHECK(problems("apiVersion: apps/v1\nkind: Deployment\nspec: {x: 1}\n") ==
          "engines.yaml:2:7: kind: expected EnginePool, got 'Deployment'\n");
    CHECK(problems("just words\n") ==
          "engines.yaml:1:1: expected a mapping with apiVersion, kind, metadata and spec, got "
          "'just words'\n");
    CHECK(problems("- a\n") ==
          "engines.yaml:1:1: expected a mapping with apiVersion, kind, metadata and spec, got a "
          "list\n");
    for (const char* text :
         {"", "\n\n", "# only\n# comments\n", "---\n", "---\n---\n", "\xEF\xBB\xBF"}) {
        CAPTURE(text);
        CHECK(contains(problems(text), "engines.yaml: holds no EnginePool"));
    }
}

TEST_CASE("a missing required field is an error at its section") {
    CHECK(shown(parse("kind: EnginePool\n").errors) ==
          "engines.yaml:1:1: apiVersion: missing; expected roundhouse/v1\n"
          "engines.yaml:1:1: metadata.name: missing; expected a DNS label (a-z, 0-9 and -, at most "
          "40 characters)\n"
          "engines.yaml:1:1: spec: neither gateways nor network: name the Gluetun container in "
          "gateways, or, for engines without a VPN, a Docker network in network\n"
          "engines.yaml:1:1: spec.replicas: missing; expected a whole number from 0 to 1000000\n");
    CHECK(contains(shown(parse(spec_with("gateways: [{host: x}]")).errors),
                   "6:14: spec.gateways[0].container: missing"));
    CHECK(contains(shown(parse("metadata: {name: a}\nspec: {replicas: 1, network: n}\n").errors),
                   "kind: missing; expected EnginePool"));
}

TEST_CASE("exactly one EnginePool in all documents and files") {
    const std::string pool = gluetun_spec_with("");
    CHECK(parse("---\n" + pool + "---\n").pool);
    CHECK(shown(parse(pool + "---\n" + pool).errors) ==
          "engines.yaml:8:1: a second EnginePool; expected exactly one, and the first is at "
          "engines.yaml:1:1\n");
    const Manifest two = parse_manifest({{"a.yaml", pool}, {"b.yaml", pool}}, {});
    CHECK_FALSE(two.pool);
    CHECK(contains(shown(two.errors), "b.yaml:1:1: a second EnginePool"));
    CHECK(contains(shown(two.errors), "the first is at a.yaml:1:1"));
    const Manifest other = parse_manifest({{"a.yaml", "kind: Secret\n"}, {"b.yaml", pool}}, {});
    CHECK(shown(other.errors) == "a.yaml:1:7: kind: expected EnginePool, got 'Secret'\n");
}

TEST_CASE("broken YAML is one error, and duplicate keys are errors beside the others") {
    CHECK(
        contains(shown(parse("spec: {\n").errors), "engines.yaml:1:7: not valid YAML: this { is"));
    CHECK(parse("spec: {\n").errors.size() == 1);
    const std::string problems = shown(parse(gluetun_spec_with("replicas: 4\nzzz: 1")).errors);
    CHECK(contains(problems, "7:3: duplicate key 'replicas'; the first is at 5:3"));
    CHECK(contains(problems, "8:3: spec.zzz: unknown field"));
}

TEST_CASE("a long list of errors is cut, and the last one counts the rest") {
    std::string lines;
    for (int i = 0; i < 5000; ++i)
        lines += "zzz" + std::to_string(i) + ": 1\n";
    const Manifest manifest = parse(gluetun_spec_with(lines));
    REQUIRE(manifest.errors.size() == 100);
    CHECK(to_string(manifest.errors.back()) == "engines.yaml: and 4901 further errors");

    std::string gateways;
    for (int i = 0; i < 101; ++i)
        gateways += "- gluetun-" + std::to_string(i) + "\n";
    CHECK(contains(shown(parse(spec_with("gateways:\n" + gateways)).errors),
                   "expected at most 100 gateways, got 101"));
}

TEST_CASE("files and folders are read from disk; an unreadable one is an error") {
    const TemporaryFolder temporary;
    const std::filesystem::path folder = temporary.path();
    const auto write = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder / name, std::ios::binary) << text;
        return (folder / name).string();
    };
    const auto problems = [](const std::string& path) {
        return shown(read_manifest(path, {}).errors);
    };
    CHECK(contains(problems((folder / "absent").string()), "cannot be read: No such file"));
    CHECK(contains(problems(folder.string()), "holds no EnginePool"));
    CHECK(contains(problems("/dev/null"), "/dev/null: cannot be read: not a file"));

    const std::string file = write("engines.yaml", gluetun_spec_with(""));
    CHECK(read_manifest(file, {}).pool);
    write("notes.txt", "not: yaml: at all");
    write(".engines.yaml.swp", "x");
    write(".hidden.yaml", "kind: Other\n");
    CHECK(read_manifest(folder.string(), {}).pool);

    write("more.yml", gluetun_spec_with(""));
    CHECK(contains(problems(folder.string()), "more.yml:1:1: a second EnginePool"));
    write("more.yml", "");
    CHECK(read_manifest(folder.string(), {}).pool);

    const std::string large = write("large.yaml", std::string(10'000'000, '#'));
    CHECK(problems(large) == large + ":1:1: larger than 1048576 bytes\n");
}
