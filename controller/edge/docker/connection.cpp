#include "edge/docker/connection.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/numbers.h"
#include "edge/docker/json.h"
#include "edge/docker/socket_fault.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

using Steady = std::chrono::steady_clock;

// The versions whose replies edge/docker/json reads. 1.41 came with Docker 20.10.
constexpr int major_version = 1;
constexpr int oldest_minor = 41;
constexpr int newest_minor = 51;

constexpr std::size_t longest_quote = 300;  // of Docker's words in a message
constexpr std::size_t longest_message = 1000;
constexpr Duration long_wait = std::chrono::hours(1);  // repeated until the reply is there

// "1.41" -> 41; nullopt for anything else.
std::optional<int> minor_of(std::string_view version) {
    const auto dot = version.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    if (parse_number(version.substr(0, dot)) != major_version) return std::nullopt;
    return parse_number(version.substr(dot + 1));
}

std::string spell(int minor) {
    return std::to_string(major_version) + "." + std::to_string(minor);
}

// Waits for the reply. nullopt: `stop` was requested first.
std::optional<HttpReply> complete(HttpRequest request, const std::stop_token& stop) {
    HttpTransfers transfers;
    const std::stop_callback wake(stop, [&] { transfers.interrupt(); });
    transfers.begin(std::move(request));
    while (!stop.stop_requested()) {
        auto replies = transfers.wait(long_wait);
        if (!replies.empty()) return std::move(replies.front());
    }
    return std::nullopt;
}

}  // namespace

DockerConnection::DockerConnection(DockerEndpoint endpoint, Duration connect_timeout)
    : endpoint_(std::move(endpoint)), connect_timeout_(connect_timeout) {}

Fault DockerConnection::fault(const DockerCall& call, const Fault& why) {
    return {why.kind, cleaned("docker: " + call.what + ": " + why.message, longest_message)};
}

Result<DockerReply> DockerConnection::call(const DockerCall& call) {
    return stream(call, {}, {});
}

Result<DockerReply> DockerConnection::stream(const DockerCall& call,
                                             const DockerStreamHandlers& handlers,
                                             const std::stop_token& stop) {
    const auto begun = Steady::now();
    const auto agreed = version(call, stop);
    if (!agreed) return agreed.fault();
    const auto spent = std::chrono::floor<Duration>(Steady::now() - begun);
    auto reply = exchange(call, {"/v" + agreed.value(), spent}, handlers, stop);
    if (!reply && reply.fault().kind == FaultKind::unavailable) forget_version();
    if (!reply) return reply;
    DockerReply& told = reply.value();
    const std::string message = told.status < 300 ? "" : parse_error_message(told.body);
    if (is_gone_meanwhile(told.status, message, call.container)) told.status = 404;
    const bool well = is_success(call.operation, told.status, message, call.container);
    return well ? std::move(reply) : fault_of_status(call, reply.value());
}

Result<DockerReply> DockerConnection::exchange(const DockerCall& call, const Attempt& attempt,
                                               const DockerStreamHandlers& handlers,
                                               const std::stop_token& stop) {
    HttpRequest request;
    request.method = call.method;
    request.url = endpoint_.url + attempt.path_prefix + call.path;
    request.unix_socket = endpoint_.unix_socket;
    request.tls = endpoint_.tls;
    request.body = call.body;
    request.headers = call.headers;
    request.connect_timeout = connect_timeout_;
    if (call.deadline > Duration{0}) {
        request.timeout = std::max(Duration{1}, call.deadline - attempt.spent);
    }
    request.idle_timeout = call.idle_timeout;
    request.max_reply_bytes = call.max_reply_bytes;
    request.on_open = handlers.on_open;
    request.on_bytes = handlers.on_bytes;

    auto reply = complete(std::move(request), stop);
    if (!reply) return fault(call, {FaultKind::cancelled, "cancelled"});
    const bool whole =
        reply->problem == HttpProblem::none || reply->problem == HttpProblem::stopped;
    if (!whole) return fault_of_problem(call, *reply);
    return DockerReply{reply->status, std::move(reply->body)};
}

Result<std::string> DockerConnection::version(const DockerCall& call, const std::stop_token& stop) {
    {
        const std::lock_guard lock(mutex_);
        if (is_agreed_) return daemon_.api_version;
    }
    auto agreed = negotiate(call, stop);
    if (!agreed) return agreed.fault();
    const std::lock_guard lock(mutex_);
    is_agreed_ = agreed.value().has_value();
    if (is_agreed_) daemon_ = std::move(*agreed.value());
    return daemon_.api_version.empty() ? spell(oldest_minor) : daemon_.api_version;
}

