// Which images a spec accepts, and what is said about the others.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unit/spec/help.h"

using namespace roundhouse;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

// As a YAML text in quotes.
Manifest with_image(const std::string& image) {
    return parse(template_with("image: '" + image + "'"));
}

}  // namespace

TEST_CASE("every image that Docker can pull is accepted") {
    const std::vector<std::string> images{
        "engine",
        "engine:1",
        "owner/engine",
        "a/b/c/d:latest",
        "ghcr.io/krinkuto11/acestream-http-proxy:latest",
        "ghcr.io/owner/engine:v1.2.3-rc_1",
        "ghcr.io/owner/engine@" + digest,
        "ghcr.io/owner/engine:1@" + digest,
        "localhost/engine",
        "localhost:5000/engine:1",
        "registry:5000/group/engine",
        "127.0.0.1:5000/engine",
        "[::1]:5000/engine:1",
        "GHCR.io/owner/engine",
        "my-registry.example.com/a",
        "own__er/en-gi--ne.x_y:1",
        "engine:" + std::string(128, 'T'),
        std::string(255, 'e') + ":" + std::string(128, 't') + "@" + digest,
        digest,  // the id of an image
    };
    for (const std::string& image : images) {
        CAPTURE(image);
        const Manifest manifest = with_image(image);
        REQUIRE_MESSAGE(manifest.pool, shown(manifest.errors));
        CHECK(manifest.pool->engine_template.image == image);
    }
}

TEST_CASE("an image that Docker cannot read is an error that says what is wrong") {
    struct Case {
        std::string image;
        std::string_view advice;
    };
    const std::vector<Case> cases{
        {"Bars/Engine:1", "the name of an image has no upper case; write bars/engine:1"},
        {"Owner/engine", "no upper case; write owner/engine"},
        {"ghcr.io/Owner/engine:RC1", "no upper case; write ghcr.io/owner/engine:RC1"},
        {"https://ghcr.io/x/y:1", "it is a URL; an image has no https://; write ghcr.io/x/y:1"},
        {"docker://engine", "an image has no docker://; write engine"},
        {"${ENGINE_IMAGE}", "there are no environment variables here: write the value itself"},
        {"ghcr.io/x/y:${TAG:-latest}", "there are no environment variables here"},
        {"$IMAGE", "there are no environment variables here"},
        {"“ghcr.io/x/y:1”", "it has a typographic quote (U+201C)"},
        {"ghcr.io/x/y:1’", "it has a typographic quote (U+2019)"},
        {"engine\xC2\xA0:1", "it has a no-break space (U+00A0) after 'engine'; remove it"},
        {"engine:1\xE2\x80\x8B", "it has a zero-width space (U+200B) after 'engine:1'"},
        {"-x", "it begins with a dash"},
        {"--image=x", "it begins with a dash"},
        {"x y", "it has a blank"},
        {"x@sha256:abc", "its digest has 3 hexadecimal digits instead of 64"},
        {"x@" + digest + "0", "its digest has 65 hexadecimal digits instead of 64"},
        {"x@sha256:" + std::string(64, 'A'), "its digest has other characters than 0-9 and a-f"},
        {"x@md5:" + std::string(64, 'a'), "its digest does not begin with sha256:"},
        {"x@", "its digest does not begin with sha256:"},
        {"x:", "nothing follows the colon; write a tag such as latest"},
        {"x:1:2", "its tag '1:2' has other characters"},
        {"x:-1", "its tag begins with '-'"},
        {"x:" + std::string(129, 't'), "its tag is longer than 128 characters"},
        {"/x", "it has a slash with nothing before or after it"},
        {"x/", "it has a slash with nothing before or after it"},
        {"a//b", "it has a slash with nothing before or after it"},
        {"ghcr.io/", "it has a slash with nothing before or after it"},
        {"a/b+c", "'b+c' has other characters than a-z, 0-9 and . _ -"},
        {"a/_b", "'_b' does not begin and end with a letter or a digit"},
        {"a..b/c", "its registry is not a host name"},
        {"a/b..c", "'b..c' does not begin and end with a letter or a digit, with a single . or _"},
        {"my_host:5000/x", "its registry is not a host name, with or without a port"},
        {"host:port/x", "its registry is not a host name, with or without a port"},
        {std::string(256, 'e'), "its name is longer than 255 characters"},
        {std::string(100'000, 'e'), "at most 456 bytes long"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.image.substr(0, 80));
        const std::string problems = shown(with_image(c.image).errors);
        CHECK_MESSAGE(contains(problems, "8:12: spec.template.image: expected an image"), problems);
        CHECK_MESSAGE(contains(problems, c.advice), problems);
    }
}
