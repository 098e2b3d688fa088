// Presets: how the engines of known images are told their ports.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/engine_image.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// The whole command line or variable with which the engine in slot 3 is started, as one text.
std::string told(const EngineRequest& request) {
    std::string text;
    for (const auto* words : {&request.entrypoint, &request.command, &request.env}) {
        for (const auto& word : *words)
            text += " " + word;
    }
    return text + " ";
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

EngineTemplate template_of(const std::string& image) {
    EngineTemplate shape;
    shape.image = image;
    apply_preset(shape);
    return shape;
}

}  // namespace

TEST_SUITE("engine image") {
    TEST_CASE("what a template lacks whose engines do not listen on their P2P ports") {
        EngineTemplate shape;
        shape.image = "somebody/engine";
        CHECK(holds(p2p_remedy(shape), "add --port=$(P2P_PORT) to template.args"));
        shape.env = {{"FLAGS", "--http-port=$(HTTP_PORT)"}};
        CHECK(holds(p2p_remedy(shape), "add --port=$(P2P_PORT) to template.env.FLAGS"));
        shape.command = {"engine", "--http-port=$(HTTP_PORT)"};
        CHECK(holds(p2p_remedy(shape), "add --port=$(P2P_PORT) to template.command"));
        shape.args = {"--http-port=$(HTTP_PORT)"};
        CHECK(holds(p2p_remedy(shape), "add --port=$(P2P_PORT) to template.args"));
        shape.args.push_back("--port=$(P2P_PORT)");
        CHECK(holds(p2p_remedy(shape), "the template passes $(P2P_PORT)"));
        for (const auto& preset : engine_presets()) {
            const std::string image =
                preset.repository + (preset.tag.empty() ? "" : ":" + preset.tag);
            CAPTURE(image);
            CHECK(holds(p2p_remedy(template_of(image)), "the template passes $(P2P_PORT)"));
        }
    }

    TEST_CASE("an image is known by the last two parts of its name, wherever it comes from") {
        const std::vector<std::pair<std::string, std::string>> rows = {
            {"ghcr.io/krinkuto11/acestream-http-proxy:latest", "krinkuto11/acestream-http-proxy"},
            {"ghcr.io/krinkuto11/acestream-http-proxy", "krinkuto11/acestream-http-proxy"},
            {"krinkuto11/nano-ace@sha256:0123", "krinkuto11/nano-ace"},
            {"mirror:5000/ghcr.io/krinkuto11/nano-ace:3.2.11@sha256:0123", "krinkuto11/nano-ace"},
            {"docker.io/jopsis/acestream:x64", "jopsis/acestream:x64"},
            {"jopsis/acestream:v3.2.15", "jopsis/acestream"},
            {"jopsis/acestream", "jopsis/acestream"},
            {"jopsis/acestream@sha256:0123", ""},  // either of the two
            {"jopsis/aceserve@sha256:0123", "jopsis/aceserve"},
            {"magnetikonline/acestream-server:3.1.49_debian_8.11",
             "magnetikonline/acestream-server"},
            {"acestream-http-proxy:latest", ""},
            {"mine/acestream-http-proxy", ""},
            {"localhost:5000/nano-ace", ""},
            {"/nano-ace", ""},
            {"", ""},
        };
        for (const auto& [image, preset] : rows) {
            const std::string shown(image);
            CAPTURE(shown);
            CHECK(template_of(image).preset == preset);
        }
    }

    TEST_CASE("every preset tells the four ports once, and to listen on all addresses") {
        for (const auto& preset : engine_presets()) {
            CAPTURE(preset.repository);
            EnginePool pool = pool_of(4);
            pool.engine_template = template_of("registry.example/" + preset.repository + ":" +
                                               (preset.tag.empty() ? "1" : preset.tag));
            const std::string words = told(make_engine_request(pool, placement_in(pool, 3)));
            for (const char* option : {" --http-port=19003 ", " --https-port=20003 ",
                                       " --api-port=21003 ", " --port=22003 ", " --bind-all "}) {
                CAPTURE(option);
                const auto first = words.find(option);
                const bool in_variable = words.find("ACESTREAM_ARGS=") != std::string::npos;
                CHECK((first != std::string::npos || in_variable));
                CHECK(holds(words, std::string(option).substr(0, std::string(option).size() - 1)));
                CHECK((first == std::string::npos || words.find(option, first + 1) == words.npos));
            }
            CHECK_FALSE(holds(words, "$("));
        }
    }

    TEST_CASE("what the spec says of the start overrides the preset, and its hash stays") {
        const auto given = [](auto change) {
            EnginePool pool = pool_of(1);
            change(pool.engine_template);
            const std::string before = template_hash(pool);
            apply_preset(pool.engine_template);
            CHECK(template_hash(pool) == before);
            return pool.engine_template.preset;
        };
        CHECK(given([](EngineTemplate& shape) { shape.args = {"--http-port=1"}; }).empty());
        CHECK(given([](EngineTemplate& shape) { shape.command = {"/engine"}; }).empty());
        CHECK(given([](EngineTemplate& shape) {
                  shape.image = "jopsis/acestream:x64";
                  shape.env = {{"ACESTREAM_ARGS", "--bind-all"}};
              }).empty());
        CHECK(given([](EngineTemplate& shape) { shape.image = "mine"; }).empty());
    }

    TEST_CASE("a variable that the replaced entrypoint reads reaches the engine as its flag") {
        EngineTemplate shape;
        shape.env = {{"CACHE_LIMIT", "2"}};
        apply_preset(shape);
        CHECK(shape.preset == "krinkuto11/acestream-http-proxy");
        CHECK(shape.args.back() == "--cache-limit=$(CACHE_LIMIT)");
        const auto with_buffering = [](const std::string& word) {
            return holds(word, "--use-internal-buffering");
        };
        CHECK(std::ranges::none_of(shape.args, with_buffering));
    }
}
