#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/http/routes.h"
#include "edge/http/server.h"
#include "edge/metrics/meters.h"
#include "edge/spec/folder_watcher.h"
#include "edge/spec/source.h"
#include "edge/system/exit_code.h"
#include "edge/system/secret_file.h"
#include "edge/system/state_lock.h"
#include "edge/system/stop_deadline.h"
#include "edge/system/system_clock.h"
#include "edge/system/version.h"
#include "loop/controller.h"
#include "loop/event_log.h"

namespace roundhouse {

namespace {

// Asks for the pool's lock once its name is known.
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

// A key that is asked for has to be known: a file that cannot be read would let nobody in.
bool key_is_usable(const std::string& file) {
    if (file.empty()) return true;
    const auto key = read_secret(file);
    if (key) return true;
    std::fprintf(stderr, "roundhouse: the API key (--api-key-file, ROUNDHOUSE_API_KEY_FILE): %s\n",
                 key.fault().message.c_str());
    return false;
}

bool begin_to_serve(Server& server, const Environment& environment, const Api& api,
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
                     {"api_key", environment.api_key_file.empty() ? "none" : "asked for"}}});
    return true;
}

}  // namespace

int command_run(const CommandLine& line, const Environment& environment, Signals& signals) {
    if (!key_is_usable(environment.api_key_file)) return exit_code::bad_usage;
    const SystemClock clock;
    ControllerMeters meters(clock);
    GluetunSettings gluetun;
    gluetun.on_request = [&](const GluetunRequest& request) {
        meters.gluetun_request_ended(request);
    };
    DockerSettings docker;
    docker.on_call_end = [&](const DockerCallEnd& call) { meters.docker_call_ended(call); };
    Workbench bench(environment, std::move(docker), std::move(gluetun));
    if (!bench.ready()) return bench.exit_code();
    Server server;  // ends last: events wake its streams until then
    EventLog journal(bench.journal(), clock, [&] { server.wake_streams(); });
    journal.record(
        {Severity::info, "roundhouse starts", {{"version", version()}, {"spec", line.file}}});

    Controller controller(bench.runtime(), bench.gateway_api(), bench.probes(), bench.clock(),
                          journal, meters);
    meters.watch(controller.board());
    const Api api({.board = controller.board(),
                   .events = journal,
                   .history = meters.history(),
                   .metrics = [&] { return meters.text(); },
                   .since_last_round = [&] { return meters.since_last_turn(); },
                   .wake = [&] { controller.wake(); },
                   .api_key_file = environment.api_key_file});
    Admission admission(environment.state_dir, journal);
    std::stop_source ended;
    const std::stop_callback end_with_process(signals.stop(), [&] { ended.request_stop(); });
    SpecSource source(line.file, environment.spec_defaults, controller.board(), bench.clock(),
                      journal, [&](const EnginePool& pool) {
                          const bool admitted = admission.admit(pool);
                          if (!admitted) ended.request_stop();
                          return admitted;
                      });
    const auto reload = [&] {
        source.load();
        controller.wake();
    };
    // Watched before it is first read, so that no save falls in between.
    const FolderWatcher watcher(line.file, reload);
    signals.on_hangup(reload);
    source.load();
    // With a spec in force, so that the first answers tell of it.
    const bool serves = !admission.refused() && begin_to_serve(server, environment, api, journal);
    if (!serves) ended.request_stop();
    const StopDeadline deadline(
        ended.get_token(), [] { return exit_code::success; }, journal);
    controller.run(ended.get_token(), [&](const RoundResult&) {
        meters.turn_ended();
        return true;
    });
    server.stop();
    signals.on_hangup(nullptr);
    if (!serves || admission.refused()) return exit_code::failure;
    journal.record({Severity::info, "roundhouse ends; the engines are left running", {}});
    return exit_code::success;
}

}  // namespace roundhouse
