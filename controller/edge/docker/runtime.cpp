#include "edge/docker/runtime.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/names.h"
#include "edge/docker/json.h"
#include "edge/docker/log_text.h"
#include "edge/docker/pull_progress.h"
#include "edge/docker/registry_auth.h"
#include "edge/docker/request_json.h"
#include "edge/text/foreign_text.h"
#include "edge/text/line_reader.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;
constexpr std::size_t longest_list_bytes = 64 * mebibyte;
constexpr std::size_t longest_inspect_bytes = 4 * mebibyte;
constexpr std::size_t longest_line_bytes = mebibyte;
constexpr Duration progress_interval = std::chrono::seconds(1);

// Docker cuts lines of logs after 16 KiB.
constexpr std::size_t longest_log_bytes = mebibyte / 4;

constexpr int ok = 200;
constexpr int not_found = 404;
constexpr std::size_t longest_name = 100;

// The slashes of an image's name stay slashes in the path of a URL.
std::string image_path(const std::string& image) {
    std::string path;
    for (std::size_t at = 0; at <= image.size();) {
        const auto slash = std::min(image.find('/', at), image.size());
        path += (at == 0 ? "" : "/") + percent_escape(image.substr(at, slash - at));
        at = slash + 1;
    }
    return path;
}

std::string container_path(const std::string& id_or_name, const std::string& rest) {
    return "/containers/" + percent_escape(id_or_name) + rest;
}

// Of a regular expression in Go's syntax. Docker's names have letters, digits, '_', '.' and '-'.
std::string regex_escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '.') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string list_path(const std::string& filters) {
    return "/containers/json?all=1&filters=" + percent_escape(filters);
}

Result<void> ignore_body(const DockerReply& /*reply*/) {
    return {};
}

// The lines of an endless reply, up to the first that has a fault.
class Lines {
  public:
    using OnLine = std::function<Result<void>(std::string_view)>;

    // `line_name` is what messages call a line.
    Lines(std::string line_name, OnLine on_line)
        : line_name_(std::move(line_name)), on_line_(std::move(on_line)) {}

    // false: there is a fault.
    bool add(std::string_view bytes) {
        return reader_.add(bytes, [&](std::string_view line) {
            const auto result = on_line_(line);
            if (!result) fault_ = result.fault();
            return result.ok();
        });
    }

    std::optional<Fault> fault() const {
        if (!reader_.too_long()) return fault_;
        return Fault{FaultKind::unavailable, line_name_ + " is too long"};
    }

  private:
    std::string line_name_;
    OnLine on_line_;
    LineReader reader_{longest_line_bytes};
    std::optional<Fault> fault_;
};

}  // namespace

DockerRuntime::DockerRuntime(DockerEndpoint endpoint, DockerSettings settings)
    : settings_(std::move(settings)), connection_(std::move(endpoint), settings_.connect) {}

template <class Work>
auto DockerRuntime::measure(DockerOperation operation, const Work& work) {
    const auto begun = Steady::now();
    auto result = work();
    if (!result) {
        Fault fault = result.fault();
        fault.message = names_.in(fault.message);
        result = std::move(fault);
    }
    DockerCallEnd end{operation, std::nullopt, Steady::now() - begun};
    if (!result) end.fault = result.fault().kind;
    if (settings_.on_call_end) settings_.on_call_end(end);
    return result;
}

template <class Read>
auto DockerRuntime::ask(const DockerCall& call, const Read& read) {
    using Answer = std::invoke_result_t<Read, const DockerReply&>;
    return measure(call.operation, [&]() -> Answer {
        const auto reply = connection_.call(call);
        if (!reply) return reply.fault();
        auto answer = read(reply.value());
        if (!answer) return DockerConnection::fault(call, answer.fault());
        return answer;
    });
}

Result<std::vector<ContainerListing>> DockerRuntime::list_engines() {
    const std::string filters = filters_text({{"label", {std::string(label::pool)}}});
    auto listing = ask({.operation = DockerOperation::list,
                        .what = "list the engines",
                        .path = list_path(filters),
                        .deadline = settings_.list,
                        .max_reply_bytes = longest_list_bytes},
                       [](const DockerReply& reply) { return parse_listing(reply.body); });
    if (!listing) return listing;
    for (const auto& row : listing.value())
        names_.note(row.id, row.name);
    add_known_networks(listing.value());
    return listing;
}

