#include "edge/docker/runtime.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/names.h"
#include "edge/docker/json.h"
#include "edge/docker/pull_progress.h"
#include "edge/text/line_reader.h"

namespace roundhouse {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;
constexpr std::size_t longest_list_bytes = 64 * mebibyte;
constexpr std::size_t longest_inspect_bytes = 4 * mebibyte;
constexpr std::size_t longest_line_bytes = mebibyte;
constexpr Duration between_progress = std::chrono::seconds(1);

constexpr int ok = 200;
constexpr int created = 201;
constexpr int done = 204;
constexpr int already = 304;  // it runs, or stands still, as asked
constexpr int not_found = 404;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

std::string short_id(const std::string& id) {
    return id.substr(0, 12);
}

// Slashes separate the parts of an image's name in a path as well.
std::string image_path(const std::string& image) {
    std::string path;
    for (std::size_t at = 0; at <= image.size();) {
        const auto slash = std::min(image.find('/', at), image.size());
        path += (at == 0 ? "" : "/") + percent_escape(image.substr(at, slash - at));
        at = slash + 1;
    }
    return path;
}

// The value that was read from a reply, or the fault completed by what was asked.
template <class T>
Result<T> read(const DockerCall& call, Result<T> value) {
    if (value) return value;
    return DockerWire::fault(value.fault().kind, call, value.fault().message);
}

// Docker says in words only whether a container could not be started for its own sake or for its
// donor's. 20.10: 404 "No such container: <donor id>", 409 "cannot join network of a non running
// container: ..."; later: 500 "joining network namespace of container: No such container: ...".
FaultKind kind_of_failed_start(int status, const std::string& message, const std::string& id) {
    const auto says = [&](std::string_view words) {
        return message.find(words) != std::string::npos;
    };
    if (status == 409 || says("joining network namespace") || says("cannot join network")) {
        return FaultKind::conflict;
    }
    if (!says("No such container")) return FaultKind::rejected;
    return says(id) ? FaultKind::gone : FaultKind::conflict;
}

}  // namespace

DockerRuntime::DockerRuntime(DockerEndpoint endpoint, DockerDeadlines deadlines)
    : deadlines_(deadlines), wire_(std::move(endpoint), deadlines.connect) {}

Result<std::vector<ContainerListing>> DockerRuntime::list_pool(const std::string& pool) {
    const std::string filters = filters_text({{"label", {std::string(label::pool) + "=" + pool}}});
    const DockerCall call{.what = "list the engines of pool " + pool,
                          .path = "/containers/json?all=1&filters=" + percent_escape(filters),
                          .deadline = deadlines_.look,
                          .max_reply_bytes = longest_list_bytes};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status != ok) return wire_.fault_of(call, reply.value());
    return read(call, parse_listing(reply.value().body, pool));
}

Result<std::optional<EngineEnd>> DockerRuntime::inspect_end(const std::string& id) {
    const DockerCall call{.what = "inspect container " + short_id(id),
                          .path = "/containers/" + percent_escape(id) + "/json",
                          .deadline = deadlines_.look,
                          .max_reply_bytes = longest_inspect_bytes};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status == not_found) return std::optional<EngineEnd>();
    if (reply.value().status != ok) return wire_.fault_of(call, reply.value());
    const auto end = read(call, parse_end(reply.value().body));
    if (!end) return end.fault();
    return std::optional(end.value());
}

Result<std::optional<GatewayContainer>> DockerRuntime::inspect_gateway(const std::string& name) {
    const DockerCall call{.what = "inspect gateway " + name,
                          .path = "/containers/" + percent_escape(name) + "/json",
                          .deadline = deadlines_.look,
                          .max_reply_bytes = longest_inspect_bytes};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status == not_found) return std::optional<GatewayContainer>();
    if (reply.value().status != ok) return wire_.fault_of(call, reply.value());
    return read(call, parse_gateway(reply.value().body, name));
}

Result<std::vector<NameHolder>> DockerRuntime::list_names(const std::string& prefix) {
    // Docker's filter finds `prefix` anywhere in a name: it only makes the reply shorter.
    const std::string filters = filters_text({{"name", {prefix}}});
    const DockerCall call{.what = "list the containers named " + prefix + "*",
                          .path = "/containers/json?all=1&filters=" + percent_escape(filters),
                          .deadline = deadlines_.look,
                          .max_reply_bytes = longest_list_bytes};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status != ok) return wire_.fault_of(call, reply.value());
    return read(call, parse_names(reply.value().body, prefix));
}

Result<bool> DockerRuntime::has_image(const std::string& image) {
    const DockerCall call{.what = "inspect image " + image,
                          .path = "/images/" + image_path(image) + "/json",
                          .deadline = deadlines_.look,
                          .max_reply_bytes = longest_inspect_bytes};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status == not_found) return false;
    if (reply.value().status != ok) return wire_.fault_of(call, reply.value());
    return true;
}

Result<std::string> DockerRuntime::create(const EngineRequest& request) {
    const DockerCall call{.what = "create " + request.name,
                          .method = "POST",
                          .path = "/containers/create?name=" + percent_escape(request.name),
                          .body = create_body(request),
                          .deadline = deadlines_.change};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    if (reply.value().status != created) return wire_.fault_of(call, reply.value());
    return read(call, parse_created(reply.value().body));
}

