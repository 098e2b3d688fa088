// The table of operations: each status means for each operation what the Runtime promises.
#include "edge/docker/operations.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace roundhouse;

TEST_CASE("an operation that is asked for what is done already succeeds") {
    using enum DockerOperation;
    CHECK(is_success(start, 304));
    CHECK(is_success(stop, 304));
    CHECK(is_success(stop, 404));
    CHECK(is_success(remove, 404));
    CHECK(is_success(inspect_gateway, 404));
    CHECK_FALSE(is_success(list, 404));
    CHECK_FALSE(is_success(version, 404));
    CHECK_FALSE(is_success(create, 200));
}

TEST_CASE("a status of a gateway or a daemon that starts says nothing about the object") {
    for (const DockerOperation operation : measured_operations) {
        for (const int status : {502, 503, 504}) {
            CAPTURE(to_string(operation));
            CHECK_FALSE(is_success(operation, status));
            CHECK(fault_kind(operation, status, "No such container: a", "a") ==
                  FaultKind::unavailable);
        }
    }
}

TEST_CASE("a status without a row of its own is a rejection") {
    for (const DockerOperation operation : measured_operations) {
        CAPTURE(to_string(operation));
        CHECK(fault_kind(operation, 418, "", "a") == FaultKind::rejected);
        CHECK(std::ranges::count(possible_faults(operation), FaultKind::rejected) == 1);
    }
}

TEST_CASE("measured operations have different names") {
    for (const DockerOperation operation : measured_operations) {
        CHECK(std::ranges::count(measured_operations, to_string(operation),
                                 [](auto other) { return to_string(other); }) == 1);
    }
}
