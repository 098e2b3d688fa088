#include "core/backoff.h"

#include <algorithm>

namespace roundhouse {

Duration backoff_after(int failures) {
    if (failures <= 1) return Duration{0};
    // 2^9 s is beyond the cap already; a larger shift would only invite an overflow.
    const int doublings = std::min(failures - 2, 9);
    return std::min<Duration>(std::chrono::seconds{1 << doublings}, longest_backoff);
}

Duration remaining(Duration wait, Duration elapsed) {
    return std::max(wait - std::max(elapsed, Duration{0}), Duration{0});
}

Duration elapsed_since(Time since, Time now) {
    if (since <= now) return now - since;
    return since - now > longest_backoff ? longest_backoff : Duration{0};
}

}  // namespace roundhouse
