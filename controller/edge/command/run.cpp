#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "edge/command/balancer_server.h"
#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/notify.h"
#include "edge/command/print.h"
#include "edge/http/routes.h"
#include "edge/http/server.h"
#include "edge/http/unauthorized_log.h"
#include "edge/metrics/meters.h"
#include "edge/pod/pod_pool.h"
#include "edge/pod/pod_shape.h"
#include "edge/pod/runtime.h"
#include "edge/spec/folder_watcher.h"
#include "edge/spec/source.h"
#include "edge/system/exit_code.h"
#include "edge/system/machine_name.h"
#include "edge/system/secret_file.h"
#include "edge/system/state_lock.h"
#include "edge/system/stop_deadline.h"
#include "edge/system/system_clock.h"
#include "edge/system/version.h"
#include "edge/text/host_name.h"
#include "loop/controller.h"
#include "loop/event_log.h"

namespace roundhouse {

namespace {

// Takes the pool's lock as soon as a spec names the pool.
class Admission {
  public:
    Admission(std::string state_dir, Journal& journal)
        : state_dir_(std::move(state_dir)), journal_(journal) {}

    bool admit(const EnginePool& pool) {
        auto lock = StateLock::acquire(state_dir_, pool.name);
        if (lock) {
            lock_.emplace(std::move(lock.value()));
            return true;
        }
        journal_.record({Severity::error, "cannot start", {{"error", lock.fault().message}}});
        refused_ = true;
        return false;
    }

    bool refused() const { return refused_; }

