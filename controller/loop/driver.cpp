#include "loop/driver.h"

#include <algorithm>
#include <array>

namespace roundhouse {

Duration pause_after(const RoundResult& round, int failed_looks, int rounds_since_wakeup,
                     Duration check_interval) {
    if (failed_looks > 0) {
        constexpr Duration longest{15'000};
        const int doublings = std::min(failed_looks - 1, 5);
        return std::min(Duration{500 << doublings}, longest);
    }
    const Duration pause = std::min(round.wake_in.value_or(check_interval), check_interval);
    constexpr std::array<Duration, looks_after_wakeup> again{Duration{40}, Duration{100},
                                                             Duration{1000}};
    if (rounds_since_wakeup >= looks_after_wakeup) return pause;
    return std::min(pause, again[static_cast<std::size_t>(rounds_since_wakeup)]);
}

Duration shortest_pause_after(const RoundResult& round) {
    return round.acts ? Duration{100} : Duration{40};
}

void Driver::run(const std::stop_token& stop,
                 const std::function<bool(const RoundResult&)>& after_round) {
    int failed_looks = 0;
    int rounds_since_wakeup = looks_after_wakeup;
    while (!stop.stop_requested()) {
        const SpecInForce spec = board_.spec();
        const RoundResult round = reconciler_.round(stop);
        if (!after_round(round)) return;
        const bool idle = spec.pool == nullptr;  // no spec yet: no look was due
        failed_looks = round.looked || idle ? 0 : failed_looks + 1;
        const Duration interval = idle ? Duration{60'000} : spec.pool->check_interval;
        const Duration pause = pause_after(round, failed_looks, rounds_since_wakeup, interval);
        // A wake-up during the shortest pause does not end it, and is not lost.
        const Duration quiet = std::min(pause, shortest_pause_after(round));
        pause_for(quiet, stop);
        const bool woken = wakeup_.wait(pause - quiet, stop);
        rounds_since_wakeup = woken ? 0 : std::min(rounds_since_wakeup + 1, looks_after_wakeup);
    }
}

}  // namespace roundhouse
