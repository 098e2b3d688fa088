#include "edge/docker/container_names.h"

#include <doctest/doctest.h>

#include <string>

using namespace roundhouse;

TEST_CASE("messages have the names of containers in place of their ids") {
    const std::string known(64, 'a');
    const std::string unknown = "0123456789ab" + std::string(52, 'c');
    ContainerNames names;
    names.note(known, "gluetun");
    CHECK(names.of(known) == "gluetun");
    CHECK(names.of(unknown) == "container 0123456789ab");

    struct Row {
        std::string text;
        std::string named;
    };
    const Row rows[] = {
        {"", ""},
        {known, "gluetun"},
        {"No such container: " + known, "No such container: gluetun"},
        {"in use by container \"" + unknown + "\".", "in use by container \"0123456789ab\"."},
        {known + ", " + known, "gluetun, gluetun"},
        // What is shorter or longer is no id.
        {std::string(63, 'a'), std::string(63, 'a')},
        {"sha256:" + std::string(65, 'a'), "sha256:" + std::string(65, 'a')},
        {"port 19000 is taken", "port 19000 is taken"},
    };
    for (const auto& row : rows)
        CHECK(names.in(row.text) == row.named);
}
