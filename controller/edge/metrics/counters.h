// Everything that /metrics tells, as text for Prometheus. What happens is counted as it happens;
// what is, is read off the board at each scrape. Every series is there from the first scrape,
// except those of engines and gateways, which come and go with them.
#pragma once

#include <memory>
#include <string>

#include "edge/docker/measured_runtime.h"
#include "edge/gluetun/client.h"
#include "loop/board.h"
#include "loop/clock.h"
#include "loop/meters.h"

namespace roundhouse {

// Any thread.
class Metrics : public Meters {
  public:
    // The clock must outlive this.
    explicit Metrics(const Clock& clock);
    ~Metrics() override;
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    void round_ended(RoundOutcome outcome, Duration took) override;
    void step_ended(const Step& step, bool well, Duration took) override;
    void forwarded_ports_changed(const std::string& gateway) override;

    void docker_call_ended(const MeasuredCall& call);
    void gluetun_request_ended(const GluetunRequest& request);

    // Content type "text/plain; version=0.0.4; charset=utf-8".
    std::string text(const Board& board);

  private:
    class Counters;
    std::unique_ptr<Counters> counters_;
};

}  // namespace roundhouse
