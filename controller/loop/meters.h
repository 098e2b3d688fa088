// The port through which the loop reports its measurements. What a scrape can read from the board
// (engines, gateways, conditions) is not reported here.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/time.h"

namespace roundhouse {

enum class RoundOutcome {
    matched,  // the world is as declared
    differs,
    failed,  // the look failed
};

// Any thread. Never throws, never blocks for long.
class Meters {
  public:
    virtual ~Meters() = default;
    virtual void round_ended(RoundOutcome outcome, Duration took) = 0;
    // `well`: the step ended without a fault.
    virtual void step_ended(const Step& step, bool well, Duration took) = 0;
    // The control server of `gateway` reported other forwarded ports than before.
    virtual void forwarded_ports_changed(const std::string& gateway) = 0;
};

// For commands that serve no metrics.
class NoMeters : public Meters {
  public:
    void round_ended(RoundOutcome, Duration) override {}
    void step_ended(const Step&, bool, Duration) override {}
    void forwarded_ports_changed(const std::string&) override {}
};

}  // namespace roundhouse