  private:
    std::string state_dir_;
    Journal& journal_;
    std::optional<StateLock> lock_;
    bool refused_ = false;
};

// A key file that cannot be read would lock everybody out of the HTTP API.
bool key_is_usable(const std::string& file) {
    if (file.empty()) return true;
    const auto key = read_secret(file);
    if (key) return true;
    print_problem("the API key (--api-key-file, ROUNDHOUSE_API_KEY_FILE): " + key.fault().message);
    return false;
}

// Without a key, the API answers under the allowed names and the machine's (or container's) own.
AccessRules access_rules(const Environment& environment) {
    AccessRules rules{environment.api_key_file, environment.allowed_hosts};
    if (const auto own = host_of(machine_name())) rules.host_names.push_back(*own);
    return rules;
}

bool start_server(Server& server, const Environment& environment, const Api& api,
                  Journal& journal) {
    const auto listening = server.listen(
        environment.listen, [&](const Request& request) { return api.handle(request); });
    if (!listening) {
        journal.record({Severity::error, "cannot start", {{"error", listening.fault().message}}});
        return false;
    }
    journal.record({Severity::info,
                    "listens for HTTP",
                    {{"address", server.address()},
                     {"api_key", environment.api_key_file.empty() ? "none" : "required"}}});
    return true;
}

// The share of the Pod's gateway, in the slots that the Pod has. A spec for another image may have
// another command, too, which must not run in the containers of this one: the last good spec is
// better. Where there is none, as in a Pod that came before its spec, this one is better than none.
Result<SpecSource::Adapted> adapt_to_pod(const EnginePool& pool, const CommandLine& line,
                                         HolderRuntime& holders, bool has_another) {
    const auto slots = holders.slot_count();
    if (!slots) return slots.fault();
    const PodShape shape{slots.value(), line.engine_image, line.made_for};
    auto share = pool_of_pod(pool, line.gateway, shape.slots);
    if (!share) return share.fault();
    std::string mismatch = pod_mismatch(pool, line.gateway, shape);
    if (has_another && asks_for_other_image(pool, shape)) {
        return Fault{FaultKind::rejected, std::move(mismatch)};
    }
    leave_to_pod(share.value(), shape);
    holders.serve(share.value());
    return SpecSource::Adapted{std::move(share.value()), std::move(mismatch)};
}

// As it stands; in a Pod, the share of its gateway.
SpecSource::Adapt adaptation(HolderRuntime* holders, const CommandLine& line, const Board& board) {
    if (holders == nullptr) return {};
    return [&line, &board, holders](const EnginePool& pool) {
        return adapt_to_pod(pool, line, *holders, board.spec().pool != nullptr);
    };
}

// Null outside a Pod.
std::unique_ptr<HolderRuntime> pod_of(const CommandLine& line) {
    if (line.command != Command::agent) return nullptr;
    return std::make_unique<HolderRuntime>(HolderSettings{line.slots, line.gateway});
}

GluetunSettings metered_gluetun(ControllerMeters& meters) {
    GluetunSettings settings;
    settings.on_request = [&meters](const GluetunRequest& request) {
        meters.gluetun_request_ended(request);
    };
    return settings;
}

DockerSettings metered_docker(ControllerMeters& meters) {
    DockerSettings settings;
    settings.on_call_end = [&meters](const DockerCallEnd& call) { meters.docker_call_ended(call); };
    return settings;
}

}  // namespace

int command_run(const CommandLine& line, const Environment& environment, Signals& signals) {
    if (!key_is_usable(environment.api_key_file)) return exit_code::bad_usage;
    const auto notify = notify_settings(environment);
    if (!notify) {
        print_problem(notify.fault().message);
        return exit_code::bad_usage;
    }
    const SystemClock clock;
    ControllerMeters meters(clock);
    auto pod = pod_of(line);
    HolderRuntime* const holders = pod.get();
    Connections connections(environment, metered_docker(meters), metered_gluetun(meters),
                            std::move(pod));
    if (!connections.ready()) return connections.exit_code();
    Server server;  // declared first: events wake its streams until the end
    EventLog journal(connections.journal(), clock, [&] { server.wake_streams(); });
    journal.record(
        {Severity::info, "roundhouse starts", {{"version", version()}, {"spec", line.file}}});
    std::stop_source ended;
    const std::stop_callback end_with_process(signals.stop(), [&] { ended.request_stop(); });
    // Declared before all that reads the spec: a disk may never reply.
    const StopDeadline deadline(
        ended.get_token(), [] { return exit_code::success; }, journal);

    Controller controller(connections.surroundings(), journal, meters);
    meters.watch(controller.board());
    Balancer balancer(sources_of_board(controller.board(), balancer_hosts(environment)),
                      connections.clock());
    Server balancer_server;
    UnauthorizedLog unauthorized(clock, journal);
    const Api api({.board = controller.board(),
                   .events = journal,
                   .history = meters.history(),
                   .metrics = [&] { return meters.text(); },
                   .since_last_round = [&] { return meters.since_last_turn(); },
                   .wake = [&] { controller.wake_for_client(); },
                   .expect_change = [&] { controller.expect_change(); },
                   .on_unauthorized =
                       [&](const Request& request) {
                           meters.http_unauthorized();
                           unauthorized.record(request);
                       },
                   .access = access_rules(environment),
                   .balancer = balancer});
    Admission admission(holders == nullptr ? environment.state_dir : line.slots, journal);
    SpecSource source(
        line.file, environment.spec_defaults, controller.board(), connections.clock(), journal,
        [&](const EnginePool& pool) {
            const bool admitted = admission.admit(pool);
            if (!admitted) ended.request_stop();
            return admitted;
        },
        adaptation(holders, line, controller.board()));
    // The watch starts before the first load, so that no save between the two is missed.
    FolderWatcher watcher(line.file, [&] {
        source.load();
        controller.wake();
    });
    signals.on_hangup([&] { watcher.report_soon(); });
    source.load();
    // The server starts after the first load, so that its first responses show the spec.
    const bool serves =
        !admission.refused() && start_server(server, environment, api, journal) &&
        start_balancer(balancer_server, environment.balancer_listen, balancer, journal);
    if (!serves) ended.request_stop();
    std::optional<Notifier> notifier;
    if (notify.value().url || !notify.value().heartbeat_url.empty()) {
        notifier.emplace(notify.value(), journal, journal, clock,
                         [&] { return outlook_of(controller.board(), meters.since_last_turn()); });
    }
    controller.run(ended.get_token(), [&](const RoundResult&) {
        meters.turn_ended();
        return true;
    });
    balancer_server.stop();
    server.stop();
    signals.on_hangup(nullptr);
    if (!serves || admission.refused()) return exit_code::failure;
    journal.record({Severity::info, "roundhouse ends; the engines are left running", {}});
    return exit_code::success;
}

}  // namespace roundhouse