Result<void> DockerRuntime::start(const std::string& id) {
    const DockerCall call{.what = "start container " + short_id(id),
                          .method = "POST",
                          .path = "/containers/" + percent_escape(id) + "/start",
                          .deadline = deadlines_.change};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    const int status = reply.value().status;
    if (status == done || status == already) return {};
    Fault fault = wire_.fault_of(call, reply.value());
    if (fault.kind != FaultKind::unavailable) {
        fault.kind = kind_of_failed_start(status, parse_error_message(reply.value().body), id);
    }
    return fault;
}

Result<void> DockerRuntime::stop(const std::string& id, Duration grace) {
    const auto grace_s = std::chrono::ceil<std::chrono::seconds>(grace);
    const DockerCall call{
        .what = "stop container " + short_id(id),
        .method = "POST",
        .path = "/containers/" + percent_escape(id) + "/stop?t=" + std::to_string(grace_s.count()),
        .deadline = grace_s + deadlines_.after_grace};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    const int status = reply.value().status;
    if (status == done || status == already || status == not_found) return {};
    return wire_.fault_of(call, reply.value());
}

Result<void> DockerRuntime::remove(const std::string& id) {
    const DockerCall call{.what = "remove container " + short_id(id),
                          .method = "DELETE",
                          .path = "/containers/" + percent_escape(id) + "?force=1&v=1",
                          .deadline = deadlines_.change};
    const auto reply = wire_.call(call);
    if (!reply) return reply.fault();
    const int status = reply.value().status;
    if (status == done || status == not_found) return {};
    return wire_.fault_of(call, reply.value());
}

Result<void> DockerRuntime::pull(const std::string& image,
                                 const std::function<void(const std::string&)>& progress,
                                 std::stop_token stop) {
    const PullTarget target = pull_target(image);
    const DockerCall call{.what = "pull " + image,
                          .method = "POST",
                          .path = "/images/create?fromImage=" + percent_escape(target.from_image) +
                                  "&tag=" + percent_escape(target.tag),
                          .patience = deadlines_.pull_patience};
    PullProgress sum;
    LineReader lines(longest_line_bytes);
    std::optional<Fault> trouble;
    std::optional<Steady::time_point> last_told;

    const auto on_line = [&](std::string_view text) {
        const auto line = parse_pull_line(text);
        if (!line) {
            trouble = DockerWire::fault(FaultKind::unavailable, call, line.fault().message);
        } else if (!line.value().error.empty()) {
            trouble = DockerWire::fault(FaultKind::rejected, call, line.value().error);
        } else {
            sum.add(line.value());
        }
        return !trouble;
    };
    const auto on_bytes = [&](std::string_view bytes) {
        if (!lines.add(bytes, on_line)) return false;
        const auto now = Steady::now();
        if (!last_told || now - *last_told >= between_progress) {
            last_told = now;
            progress(sum.text());
        }
        return true;
    };
    const auto reply = wire_.stream(call, {.on_open = {}, .on_bytes = on_bytes}, stop);
    if (trouble) return *trouble;
    if (!reply) return reply.fault();
    if (lines.too_long()) {
        return DockerWire::fault(FaultKind::unavailable, call, "a line of the reply is too long");
    }
    if (is_success(reply.value().status)) return {};
    Fault fault = wire_.fault_of(call, reply.value());
    // 404 is the registry's "no such image": asking again changes nothing.
    if (fault.kind != FaultKind::unavailable) fault.kind = FaultKind::rejected;
    return fault;
}

Result<void> DockerRuntime::follow_events(const std::function<void()>& on_open,
                                          const std::function<void(const RuntimeEvent&)>& on_event,
                                          std::stop_token stop) {
    // Only what can change what a look sees; execs and the like would wake the loop for nothing.
    const std::string filters = filters_text({{"type", {"container"}},
                                              {"event",
                                               {"create", "start", "die", "oom", "pause", "unpause",
                                                "rename", "destroy", "health_status"}}});
    const DockerCall call{.what = "follow events",
                          .path = "/events?filters=" + percent_escape(filters)};
    LineReader lines(longest_line_bytes);
    std::string trouble;

    const auto on_line = [&](std::string_view text) {
        const auto event = parse_event(text);
        if (!event) {
            trouble = event.fault().message;
            return false;
        }
        on_event(event.value());
        return !stop.stop_requested();
    };
    const auto on_bytes = [&](std::string_view bytes) { return lines.add(bytes, on_line); };
    const auto reply = wire_.stream(call, {.on_open = on_open, .on_bytes = on_bytes}, stop);
    if (stop.stop_requested()) {
        return DockerWire::fault(FaultKind::cancelled, call, "no longer followed");
    }
    if (!reply) return reply.fault();
    if (!is_success(reply.value().status)) return wire_.fault_of(call, reply.value());
    if (lines.too_long()) trouble = "an event is too long";
    if (trouble.empty()) trouble = "the daemon ended the stream";
    return DockerWire::fault(FaultKind::unavailable, call, trouble);
}

}  // namespace roundhouse