void DockerRuntime::add_known_networks(std::vector<ContainerListing>& listing) {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Network> still_there;
    for (auto& row : listing) {
        const auto known = networks_.find(row.id);
        if (row.network.is_known() || known == networks_.end()) continue;
        row.network = known->second;
        if (!row.network.joins.empty()) row.address.clear();
        still_there.emplace(row.id, row.network);
    }
    networks_ = std::move(still_there);
}

template <class Read>
auto DockerRuntime::inspect_engine(const std::string& id, const Read& read) {
    using Answer = std::optional<std::decay_t<decltype(read("", id).value())>>;
    return ask({.operation = DockerOperation::inspect_engine,
                .what = "inspect " + names_.of(id),
                .container = id,
                .path = container_path(id, "/json"),
                .deadline = settings_.inspect,
                .max_reply_bytes = longest_inspect_bytes},
               [&](const DockerReply& reply) -> Result<Answer> {
                   if (reply.status == not_found) return Answer();
                   auto answer = read(reply.body, id);
                   if (!answer) return answer.fault();
                   return Answer(std::move(answer.value()));
               });
}

Result<std::optional<EngineEnd>> DockerRuntime::inspect_end(const std::string& id) {
    auto end = inspect_engine(id, parse_end);
    if (end && end.value()) end.value()->start_error = names_.in(end.value()->start_error);
    return end;
}

Result<std::vector<std::string>> DockerRuntime::last_lines(const std::string& id,
                                                           const KeyValues& hidden) {
    const std::string tail = std::to_string(most_log_lines);
    return ask({.operation = DockerOperation::read_log,
                .what = "read the log of " + names_.of(id),
                .container = id,
                .path = container_path(id, "/logs?stdout=1&stderr=1&tail=" + tail),
                .deadline = settings_.inspect,
                .max_reply_bytes = longest_log_bytes},
               [&](const DockerReply& reply) -> Result<std::vector<std::string>> {
                   if (reply.status != ok) return std::vector<std::string>{};
                   return parse_log(reply.body, hidden);
               });
}

Result<std::optional<Network>> DockerRuntime::inspect_network(const std::string& id) {
    auto network = inspect_engine(id, parse_network);
    if (network && network.value()) note_network(id, *network.value());
    return network;
}

void DockerRuntime::note_network(const std::string& id, const Network& network) {
    const std::lock_guard lock(mutex_);
    if (network.is_known()) networks_[id] = network;
}

Result<std::optional<std::int64_t>> DockerRuntime::inspect_pid(const std::string& id) {
    return inspect_engine(id, parse_pid);
}

// Docker would also find a container by the beginning of its id: so a name is looked up in a list,
// and the container is inspected by its id. As long as that id has the name, no list is needed.
Result<std::optional<GatewayContainer>> DockerRuntime::inspect_gateway(const std::string& name) {
    std::string known;
    {
        const std::lock_guard lock(mutex_);
        known = gateway_ids_[name];
    }
    if (!known.empty()) {
        auto gateway = inspect_gateway(name, known);
        if (!gateway || gateway.value()) return gateway;
    }
    const auto id = find_id(name);
    if (!id) return id.fault();
    {
        const std::lock_guard lock(mutex_);
        gateway_ids_[name] = id.value().value_or("");
    }
    if (!id.value()) return Gateway();
    names_.note(*id.value(), name);
    return inspect_gateway(name, *id.value());
}

Result<DockerRuntime::Gateway> DockerRuntime::inspect_gateway(const std::string& name,
                                                              const std::string& id) {
    return ask({.operation = DockerOperation::inspect_gateway,
                .what = "inspect gateway " + name,
                .container = id,
                .path = container_path(id, "/json"),
                .deadline = settings_.inspect,
                .max_reply_bytes = longest_inspect_bytes},
               [&](const DockerReply& reply) -> Result<Gateway> {
                   if (reply.status == not_found) return Gateway();
                   return parse_gateway(reply.body, {.id = id, .name = name});
               });
}

