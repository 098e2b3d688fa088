// The JSON that Docker replies with: text in, values out. Pure, no I/O.
//
// What Docker writes is documented in its API reference (https://docs.docker.com/reference/api/),
// versions 1.41 to 1.51. A text that is not JSON, has a field of a wrong type or lacks a required
// field gives a Fault (`unavailable`) whose message is the end of a sentence ("the reply lacks
// .State.ExitCode"); a partial value is never returned, but for rows of lists. Other fields are
// ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loop/result.h"
#include "loop/runtime.h"

namespace roundhouse {

inline constexpr std::string_view podman_name = "Podman";

// GET /version
struct DockerVersion {
    std::string name;         // "Docker", "Podman"
    std::string engine;       // its version: "20.10.24"
    std::string system;       // what its containers run on: "linux"; empty: not told
    std::string api;          // newest API version it speaks: "1.41"
    std::string minimum_api;  // oldest: "1.12"
};
Result<DockerVersion> parse_docker_version(std::string_view text);

// GET /containers/json, filtered by the label roundhouse.pool. A row that cannot be understood has
// ContainerListing::unreadable; a row without the label is one. A list in which no row has the
// label is a fault: it answers another question.
//
// The states are Docker's and Podman's. An unknown one is read as `paused`: the container counts as
// an engine, its state alone leads to no step, and its probe shows whether it serves.
Result<std::vector<ContainerListing>> parse_listing(std::string_view text);

// GET /containers/json, only what has a name that starts with `prefix`. What cannot be read of a
// row is left empty.
Result<std::vector<NameHolder>> parse_names(std::string_view text, const std::string& prefix);

// GET /containers/json: the id of the container with exactly that name, nullopt when none has it. A
// row whose name cannot be read may be that container's: a fault if no other row is.
Result<std::optional<std::string>> parse_id_of(std::string_view text, const std::string& name);

// GET /containers/{id}/json. A fault when the reply is about another container.
Result<EngineEnd> parse_end(std::string_view text, const std::string& id);
struct ContainerIdentity {
    std::string name;
    Network network;  // not known where the reply does not tell it
};
Result<ContainerIdentity> parse_identity(std::string_view text, const std::string& id);
Result<Network> parse_network(std::string_view text, const std::string& id);
Result<bool> parse_running(std::string_view text, const std::string& id);
// Of its first process; 0 where none is told.
Result<std::int64_t> parse_pid(std::string_view text, const std::string& id);

// The same for a gateway; nullopt when the container has another name by now.
struct GatewayIdentity {
    std::string id;
    std::string name;
};
Result<std::optional<GatewayContainer>> parse_gateway(std::string_view text,
                                                      const GatewayIdentity& asked);

// GET /images/{name}/json: true. A fault when the reply is about no image.
Result<bool> parse_image(std::string_view text);

// The reply to POST /containers/create. Warnings are cleaned and bounded.
Result<CreatedContainer> parse_created(std::string_view text);

// One object of GET /events. Actions have Docker's names: "die" where Podman says "died".
Result<RuntimeEvent> parse_event(std::string_view text);

// One object of POST /images/create.
struct PullLine {
    std::string layer;  // empty: about the image as a whole
    std::string status;
    std::int64_t bytes = 0;  // of this layer that have arrived; only while it is downloaded
    std::string error;       // not empty: the pull has failed
};
Result<PullLine> parse_pull_line(std::string_view text);

// The text of Docker's {"message": ...}, which Podman's errors have, too; empty for any other
// reply.
std::string parse_error_message(std::string_view text);

}  // namespace roundhouse
