// The measurements of a running controller: events of the loop and calls to Docker and Gluetun go
// in, the text of /metrics and the history for charts come out.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "edge/docker/runtime.h"
#include "edge/gluetun/client.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/history.h"
#include "loop/meters.h"

namespace roundhouse {

class Counters;

// Any thread, once watch() has returned.
class ControllerMeters : public Meters {
  public:
    // The clock must outlive this.
    explicit ControllerMeters(const Clock& clock);
    ~ControllerMeters() override;
    ControllerMeters(const ControllerMeters&) = delete;
    ControllerMeters& operator=(const ControllerMeters&) = delete;

    // Sets the board that gauges and history are read from. Call it before the first round; the
    // board must outlive all calls.
    void watch(const Board& board) { board_ = &board; }

    void round_ended(RoundOutcome outcome, Duration took) override;
    void step_ended(const Step& step, bool well, Duration took) override;
    void forwarded_ports_changed(const std::string& gateway) override;
    void docker_call_ended(const DockerCallEnd& call);
    void gluetun_request_ended(const GluetunRequest& request);
    // A request to the HTTP API was answered 401.
    void http_unauthorized();

    // The loop is alive: it has finished a turn, even if the look failed or there is no spec yet.
    void turn_ended() { last_turn_ = clock_.monotonic(); }
    // The time since the last turn_ended(), or since the construction.
    Duration since_last_turn() const { return clock_.monotonic() - last_turn_.load(); }

    // The text of /metrics: content type "text/plain; version=0.0.4; charset=utf-8". Only after
    // watch().
    std::string text();
    const History& history() const { return history_; }

  private:
    const Clock& clock_;
    std::unique_ptr<Counters> counters_;
    History history_;
    const Board* board_ = nullptr;
    std::atomic<Monotonic> last_turn_;
};

}  // namespace roundhouse
