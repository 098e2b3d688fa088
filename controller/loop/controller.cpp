#include "loop/controller.h"

#include <thread>

namespace roundhouse {

Controller::Controller(const Surroundings& around, Journal& journal, Meters& meters)
    : clock_(around.clock),
      last_lines_(around.runtime, workers_, board_),
      prober_(around.probes, around.clock, [this] { wake(); }),
      puller_(around.runtime, workers_, around.clock, journal, [this] { wake(); }),
      steps_(
          around.runtime, workers_, around.clock, journal, meters, [this] { wake(); },
          StepRunner::usual_in_flight, &last_lines_),
      listener_(around.runtime, workers_, board_, steps_, last_lines_, journal, [this] { wake(); }),
      reconciler_({around.runtime, around.gateway_api, workers_, around.clock, journal, board_,
                   prober_, puller_, steps_, last_lines_, meters, around.ports, around.sockets,
                   around.own, [this] { wake(); }}) {}

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
