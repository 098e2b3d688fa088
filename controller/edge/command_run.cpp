#include <optional>
#include <string>
#include <utility>

#include "edge/commands.h"
#include "edge/exit_code.h"
#include "edge/instruments.h"
#include "edge/measured_runtime.h"
#include "edge/spec_source.h"
#include "edge/state_lock.h"
#include "edge/stop_deadline.h"
#include "edge/system_clock.h"
#include "edge/version.h"
#include "edge/watch.h"
#include "edge/workbench.h"
#include "loop/controller.h"

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

}  // namespace

int command_run(const CommandLine& line, const Environment& environment, Signals& signals) {
    const SystemClock clock;
    Instruments instruments(clock);
    GluetunSettings gluetun;
    gluetun.on_request = [&](const GluetunRequest& request) {
        instruments.gluetun_request_ended(request);
    };
    Workbench bench(environment, std::move(gluetun));
    if (!bench.ready()) return bench.exit_code();
    Journal& journal = bench.journal();
    journal.record(
        {Severity::info, "roundhouse starts", {{"version", version()}, {"spec", line.file}}});

    MeasuredRuntime docker(bench.runtime(),
                           [&](const DockerCall& call) { instruments.docker_call_ended(call); });
    Controller controller(docker, bench.gateway_api(), bench.probes(), bench.clock(), journal,
                          instruments);
    instruments.watch(controller.board());
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
    const SpecWatch watch(line.file, reload);
    signals.on_hangup(reload);
    source.load();
    const StopDeadline deadline(
        ended.get_token(), [] { return exit_code::success; }, journal);
    controller.run(ended.get_token(), [](const RoundResult&) { return true; });
    signals.on_hangup(nullptr);
    if (admission.refused()) return exit_code::failure;
    journal.record({Severity::info, "roundhouse ends; the engines are left running", {}});
    return exit_code::success;
}

}  // namespace roundhouse
