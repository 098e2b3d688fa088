// The table of operations: each status means for each operation what the Runtime promises.
#include "edge/docker/operations.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace roundhouse;

TEST_CASE("an operation that is asked for what is done already succeeds") {
    using enum DockerOperation;
    CHECK(is_success(start, 304, "", "a"));
    CHECK(is_success(stop, 304, "", "a"));
    CHECK(is_success(stop, 404, "", "a"));
    CHECK(is_success(remove, 404, "", "a"));
    CHECK(is_success(inspect_gateway, 404, "", "a"));
    CHECK_FALSE(is_success(list, 404, "", ""));
    CHECK_FALSE(is_success(version, 404, "", ""));
    CHECK_FALSE(is_success(create, 200, "", ""));
}

TEST_CASE("that something does not exist is believed when Docker says so of just that") {
    using enum DockerOperation;
    CHECK(is_success(inspect_engine, 404, "No such container: abc", "abc"));
    CHECK_FALSE(is_success(inspect_engine, 404, "No such container: def", "abc"));
    CHECK_FALSE(is_success(inspect_engine, 404, "", "abc"));
    CHECK(is_success(inspect_image, 404, "No such image: x", ""));
    CHECK_FALSE(is_success(inspect_image, 404, "", ""));
}

TEST_CASE("a status of a gateway or a daemon that starts says nothing about the object") {
    for (const DockerOperation operation : measured_operations) {
        for (const int status : {502, 503, 504}) {
            CAPTURE(to_string(operation));
            CHECK_FALSE(is_success(operation, status, "No such container: a", "a"));
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

TEST_CASE("the field that Docker refuses is known by Docker's words") {
    const struct {
        const char* message;
        const char* field;
    } rows[] = {
        {"NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup "
         "is not mounted",
         "spec.template.resources.cpus"},
        {"Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
         "spec.template.resources.cpus"},
        {"Minimum memory limit allowed is 6MB", "spec.template.resources.memory"},
        {"invalid volume specification: 'a:b:c:d'", "spec.template.volumes"},
        {"logger: no log driver named 'sys' is registered", "spec.template.logging"},
        {"unknown log opt 'colour' for json-file log driver", "spec.template.logging"},
        {"error looking up logging plugin sys: plugin \"sys\" not found", "spec.template.logging"},
        {"No command specified", "spec.template.args: the image has none of its own"},
        {"invalid environment variable: =1", "spec.template.env"},
        {"something else", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.message);
        CHECK(refused_field(DockerOperation::create, 400, row.message) == row.field);
        CHECK(refused_field(DockerOperation::remove, 400, row.message) == "");
    }
}

TEST_CASE("the field that Docker refuses at a start is known by Docker's words") {
    const std::string process =
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to "
        "start container process: ";
    const std::pair<std::string, std::string_view> rows[] = {
        {"unable to find user nobody_such: no matching entries in passwd file",
         "spec.template.user"},
        {"unable to find group g: no matching entries in group file", "spec.template.user"},
        {"invalid tmpfs option [\"nosuch\" \"1\"]", "spec.template.tmpfs"},
        {process + "error during container init: error mounting \"tmpfs\" to rootfs at \"/x\": "
                   "invalid argument: unknown",
         "spec.template.tmpfs"},
        {process + "error during container init: error mounting \"/a\" to rootfs at \"/y\": not a "
                   "directory: unknown: Are you trying to mount a directory onto a file",
         "spec.template.volumes"},
        {"failed to initialize logging driver: journald is not enabled on this host",
         "spec.template.logging"},
        {"driver failed programming external connectivity on endpoint x: port is already allocated",
         ""},
        {"exec: \"docker-init\": executable file not found in $PATH", ""},
        {process + "cannot allocate memory", ""},
    };
    for (const auto& [message, field] : rows) {
        const std::string shown(message);
        CAPTURE(shown);
        CHECK(refused_field(DockerOperation::start, 500, message) == field);
    }
}
