#include "loop/controller.h"

#include <thread>

namespace roundhouse {

Controller::Controller(Runtime& runtime, GatewayApi& gateway_api, ProbeTransport& probes,
                       PortCheck& ports, const Clock& clock, Journal& journal, Meters& meters)
    : clock_(clock),
      prober_(probes, clock, [this] { wake(); }),
      puller_(runtime, workers_, clock, journal, [this] { wake(); }),
      steps_(runtime, workers_, clock, journal, meters, [this] { wake(); }),
      listener_(runtime, workers_, board_, steps_, journal, [this] { wake(); }),
      reconciler_({runtime, gateway_api, workers_, clock, journal, board_, prober_, puller_, steps_,
                   meters, ports, [this] { wake(); }}) {}

void Controller::run(const std::stop_token& stop,
                     const std::function<bool(const RoundResult&)>& after_round) {
    const std::jthread probing([this](const std::stop_token& ended) { prober_.run(ended); });
    const std::jthread listening([this](const std::stop_token& ended) { listener_.run(ended); });
    Driver(reconciler_, board_, wakeup_, clock_).run(stop, after_round);
    steps_.drain();
}

Result<Survey> Controller::survey(const EnginePool& pool) {
    // The first look finds the engines to probe, the second sees the results. Every probe ends
    // within its timeout, so the loop ends, too.
    auto first = reconciler_.survey(pool);
    if (!first) return first;
    while (!prober_.asked_all())
        prober_.turn(pool.engine_template.probe.timeout);
    return reconciler_.survey(pool);
}

}  // namespace roundhouse
