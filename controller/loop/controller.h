// A whole controller over its ports: the reconciler, its sensors and the threads that run them.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "loop/board.h"
#include "loop/clock.h"
#include "loop/driver.h"
#include "loop/event_listener.h"
#include "loop/gateway_api.h"
#include "loop/journal.h"
#include "loop/last_lines.h"
#include "loop/meters.h"
#include "loop/own_connections.h"
#include "loop/port_check.h"
#include "loop/probe_transport.h"
#include "loop/prober.h"
#include "loop/puller.h"
#include "loop/reconciler.h"
#include "loop/runtime.h"
#include "loop/socket_tables.h"
#include "loop/step_runner.h"
#include "loop/thread_workers.h"
#include "loop/wakeup.h"

namespace roundhouse {

// The ports to the world.
struct Surroundings {
    Runtime& runtime;
    GatewayApi& gateway_api;
    ProbeTransport& probes;
    PortCheck& ports;
    SocketTables& sockets;
    const OwnConnections& own;
    const Clock& clock;
};

class Controller {
  public:
    // The ports must outlive the controller.
    Controller(const Surroundings& around, Journal& journal, Meters& meters);

    // The spec goes in, and the state of the pool comes out.
    Board& board() { return board_; }

    // Starts a round early. Any thread.
    void wake() { wakeup_.notify(); }
    // The same for clients of the HTTP API, which may ask too often: once a second. Any thread.
    void wake_for_client() { wakeup_.notify_at_most_every(std::chrono::seconds(1)); }
    // The same for a client that announces a change, as Gluetun's commands do: also asks the
    // control servers, at once and three times within 2.5 s. Any thread.
    void expect_change() {
        reconciler_.expect_change();
        wake_for_client();
    }

    // Runs rounds until `stop` is requested or `after_round` returns false, then waits for the
    // steps in flight to end.
    void run(const std::stop_token& stop,
             const std::function<bool(const RoundResult&)>& after_round);

    // One look that probes every engine once: what a round would do now. Changes nothing. Must not
    // be called during run().
    Result<Survey> survey(const EnginePool& pool);

  private:
    const Clock& clock_;
    Wakeup wakeup_;
    Board board_;
    ThreadWorkers workers_;
    LastLines last_lines_;
    Prober prober_;
    Puller puller_;
    StepRunner steps_;
    EventListener listener_;
    Reconciler reconciler_;
};

}  // namespace roundhouse