Result<std::optional<std::string>> DockerRuntime::find_id(const std::string& name) {
    // The filter is a regular expression.
    return ask({.operation = DockerOperation::list_names,
                .what = "look for the gateway named " + name,
                .path = list_path(filters_text({{"name", {"^/?" + regex_escape(name) + "$"}}})),
                .deadline = settings_.inspect,
                .max_reply_bytes = longest_list_bytes},
               [&](const DockerReply& reply) { return parse_id_of(reply.body, name); });
}

Result<std::vector<NameHolder>> DockerRuntime::list_names(const std::string& prefix) {
    // Docker's filter matches `prefix` anywhere in a name: it only makes the reply shorter.
    auto names = ask({.operation = DockerOperation::list_names,
                      .what = "list the containers named " + prefix + "*",
                      .path = list_path(filters_text({{"name", {prefix}}})),
                      .deadline = settings_.list,
                      .max_reply_bytes = longest_list_bytes},
                     [&](const DockerReply& reply) { return parse_names(reply.body, prefix); });
    if (!names) return names;
    for (const auto& holder : names.value())
        names_.note(holder.id, holder.name);
    return names;
}

Result<bool> DockerRuntime::has_image(const std::string& image) {
    return ask({.operation = DockerOperation::inspect_image,
                .what = "inspect image " + image,
                .path = "/images/" + image_path(image) + "/json",
                .deadline = settings_.inspect,
                .max_reply_bytes = longest_inspect_bytes},
               [](const DockerReply& reply) -> Result<bool> {
                   if (reply.status == not_found) return false;
                   return parse_image(reply.body);
               });
}

Result<CreatedContainer> DockerRuntime::create(const EngineRequest& request) {
    auto created = ask({.operation = DockerOperation::create,
                        .what = "create " + request.name,
                        .method = "POST",
                        .path = "/containers/create?name=" + percent_escape(request.name),
                        .body = create_body(request),
                        .deadline = settings_.change},
                       [](const DockerReply& reply) { return parse_created(reply.body); });
    if (!created) return created;
    // With another container's id, a stranger would be started.
    const std::string& id = created.value().id;
    const auto found = inspect_engine(id, parse_identity);
    if (!found) return Fault{FaultKind::unavailable, found.fault().message};
    if (found.value() && found.value()->name == request.name) {
        names_.note(id, request.name);
        note_network(id, found.value()->network);
        return created;
    }
    return Fault{FaultKind::unavailable, "docker: create " + request.name + ": the reply names " +
                                             cleaned(names_.of(id), longest_name) +
                                             ", which is another one"};
}

// A daemon that did not name itself may be Podman.
Result<void> DockerRuntime::expect_running_gateway(const std::string& id) {
    const std::string daemon = about().name;
    if (!daemon.empty() && daemon != podman_name) return {};
    const auto network = inspect_network(id);
    if (!network) return network.fault();
    if (!network.value() || network.value()->joins.empty()) return {};
    const std::string& gateway_id = network.value()->joins;
    const auto running = inspect_engine(gateway_id, parse_running);
    if (!running) return running.fault();
    if (running.value().value_or(false)) return {};
    return Fault{FaultKind::conflict, "docker: start " + names_.of(id) + ": its gateway, " +
                                          names_.of(gateway_id) +
                                          ", does not run, and a start of the engine would start "
                                          "the gateway, too"};
}

Result<void> DockerRuntime::start(const std::string& id) {
    const auto gateway = expect_running_gateway(id);
    if (!gateway) return gateway.fault();
    return ask({.operation = DockerOperation::start,
                .what = "start " + names_.of(id),
                .container = id,
                .method = "POST",
                .path = container_path(id, "/start"),
                .deadline = settings_.change},
               ignore_body);
}

Result<void> DockerRuntime::stop(const std::string& id, Duration grace) {
    const auto grace_s = std::chrono::ceil<std::chrono::seconds>(grace);
    return ask({.operation = DockerOperation::stop,
                .what = "stop " + names_.of(id),
                .container = id,
                .method = "POST",
                .path = container_path(id, "/stop?t=" + std::to_string(grace_s.count())),
                .deadline = grace_s + settings_.after_grace},
               ignore_body);
}

