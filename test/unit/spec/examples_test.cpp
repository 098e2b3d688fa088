// The pools that a user copies from examples/ are valid as they stand, and tell each engine its
// ports the way its image listens to.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/launch.h"
#include "unit/core/worlds.h"
#include "unit/source_tree.h"
#include "unit/spec/help.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

using Words = std::vector<std::string>;

// How the sources of an image say that it is started.
struct Way {
    Words entrypoint = {};      // in place of the image's own; empty: its own
    Words begin = {};           // of the options
    std::string variable = {};  // holds the options, where arguments do not
    bool variables = false;     // instead of options: each port has a variable of its own
};

const std::map<std::string, Way> ways = {
    {"ghcr.io/krinkuto11/acestream-http-proxy",
     {.entrypoint = {"/app/start-engine"}, .begin = {"--client-console"}}},
    {"ghcr.io/martinbjeldbak/acestream-http-proxy", {}},
    {"ghcr.io/trexx/docker-acestream-engine", {.begin = {"/app/start-engine", "--client-console"}}},
    {"magnetikonline/acestream-server", {.begin = {"--client-console"}}},
    {"vstavrinov/acestream-engine", {.begin = {"/srv/ace/start-engine", "--client-console"}}},
    {"jopsis/acestream", {.begin = {"--client-console"}, .variable = "ACESTREAM_ARGS"}},
    {"jopsis/aceserve", {.begin = {"python", "main.py"}}},
    {"ghcr.io/krinkuto11/acestream", {.begin = {"python", "main.py"}}},
    {"ghcr.io/krinkuto11/nano-ace", {.begin = {"/acestream/acestreamengine", "--client-console"}}},
    {"roundhouse-quickstart-engine", {.variables = true}},
};

struct Example {
    std::string file;
    Manifest manifest;
};

// The gateway comes from the environment where a spec names none: examples/compose does that.
std::vector<Example> read_examples() {
    SpecDefaults defaults;
    defaults.gateway_container = "gluetun";
    std::vector<Example> all;
    const auto folder = source_tree() / "examples";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto& path = entry.path();
        if (path.extension() != ".yaml" && path.extension() != ".yml") continue;
        const auto name = path.lexically_relative(source_tree()).string();
        if (!contains(source_file(name), "kind: EnginePool")) continue;
        all.push_back({name, read_manifest(path.string(), defaults)});
    }
    return all;
}

const std::vector<Example>& examples() {
    static const auto all = read_examples();
    return all;
}

std::string without_tag(const std::string& image) {
    return image.substr(0, image.find(':'));
}

Words words_of(const std::string& text) {
    std::istringstream stream(text);
    Words words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

// The options of the program inside: arguments, or the words of one variable.
Words options_in(const EngineRequest& request, const Way& way) {
    if (way.variable.empty()) return request.command;
    const std::string name = way.variable + "=";
    for (const auto& variable : request.env) {
        if (variable.starts_with(name)) return words_of(variable.substr(name.size()));
    }
    return {};
}

Words options_for(const EnginePorts& ports) {
    return {"--bind-all", "--http-port=" + std::to_string(ports.http),
            "--https-port=" + std::to_string(ports.https),
            "--api-port=" + std::to_string(ports.api), "--port=" + std::to_string(ports.p2p)};
}

Words variables_for(const EnginePorts& ports) {
    return {"BIND_ALL=true", "HTTP_PORT=" + std::to_string(ports.http),
            "HTTPS_PORT=" + std::to_string(ports.https), "API_PORT=" + std::to_string(ports.api),
            "P2P_PORT=" + std::to_string(ports.p2p)};
}

bool begins_with(const Words& words, const Words& begin) {
    return words.size() >= begin.size() && std::equal(begin.begin(), begin.end(), words.begin());
}

void check_words(const Words& said, const Words& expected) {
    for (const auto& word : expected) {
        CAPTURE(word);
        CHECK(std::ranges::count(said, word) == 1);
    }
}

void check_launch(const EnginePool& pool, const Way& way, int slot) {
    const auto request = make_engine_request(pool, placement_in(pool, slot));
    const auto ports = ports_of_slot(bases_behind(pool, placement_in(pool, slot).gateway), slot);
    CAPTURE(slot);
    CHECK(request.entrypoint == way.entrypoint);
    if (way.variables) {
        check_words(request.env, variables_for(ports));
    } else {
        const Words options = options_in(request, way);
        CHECK(begins_with(options, way.begin));
        check_words(options, options_for(ports));
    }
    // A reference to a name that does not exist stays as it was written.
    for (const auto* words : {&request.entrypoint, &request.command, &request.env, &request.binds})
        for (const auto& word : *words)
            CHECK_FALSE(contains(word, "$("));
}

std::vector<int> ports_of(const EnginePool& pool, const std::string& gateway) {
    std::vector<int> all;
    for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
        const auto ports = ports_of_slot(bases_behind(pool, gateway), slot);
        all.insert(all.end(), {ports.http, ports.https, ports.api, ports.p2p});
    }
    return all;
}

}  // namespace

TEST_SUITE("examples") {
    TEST_CASE("every example is valid, and nothing in it deserves a warning") {
        REQUIRE_FALSE(examples().empty());
        for (const Example& example : examples()) {
            CAPTURE(example.file);
            const Manifest& manifest = example.manifest;
            CHECK(shown(manifest.errors) == "");
            CHECK(shown(manifest.warnings) == "");
        }
    }

    TEST_CASE("every engine gets its four ports in the way that its image reads") {
        std::set<std::string> images;
        for (const Example& example : examples()) {
            CAPTURE(example.file);
            const Manifest& manifest = example.manifest;
            REQUIRE(manifest.pool.has_value());
            const auto image = without_tag(manifest.pool->engine_template.image);
            images.insert(image);
            REQUIRE_MESSAGE(ways.contains(image), "say above how this image is started: " << image);
            check_launch(*manifest.pool, ways.at(image), 0);
            check_launch(*manifest.pool, ways.at(image), 1);
        }
        for (const auto& way : ways)
            CHECK_MESSAGE(images.contains(way.first), "there is an example for " << way.first);
    }

    TEST_CASE("no two slots of an example share a port") {
        for (const Example& example : examples()) {
            CAPTURE(example.file);
            const Manifest& manifest = example.manifest;
            REQUIRE(manifest.pool.has_value());
            std::vector<std::string> namespaces{""};
            for (const auto& gateway : manifest.pool->gateways)
                namespaces.push_back(gateway.container);
            for (const auto& gateway : namespaces) {
                const auto ports = ports_of(*manifest.pool, gateway);
                CHECK(std::set(ports.begin(), ports.end()).size() == ports.size());
            }
        }
    }
}
