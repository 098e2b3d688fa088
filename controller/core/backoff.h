// How long to wait before trying again: at once, 1 s, 2 s, 4 s ... 5 min.
#pragma once

#include "core/time.h"

namespace roundhouse {

// For so long a gateway may stand still before its engines are taken away so that it can be made
// again.
inline constexpr Duration pin_grace{1000};

inline constexpr Duration longest_backoff = std::chrono::minutes(5);
// An engine that ran this long had no trouble: its next failure counts as the first.
inline constexpr Duration failure_reset_after = std::chrono::minutes(10);

// The wait after `failures` failures in a row: 0 for none or the first, then 1 s doubling up to
// five minutes.
Duration backoff_after(int failures);

// How long is left of `wait`, `elapsed` after it began. Never negative.
Duration remaining(Duration wait, Duration elapsed);

// The time from `since` to `now` on a clock that may have been set in between: never negative, and
// longest_backoff when `since` lies so far ahead that only a clock change explains it, so that a
// corrected clock never parks an engine.
Duration elapsed_since(Time since, Time now);

}  // namespace roundhouse
