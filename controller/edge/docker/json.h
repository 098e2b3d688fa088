// Docker's JSON and our values: text in, values out, and back. Pure, no I/O.
//
// What Docker writes is documented in its API reference (https://docs.docker.com/reference/api/),
// versions 1.41 to 1.51. A text that is not JSON, has a field of a wrong type or lacks a required
// field gives a Fault (`unavailable`) whose message is the end of a sentence ("the reply lacks
// .State.ExitCode"); a partial value is never returned. Other fields are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/launch.h"
#include "loop/result.h"
#include "loop/runtime.h"

namespace roundhouse {

// GET /version
struct DockerVersion {
    std::string engine;       // "20.10.24"
    std::string api;          // newest API version it speaks: "1.41"
    std::string minimum_api;  // oldest: "1.12"
};
Result<DockerVersion> parse_docker_version(std::string_view text);

// GET /containers/json, only what carries the label roundhouse.pool.
//
// An unknown state is read as `paused`: the container counts as an engine, its state alone leads to
// no step, and its probe shows whether it serves.
Result<std::vector<ContainerListing>> parse_listing(std::string_view text);

// GET /containers/json, only what has a name that starts with `prefix`.
Result<std::vector<NameHolder>> parse_names(std::string_view text, const std::string& prefix);

// GET /containers/{id}/json
Result<EngineEnd> parse_end(std::string_view text);

// GET /containers/{name}/json. Docker also finds containers by the beginning of an id: nullopt when
// the container that Docker found has another name.
Result<std::optional<GatewayContainer>> parse_gateway(std::string_view text,
                                                      const std::string& name);

// POST /containers/create: the request body, and the id in the reply.
std::string create_body(const EngineRequest& request);
Result<std::string> parse_created(std::string_view text);

// One object of GET /events.
Result<RuntimeEvent> parse_event(std::string_view text);

// One object of POST /images/create.
struct PullLine {
    std::string layer;  // empty: about the image as a whole
    std::string status;
    std::int64_t bytes = 0;  // of this layer that have arrived; only while it is downloaded
    std::string error;       // not empty: the pull has failed
};
Result<PullLine> parse_pull_line(std::string_view text);

// The text of Docker's {"message": ...}; empty for any other reply.
std::string parse_error_message(std::string_view text);

// The `filters` parameter of a list or of events: {"label":["a=b"]}
std::string filters_text(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

}  // namespace roundhouse
