#include "edge/metrics/meters.h"

#include "edge/metrics/counters.h"
#include "edge/metrics/gauges.h"

namespace roundhouse {

namespace {

// Empty where no engine's are known.
std::optional<int> sessions_of(const Observation& seen) {
    std::optional<int> sum;
    for (const auto& engine : seen.engines) {
        if (engine.usage) sum = sum.value_or(0) + engine.usage->sessions;
    }
    return sum;
}

}  // namespace

ControllerMeters::ControllerMeters(const Clock& clock)
    : clock_(clock), counters_(std::make_unique<Counters>(clock)), last_turn_(clock.monotonic()) {}

ControllerMeters::~ControllerMeters() = default;

void ControllerMeters::round_ended(RoundOutcome outcome, Duration took) {
    counters_->round_ended(outcome, took);
    const auto round = board_->round();
    if (round == nullptr) return;
    // After a failed look these are the numbers of the last successful one.
    history_.round_ended(clock_.now(), round->plan.wanted, round->plan.ready(), took,
                         sessions_of(round->seen));
}

void ControllerMeters::step_ended(const Step& step, bool well, Duration took) {
    counters_->step_ended(step, well, took);
    if (step.action == Action::replace && well) history_.engine_replaced();
}

void ControllerMeters::forwarded_ports_changed(const std::string& gateway) {
    counters_->forwarded_ports_changed(gateway);
    history_.ports_changed();
}

void ControllerMeters::docker_call_ended(const DockerCallEnd& call) {
    counters_->docker_call_ended(call);
}

void ControllerMeters::gluetun_request_ended(const GluetunRequest& request) {
    counters_->gluetun_request_ended(request);
}

void ControllerMeters::http_unauthorized() {
    counters_->http_unauthorized();
}

std::string ControllerMeters::text() {
    const BoardView board = read_board(*board_);
    return to_text(read_gauges(board)) + counters_->text(gateway_names(board));
}

}  // namespace roundhouse