Result<void> DockerRuntime::remove(const std::string& id) {
    const DockerCall call{.operation = DockerOperation::remove,
                          .what = "remove " + names_.of(id),
                          .container = id,
                          .method = "DELETE",
                          .path = container_path(id, "?force=1&v=1"),
                          .deadline = settings_.change};
    auto removed = ask(call, ignore_body);
    if (!removed) return removed;
    const auto left = inspect_engine(id, parse_identity);
    if (!left || !left.value()) return removed;
    return DockerConnection::fault(
        call, {FaultKind::rejected, "Docker says that it is removed, and it is still there"});
}

Result<void> DockerRuntime::pull(const PullRequest& request,
                                 const std::function<void(const std::string&)>& progress,
                                 std::stop_token stop) {
    const PullTarget target = pull_target(request.image);
    DockerCall call{.operation = DockerOperation::pull,
                    .what = "pull " + request.image,
                    .method = "POST",
                    .path = "/images/create?fromImage=" + percent_escape(target.from_image) +
                            "&tag=" + percent_escape(target.tag),
                    .idle_timeout = settings_.pull_idle};
    PullProgress sum;
    Lines lines("a line of the reply", [&](std::string_view text) -> Result<void> {
        const auto line = parse_pull_line(text);
        if (!line) return line.fault();
        const std::string& error = line.value().error;
        const std::string_view hint = remedy(call.operation, error);
        if (!error.empty()) {
            return Fault{FaultKind::rejected,
                         error + (hint.empty() ? "" : ": ") + std::string(hint)};
        }
        sum.add(line.value());
        return {};
    });
    Steady::time_point next_progress;
    const auto on_bytes = [&](std::string_view bytes) {
        if (!lines.add(bytes)) return false;
        const auto now = Steady::now();
        if (now >= next_progress) {
            next_progress = now + progress_interval;
            progress(sum.text());
        }
        return true;
    };
    return measure(call.operation, [&]() -> Result<void> {
        if (!request.registry_auth_file.empty()) {
            const auto auth = registry_auth(request.registry_auth_file, request.image);
            if (!auth) return DockerConnection::fault(call, auth.fault());
            if (!auth.value().empty()) call.headers = {"X-Registry-Auth: " + auth.value()};
        }
        const auto reply = connection_.stream(call, {.on_open = {}, .on_bytes = on_bytes}, stop);
        if (const auto fault = lines.fault()) return DockerConnection::fault(call, *fault);
        if (!reply) return reply.fault();
        return {};
    });
}

Result<void> DockerRuntime::follow_events(const std::function<void()>& on_open,
                                          const std::function<void(const RuntimeEvent&)>& on_event,
                                          std::stop_token stop) {
    // Only what can change what a look sees; execs and the like would wake the loop for nothing.
    const std::string filters = filters_text({{"type", {"container"}},
                                              {"event",
                                               {"create", "start", "die", "oom", "pause", "unpause",
                                                "rename", "destroy", "health_status",
                                                // Podman's words for "die" and "destroy"
                                                "died", "remove"}}});
    const DockerCall call{.operation = DockerOperation::follow_events,
                          .what = "follow events",
                          .path = "/events?filters=" + percent_escape(filters)};
    const Fault cancelled{FaultKind::cancelled, "no longer followed"};
    Lines lines("an event", [&](std::string_view text) -> Result<void> {
        const auto event = parse_event(text);
        if (!event) return event.fault();
        on_event(event.value());
        if (stop.stop_requested()) return cancelled;
        return {};
    });
    const auto on_bytes = [&](std::string_view bytes) { return lines.add(bytes); };
    const auto reply = connection_.stream(call, {.on_open = on_open, .on_bytes = on_bytes}, stop);
    if (stop.stop_requested()) return DockerConnection::fault(call, cancelled);
    if (const auto fault = lines.fault()) return DockerConnection::fault(call, *fault);
    if (!reply) return reply.fault();
    return DockerConnection::fault(call, {FaultKind::unavailable, "the daemon ended the stream"});
}

}  // namespace roundhouse
