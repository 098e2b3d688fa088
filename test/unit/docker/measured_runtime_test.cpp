// Calls to Docker are told of, and pass through unchanged.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "edge/docker/measured_runtime.h"
#include "fakes/fake_runtime.h"

using namespace roundhouse;

TEST_SUITE("measured_runtime") {
    TEST_CASE("each call is told with its outcome, and answers as before") {
        FakeRuntime docker;
        docker.run_gateway("gluetun");
        std::vector<MeasuredCall> told;
        MeasuredRuntime measured(docker, [&](const MeasuredCall& call) { told.push_back(call); });

        const auto gateway = measured.inspect_gateway("gluetun");
        REQUIRE(gateway.ok());
        CHECK(gateway.value()->id == docker.find("gluetun")->id);
        CHECK(measured.start("nobody").fault().kind == FaultKind::gone);
        docker.set_available(false);
        CHECK(!measured.list_pool("acestream").ok());

        REQUIRE(told.size() == 3);
        CHECK(told[0].operation == "inspect_gateway");
        CHECK(told[0].fault == std::nullopt);
        CHECK(told[0].seconds >= 0);
        CHECK(told[1].operation == "start");
        CHECK(told[1].fault == FaultKind::gone);
        CHECK(told[2].operation == "list");
        CHECK(told[2].fault == FaultKind::unavailable);
    }
}
