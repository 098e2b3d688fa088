// Everything that measures a running controller: the loop's meters and the ends of calls to Docker
// and Gluetun go in, /metrics and the charts' history come out.
#pragma once

#include <atomic>
#include <string>

#include "edge/gluetun/client.h"
#include "edge/metrics/counters.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/history.h"
#include "loop/meters.h"

namespace roundhouse {

// Any thread, once watch() has returned.
class Instruments : public Meters {
  public:
    // The clock must outlive this.
    explicit Instruments(const Clock& clock)
        : clock_(clock), metrics_(clock), last_turn_(clock.monotonic()) {}

    // The board that the scrapes and the history are read off; it must outlive this, or at least
    // all calls. To be called before the first round.
    void watch(const Board& board) { board_ = &board; }

    void round_ended(RoundOutcome outcome, Duration took) override;
    void step_ended(const Step& step, bool well, Duration took) override;
    void forwarded_ports_changed(const std::string& gateway) override;
    void docker_call_ended(const MeasuredCall& call) { metrics_.docker_call_ended(call); }
    void gluetun_request_ended(const GluetunRequest& request);

    // The loop has gone round once more, whatever came of it: a look that failed, or no spec yet.
    void turn_ended() { last_turn_ = clock_.monotonic(); }
    // Since the loop last went round, or else since the start.
    Duration since_last_turn() const { return clock_.monotonic() - last_turn_.load(); }

    // What /metrics says. Only after watch().
    std::string metrics_text() { return metrics_.text(*board_); }
    const History& history() const { return history_; }

  private:
    const Clock& clock_;
    Metrics metrics_;
    History history_;
    const Board* board_ = nullptr;
    std::atomic<Monotonic> last_turn_;
};

}  // namespace roundhouse
