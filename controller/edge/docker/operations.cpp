#include "edge/docker/operations.h"

#include <algorithm>
#include <optional>
#include <span>

#include "edge/text/strings.h"

namespace roundhouse {

namespace {

using enum FaultKind;

struct Operation {
    DockerOperation operation;
    std::string_view name;
    std::vector<int> successes;  // HTTP status codes
    std::vector<FaultKind> faults;
};

const Operation& find(DockerOperation operation) {
    using enum DockerOperation;
    static const std::vector<Operation> operations{
        {version, "version", {200}, {unavailable, rejected}},
        {list, "list", {200}, {unavailable, rejected}},
        {list_names, "list_names", {200}, {unavailable, rejected}},
        {inspect_engine, "inspect_engine", {200, 404}, {unavailable, rejected}},
        // 409: it is being removed. 501: its log driver keeps nothing that can be read.
        {read_log, "read_log", {200, 404, 409, 501}, {unavailable, rejected}},
        {inspect_gateway, "inspect_gateway", {200, 404}, {unavailable, rejected}},
        {inspect_image, "inspect_image", {200, 404}, {unavailable, rejected}},
        {create, "create", {201}, {unavailable, rejected, conflict, gone}},
        {start, "start", {204, 304}, {unavailable, rejected, conflict, gone}},
        {stop, "stop", {204, 304, 404}, {unavailable, rejected}},
        {remove, "remove", {204, 404}, {unavailable, rejected, conflict}},
        {pull, "pull", {200}, {unavailable, rejected, cancelled}},
        {follow_events, "follow_events", {200}, {unavailable, rejected, cancelled}},
    };
    return *std::ranges::find(operations, operation, &Operation::operation);
}

constexpr std::optional<DockerOperation> any_operation;
constexpr std::optional<int> any_status;

struct Failure {
    std::optional<DockerOperation> operation;
    std::optional<int> status;
    std::string_view words;  // a part of Docker's message; empty: any message
    FaultKind kind;
    bool names_container = false;  // the message has to name the container of the operation
};

// The first row that matches decides.
//
// Only Docker's message says whether a start failed because of the container or because of its
// gateway. 20.10: 404 "No such container: <gateway's id>", 409 "cannot join network of a non
// running container: ..."; later: 500 "joining network namespace of container: No such container:
// ...".
//
// Podman answers 500 for all that it does not create, and writes "no such container".
//
// The 404 of a pull comes from the registry: the same pull will fail again.
constexpr Failure failures[]{
    {any_operation, 502, "", unavailable},
    {any_operation, 503, "", unavailable},
    {any_operation, 504, "", unavailable},
    {DockerOperation::start, 409, "", conflict},
    {DockerOperation::start, any_status, "joining network namespace", conflict},
    {DockerOperation::start, any_status, "cannot join network", conflict},
    {DockerOperation::start, any_status, "No such container", gone, true},
    {DockerOperation::start, any_status, "No such container", conflict},
    {DockerOperation::start, any_status, "no such container", gone, true},
    {DockerOperation::start, any_status, "no such container", conflict},
    {DockerOperation::start, any_status, "", rejected},
    {DockerOperation::pull, any_status, "", rejected},
    {DockerOperation::create, 500, "is already in use", conflict},
    {DockerOperation::create, 500, "looking up container to share net namespace", gone},
    {any_operation, 404, "", gone},
    {any_operation, 409, "", conflict},
    {any_operation, any_status, "", rejected},
};

constexpr std::string_view podman_log_drivers =
    "spec.template.logging.driver: Podman has k8s-file, which json-file means, too, journald where "
    "systemd runs, passthrough and none";

struct FieldWords {
    std::string_view words;  // of Docker's message, in lower case
    std::string_view field;
};

// The first row whose words are in the message decides.
constexpr FieldWords fields[]{
    {"cpu", "spec.template.resources.cpus"},
    {"memory", "spec.template.resources.memory"},
    {"pids", "spec.template.resources.pids"},
    {"no command specified", "spec.template.args: the image has none of its own"},
    {"tmpfs", "spec.template.tmpfs"},
    {"volume", "spec.template.volumes"},
    {"mount", "spec.template.volumes"},
    {"bind source", "spec.template.volumes"},
    {"log driver", "spec.template.logging"},
    {"log opt", "spec.template.logging"},
    {"logger", "spec.template.logging"},
    {"logging plugin", "spec.template.logging"},
    {"environment variable", "spec.template.env"},
    {"label", "spec.template.labels"},
    {"reference format", "spec.template.image"},
    {"repository name", "spec.template.image"},
    {"user", "spec.template.user"},
};

// At a 500 of `create`, which may also come from the state of the machine, so these words are long.
constexpr FieldWords fields_of_podman[]{
    {"invalid log driver", podman_log_drivers},
    {"initialize journal", podman_log_drivers},
    {"unknown mount option", "spec.template.tmpfs or spec.template.volumes"},
    {"invalid option type", "spec.template.volumes"},
    {"creating named volume", "spec.template.volumes"},
    {"invalid size:", "spec.template.logging.options"},
    {"invalid environment variable", "spec.template.env"},
};

// Docker looks at some fields only when it starts the container. A start fails for many other
// reasons, so these words are long.
constexpr FieldWords fields_at_start[]{
    {"unable to find user", "spec.template.user"},
    {"unable to find group", "spec.template.user"},
    {"invalid tmpfs option", "spec.template.tmpfs"},
    {"error mounting \"tmpfs\"", "spec.template.tmpfs"},
    {"error mounting", "spec.template.volumes"},
    {"failed to initialize logging driver", "spec.template.logging"},
};

struct Remedy {
    std::optional<DockerOperation> operation;
    std::string_view words;  // of the message, in lower case
    std::string_view what;   // to do
};

constexpr std::string_view check_image = "check the name and the tag in spec.template.image";
constexpr std::string_view check_login =
    "check the name in spec.template.image; a private image needs spec.template.registryAuthFile";
constexpr std::string_view check_network = "check this machine's network and DNS";

// The first row that matches decides.
constexpr Remedy remedies[]{
    {any_operation, "docker-init",
     "install tini (on Debian: apt-get install tini), which Docker runs as docker-init"},
    {any_operation, "container-init binary not found",
     "install catatonit (on Debian: apt-get install catatonit), which Podman runs as the first "
     "process of an engine"},
    {any_operation, "no space left on device",
     "free some disk space: docker system df shows what takes it"},
    {DockerOperation::create, "image not known",
     "Podman looks for a name without a registry at docker.io: write localhost/NAME for an image "
     "that was built here"},
    {DockerOperation::start, "port is already allocated",
     "stop what uses that port, or choose other ports in spec.ports"},
    {DockerOperation::start, "address already in use",
     "stop what uses that port, or choose other ports in spec.ports"},
    {DockerOperation::pull, "toomanyrequests",
     "the registry lets nobody pull more for now; with spec.template.registryAuthFile it allows "
     "more"},
    {DockerOperation::pull, "no matching manifest",
     "the image does not exist for this machine's processor: choose another image"},
    {DockerOperation::pull, "denied", check_login},
    {DockerOperation::pull, "unauthorized", check_login},
    {DockerOperation::pull, "authentication required", check_login},
    {DockerOperation::pull, "no basic auth credentials", check_login},
    {DockerOperation::pull, "manifest unknown", check_image},
    {DockerOperation::pull, "not found", check_image},
    {DockerOperation::pull, "no such host", check_network},
    {DockerOperation::pull, "timeout", check_network},
    {DockerOperation::pull, "connection refused", check_network},
    {DockerOperation::pull, "network is unreachable", check_network},
};

std::string_view field_in(std::span<const FieldWords> rows, std::string_view message) {
    const std::string text = lower(message);
    for (const auto& row : rows) {
        if (text.find(row.words) != text.npos) return row.field;
    }
    return "";
}

}  // namespace

std::string_view refused_field(DockerOperation operation, int status, std::string_view message) {
    switch (operation) {
        case DockerOperation::create:
            return status == 400 ? field_in(fields, message) : field_in(fields_of_podman, message);
        case DockerOperation::start: return field_in(fields_at_start, message);
        default: return "";
    }
}

std::string_view remedy(DockerOperation operation, std::string_view message) {
    const std::string text = lower(message);
    for (const auto& row : remedies) {
        const bool is_of_operation = row.operation.value_or(operation) == operation;
        if (is_of_operation && text.find(row.words) != text.npos) return row.what;
    }
    return "";
}

std::string_view to_string(DockerOperation operation) {
    return find(operation).name;
}

std::vector<FaultKind> possible_faults(DockerOperation operation) {
    return find(operation).faults;
}

bool is_success(DockerOperation operation, int status, std::string_view message,
                std::string_view container) {
    if (std::ranges::count(find(operation).successes, status) == 0) return false;
    if (status != 404) return true;
    switch (operation) {
        case DockerOperation::inspect_engine: return message.find(container) != message.npos;
        case DockerOperation::inspect_image: return !message.empty();
        default: return true;
    }
}

bool is_gone_meanwhile(int status, std::string_view message, std::string_view container) {
    return status == 500 && message.ends_with("no such container") && !container.empty() &&
           message.find(container) != message.npos;
}

FaultKind fault_kind(DockerOperation operation, int status, std::string_view message,
                     std::string_view container) {
    const auto says = [&](std::string_view words) { return message.find(words) != message.npos; };
    const auto matches = [&](const Failure& row) {
        return row.operation.value_or(operation) == operation &&
               row.status.value_or(status) == status && says(row.words) &&
               (!row.names_container || says(container));
    };
    return std::ranges::find_if(failures, matches)->kind;
}

}  // namespace roundhouse
