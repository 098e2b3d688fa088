#include "edge/metrics/meters.h"

namespace roundhouse {

void Instruments::round_ended(RoundOutcome outcome, Duration took) {
    metrics_.round_ended(outcome, took);
    const auto round = board_->round();
    if (round == nullptr) return;
    // After a look that failed these are the numbers of the last one that worked.
    history_.round_ended(clock_.now(), round->plan.wanted, round->plan.ready(), took);
}

void Instruments::step_ended(const Step& step, bool well, Duration took) {
    metrics_.step_ended(step, well, took);
}

void Instruments::forwarded_ports_changed(const std::string& gateway) {
    metrics_.forwarded_ports_changed(gateway);
}

void Instruments::gluetun_request_ended(const GluetunRequest& request) {
    metrics_.gluetun_request_ended(request);
}

}  // namespace roundhouse
