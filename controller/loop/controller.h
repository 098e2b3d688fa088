// A whole controller on top of its ports: the reconciler with its sensors, and the threads that
// drive it.
#pragma once

#include <functional>
#include <stop_token>

#include "loop/board.h"
#include "loop/clock.h"
#include "loop/driver.h"
#include "loop/gateway_api.h"
#include "loop/journal.h"
#include "loop/meters.h"
#include "loop/probe_transport.h"
#include "loop/prober.h"
#include "loop/puller.h"
#include "loop/reconciler.h"
#include "loop/runtime.h"
#include "loop/step_runner.h"
#include "loop/thread_workers.h"
#include "loop/wakeup.h"

namespace roundhouse {

class Controller {
  public:
    // The ports must outlive the controller.
    Controller(Runtime& runtime, GatewayApi& gateway_api, ProbeTransport& probes,
               const Clock& clock, Journal& journal, Meters& meters);

    // Where the spec goes in, and what is known comes out.
    Board& board() { return board_; }

    // Makes the loop look again soon. Any thread.
    void wake() { wakeup_.ring(); }

    // Runs rounds until `stop` is requested or `after_round` returns false, and then waits for the
    // steps in flight to end.
    void run(const std::stop_token& stop,
             const std::function<bool(const RoundResult&)>& after_round);

    // One look with every engine asked once: what a round would do now. Changes nothing. Not while
    // run() is under way.
    Result<Survey> survey(const EnginePool& pool);

  private:
    Runtime& runtime_;
    Journal& journal_;
    Wakeup wakeup_;
    Board board_;
    ThreadWorkers workers_;
    Prober prober_;
    Puller puller_;
    StepRunner steps_;
    Reconciler reconciler_;
};

}  // namespace roundhouse