// nullopt: there was an answer, and it cannot be used.
Result<std::optional<RuntimeView>> DockerConnection::negotiate(const DockerCall& call,
                                                               const std::stop_token& stop) {
    using Daemon = std::optional<RuntimeView>;
    DockerCall ask{.operation = DockerOperation::version, .what = call.what, .path = "/version"};
    ask.deadline = call.deadline > Duration{0} ? call.deadline : connect_timeout_;
    const auto reply = exchange(ask, {}, {}, stop);
    if (!reply) return reply.fault();
    if (reply.value().status != 200) return Daemon();
    const auto theirs = parse_docker_version(reply.value().body);
    if (!theirs) return Daemon();

    const DockerVersion& version = theirs.value();
    const auto newest = minor_of(version.api);
    const auto oldest = minor_of(version.minimum_api);
    if (!newest || !oldest) return Daemon();
    const bool podman = version.name == podman_name;
    const auto refuse = [&](const std::string& why) {
        return fault(
            call, {FaultKind::rejected, "the daemon at " + endpoint_.display + " (" + version.name +
                                            " " + version.engine + ") " + why});
    };
    const std::string spoken = "speaks API versions " + version.minimum_api + " to " + version.api +
                               ", roundhouse " + spell(oldest_minor) + " to " + spell(newest_minor);
    if (*newest < oldest_minor) {
        return refuse(spoken + (podman ? ": upgrade Podman to 4.3 or later"
                                       : ": upgrade Docker to 20.10 or later"));
    }
    if (*oldest > newest_minor) return refuse(spoken + ": upgrade roundhouse");
    if (!version.system.empty() && version.system != "linux") {
        return refuse("runs containers of " + version.system +
                      ", and engines need those of Linux: switch it to Linux containers");
    }
    return Daemon(RuntimeView{.name = version.name,
                              .version = version.engine,
                              .api_version = spell(std::max(oldest_minor, *oldest)),
                              .pins_gateways = podman});
}

RuntimeView DockerConnection::about() const {
    const std::lock_guard lock(mutex_);
    return daemon_;
}

void DockerConnection::forget_version() {
    const std::lock_guard lock(mutex_);
    is_agreed_ = false;
}

Fault DockerConnection::fault_of_problem(const DockerCall& call, const HttpReply& reply) const {
    const auto unavailable = [&](const std::string& why, const std::string& advice) {
        return fault(
            call, {FaultKind::unavailable, endpoint_.display + ": " + cleaned(why, longest_quote) +
                                               (advice.empty() ? "" : ": ") + advice});
    };
    switch (reply.problem) {
        case HttpProblem::socket_missing:
            return unavailable("there is no such socket",
                               "start Docker, or let DOCKER_HOST name where it listens");
        case HttpProblem::permission_denied: {
            const SocketFault denied = explain_denied_socket(endpoint_.unix_socket);
            return unavailable(denied.why, denied.advice);
        }
        case HttpProblem::connection_refused: {
            const SocketFault refused = explain_refused_socket(endpoint_.unix_socket);
            return unavailable(refused.why, refused.advice);
        }
        case HttpProblem::unreachable:
            return unavailable("cannot be reached (" + reply.detail + ")",
                               "check DOCKER_HOST and the network");
        case HttpProblem::tls_failed:
            return unavailable("no TLS connection (" + reply.detail + ")",
                               "check DOCKER_TLS_VERIFY and the files in DOCKER_CERT_PATH");
        case HttpProblem::timed_out: {
            Fault late = unavailable("no whole reply within " + format_duration(call.deadline), "");
            late.timed_out = true;
            return late;
        }
        case HttpProblem::idle:
        case HttpProblem::too_large: return unavailable(reply.detail, "");
        case HttpProblem::none:
        case HttpProblem::stopped:
        case HttpProblem::broken: break;
    }
    return unavailable("the reply broke off or is not HTTP (" + reply.detail + ")",
                       endpoint_.unix_socket.empty()
                           ? "see whether it wants TLS (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)"
                           : "");
}

Fault DockerConnection::fault_of_status(const DockerCall& call, const DockerReply& reply) const {
    const std::string message = parse_error_message(reply.body);
    std::string why = cleaned(message, longest_quote);
    if (reply.status == 403) {
        const std::string path = call.path.substr(0, call.path.find('?'));
        why = "a socket proxy or plugin at " + endpoint_.display + " forbids " + call.method + " " +
              path + ": allow it there" + (why.empty() ? "" : ": " + why);
    } else if (why.empty()) {
        // Docker never leaves out its words.
        why = "an answer that is not Docker's (HTTP " + std::to_string(reply.status) +
              "): is something else answering at " + endpoint_.display + "?";
    }
    const auto hint = remedy(call.operation, message);
    if (!hint.empty()) why += ": " + std::string(hint);
    const FaultKind kind = fault_kind(call.operation, reply.status, message, call.container);
    const auto field =
        kind == FaultKind::rejected ? refused_field(call.operation, reply.status, message) : "";
    if (!field.empty()) why += ": change " + std::string(field);
    Fault result = fault(call, {kind, why});
    result.bad_request =
        !field.empty() || (call.operation == DockerOperation::create && reply.status == 400);
    result.timed_out = reply.status == 504;  // the proxy's wait for Docker has timed out
    return result;
}

}  // namespace roundhouse
