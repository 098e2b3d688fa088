// The operations of the Docker API that roundhouse uses, and what the status of a reply means for
// each. Pure.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "loop/result.h"

namespace roundhouse {

enum class DockerOperation {
    version,
    list,
    list_names,
    inspect_engine,
    read_log,
    inspect_gateway,
    inspect_image,
    create,
    start,
    stop,
    remove,
    pull,
    follow_events,
};

// The operations with an end of their own, whose duration is measured.
inline constexpr std::array measured_operations{
    DockerOperation::list,
    DockerOperation::list_names,
    DockerOperation::inspect_engine,
    DockerOperation::read_log,
    DockerOperation::inspect_gateway,
    DockerOperation::inspect_image,
    DockerOperation::create,
    DockerOperation::start,
    DockerOperation::stop,
    DockerOperation::remove,
    DockerOperation::pull,
};

// "list", "inspect_engine" ...
std::string_view to_string(DockerOperation operation);

// The faults with which an operation of the Runtime may end, by its contract.
std::vector<FaultKind> possible_faults(DockerOperation operation);

// Whether the operation was carried out, or there was nothing to do. The 404 of an inspection is a
// success, too, if Docker says in `message` that the object does not exist: for an engine the
// message has to name `container`, the id that was asked for.
bool is_success(DockerOperation operation, int status, std::string_view message,
                std::string_view container);

// Whether the reply stands for a 404: Podman's, about a container that is removed while it looks.
bool is_gone_meanwhile(int status, std::string_view message, std::string_view container);

// The kind of fault when is_success() is false. `message` is Docker's error message; `container` is
// the id of the container that the operation was for.
FaultKind fault_kind(DockerOperation operation, int status, std::string_view message,
                     std::string_view container);

// The field of the spec that is refused by an error of `create` or `start`:
// "spec.template.resources.cpus"; empty if the message does not show which. For an error of
// `create` other than 400 only the words of Podman count, which has no 400.
std::string_view refused_field(DockerOperation operation, int status, std::string_view message);

// What to do, such as "install tini ..."; empty if the message does not show it.
std::string_view remedy(DockerOperation operation, std::string_view message);

}  // namespace roundhouse
