#include "edge/docker/pull_progress.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "edge/text/line_reader.h"

using namespace roundhouse;

TEST_CASE("an image reference is cut where Docker cuts it") {
    struct Row {
        std::string image;
        std::string from_image;
        std::string tag;
    };
    const Row rows[] = {
        {"engine", "engine", "latest"},
        {"engine:v1", "engine", "v1"},
        {"group/engine", "group/engine", "latest"},
        {"ghcr.io/group/engine:1.2", "ghcr.io/group/engine", "1.2"},
        {"registry:5000/engine", "registry:5000/engine", "latest"},
        {"registry:5000/group/engine:v1", "registry:5000/group/engine", "v1"},
        {"engine@sha256:abc", "engine", "sha256:abc"},
        {"registry:5000/engine:v1@sha256:abc", "registry:5000/engine", "sha256:abc"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.image);
        CHECK(pull_target(row.image) == PullTarget{row.from_image, row.tag});
    }
}

TEST_CASE("the lines of a pull are summed up") {
    PullProgress progress;
    CHECK(progress.text() == "waiting for the registry");
    const auto add = [&](std::string layer, std::string status, std::int64_t bytes = 0) {
        progress.add(
            {.layer = std::move(layer), .status = std::move(status), .bytes = bytes, .error = ""});
    };
    add("latest", "Pulling from group/engine");
    CHECK(progress.text() == "Pulling from group/engine");
    add("aaa", "Pulling fs layer");
    add("bbb", "Already exists");
    add("aaa", "Downloading", 20'000'000);
    CHECK(progress.text() == "1 of 2 layers, 20 MB");
    add("aaa", "Downloading", 41'500'000);
    add("aaa", "Downloading", 3'000'000);  // started again
    CHECK(progress.text() == "1 of 2 layers, 41 MB");
    add("aaa", "Extracting", 1'000);
    CHECK(progress.text() == "2 of 2 layers, 41 MB");
    add("ccc", "Downloading", INT64_MAX);
    add("ddd", "Downloading", INT64_MAX);
    CHECK(progress.text() == "2 of 4 layers, 2251799855 MB");
}

TEST_CASE("lines are found however their bytes are split") {
    const std::string text = "one\r\ntwo\n\nthree\nunfinished";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        CAPTURE(size);
        LineReader reader(100);
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < text.size(); at += size) {
            CHECK(reader.add(std::string_view(text).substr(at, size), [&](std::string_view line) {
                lines.emplace_back(line);
                return true;
            }));
        }
        CHECK(lines == std::vector<std::string>{"one", "two", "three"});
    }
}

TEST_CASE("a line without an end is collected up to a limit") {
    LineReader reader(10);
    const auto ignore = [](std::string_view) { return true; };
    CHECK(reader.add("0123456789", ignore));
    CHECK_FALSE(reader.too_long());
    CHECK_FALSE(reader.add("x", ignore));
    CHECK(reader.too_long());
}
