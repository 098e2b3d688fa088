// One life of the controller's process: what edge puts together, on simulated ports.
#pragma once

#include <functional>

#include "loop/board.h"
#include "loop/driver.h"
#include "loop/event_listener.h"
#include "loop/last_lines.h"
#include "loop/prober.h"
#include "loop/puller.h"
#include "loop/reconciler.h"
#include "loop/step_runner.h"
#include "sim/sim_ports.h"

namespace roundhouse::test {

class SilentJournal : public Journal {
  public:
    void record(const JournalEntry& /*entry*/) override {}
};

struct Process {
    Process(World& around, Watchdog& watchdog, Stage& stage, const std::function<void()>& wake)
        : world(around),
          runtime(world, watchdog, stage),
          gateways(world, stage),
          own(world.clock),
          probes(world, own),
          ports(world),
          sockets(world, watchdog.drains()),
          workers(stage),
          prober(probes, world.clock, wake),
          puller(runtime, workers, world.clock, journal, wake),
          last_lines(runtime, workers, board),
          // Few at a time: in worlds this small none would ever wait otherwise.
          steps(runtime, workers, world.clock, journal, meters, wake,
                static_cast<std::size_t>(world.dice.between(1, 4)), &last_lines),
          listener(runtime, workers, board, steps, last_lines, journal, wake),
          reconciler({runtime, gateways, workers, world.clock, journal, board, prober, puller,
                      steps, last_lines, meters, ports, sockets, own, wake}) {
        world.call_controller = [this, wake] {
            reconciler.expect_change();
            wake();
        };
    }
    ~Process() {
        world.call_controller = [] {};
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    World& world;
    SimRuntime runtime;
    SimGateways gateways;
    OwnConnections own;
    SimProbes probes;
    SimPortCheck ports;
    SimSockets sockets;
    SimWorkers workers;
    SilentJournal journal;
    NoMeters meters;
    Board board;
    Prober prober;
    Puller puller;
    LastLines last_lines;
    StepRunner steps;
    EventListener listener;
    Reconciler reconciler;
    Pace pace;
};

}  // namespace roundhouse::test
