// The machine's clock.
#pragma once

#include "loop/clock.h"

namespace roundhouse {

class SystemClock : public Clock {
  public:
    Time now() const override;
    Monotonic monotonic() const override;
};

}  // namespace roundhouse
