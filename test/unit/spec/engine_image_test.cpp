// A spec that does not say how engines are told their ports: known images have a preset, the others
// a warning.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/engine_image.h"
#include "unit/source_tree.h"
#include "unit/spec/help.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

std::string warnings_of(const std::string& lines) {
    const Manifest manifest = parse(template_with(lines));
    CHECK_MESSAGE(manifest.pool, shown(manifest.errors));
    return shown(manifest.warnings);
}

}  // namespace

TEST_SUITE("engine images in a spec") {
    TEST_CASE("the smallest spec with a known image says how its engines are started") {
        const Manifest smallest = parse(gluetun_spec_with(""));
        REQUIRE(smallest.pool);
        CHECK(smallest.pool->engine_template.preset == "krinkuto11/acestream-http-proxy");
        for (const auto& preset : engine_presets()) {
            const std::string image =
                preset.repository + ":" + (preset.tag.empty() ? "1" : preset.tag);
            CAPTURE(image);
            const Manifest manifest = parse(template_with("image: ghcr.io/" + image));
            REQUIRE(manifest.pool);
            CHECK(shown(manifest.warnings) == "");
            CHECK(manifest.pool->engine_template.preset.starts_with(preset.repository));
        }
        const Manifest own = parse(template_with("args: [\"--http-port=$(HTTP_PORT)\"]"));
        REQUIRE(own.pool);
        CHECK(own.pool->engine_template.preset.empty());
        CHECK(own.pool->engine_template.command.empty());
    }

    TEST_CASE("an unknown image is a warning that says what to tell each engine") {
        const std::string warning = warnings_of("image: example.com/own/engine:1");
        CHECK(contains(warning,
                       "8:5: spec.template.image: roundhouse does not know how engines "
                       "of 'example.com/own/engine:1' take their ports"));
        CHECK(contains(warning,
                       "such as --bind-all --http-port=$(HTTP_PORT) --https-port=$(HTTPS_PORT) "
                       "--api-port=$(API_PORT) --port=$(P2P_PORT); write args: [] if"));
        const std::vector<std::string> quiet = {"args: []", "args: [\"--http-port=$(HTTP_PORT)\"]",
                                                "command: [/engine]",
                                                "env: {FLAGS: \"--http-port=$(HTTP_PORT)\"}"};
        for (const auto& line : quiet) {
            CAPTURE(line);
            CHECK(warnings_of("image: own\n  " + line) == "");
        }
        CHECK(contains(warnings_of("image: own\n  env: {FLAGS: x}"), "does not know how"));
    }

    TEST_CASE("the document about images has every preset") {
        const std::string document = source_file("examples/specs/README.md");
        for (const auto& preset : engine_presets()) {
            const std::string name =
                preset.repository + (preset.tag.empty() ? "" : ":" + preset.tag);
            CAPTURE(name);
            CHECK(contains(document, "`" + name + "`"));
        }
    }
}
