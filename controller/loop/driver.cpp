#include "loop/driver.h"

#include <algorithm>

namespace roundhouse {

Pace::Pause Pace::after(const RoundResult& round, bool look_was_due, Duration check_interval,
                        Monotonic now) {
    failed_looks_ = round.looked || !look_was_due ? 0 : failed_looks_ + 1;
    const Duration quiet = quiet_after(round, now);
    Duration at_most = std::min(round.wake_in.value_or(check_interval), check_interval);
    if (failed_looks_ > 0) {
        constexpr Duration longest{15'000};
        const int doublings = std::min(failed_looks_ - 1, 5);
        at_most = std::min(Duration{500 << doublings}, longest);
    }
    return {std::min(quiet, at_most), at_most};
}

Duration Pace::quiet_after(const RoundResult& round, Monotonic now) {
    constexpr Duration calm{1000};
    constexpr Duration after_calm{10};
    constexpr int most_doublings = 4;
    constexpr Duration longest{40 << most_doublings};
    const bool soon = last_round_ && now - *last_round_ < calm;
    const bool useful = round.plans_steps || round.shows_news;
    last_round_ = now;
    useless_rounds_ = soon && !useful ? useless_rounds_ + 1 : 0;
    const int doublings = std::clamp(useless_rounds_ - 1, 0, most_doublings);
    const Duration quiet = soon ? Duration{40 << doublings} : after_calm;
    if (!round.acts) return quiet;
    return std::max(quiet, std::clamp(4 * round.took, Duration{100}, longest));
}

void Driver::run(const std::stop_token& stop,
                 const std::function<bool(const RoundResult&)>& after_round) {
    Pace pace;
    while (!stop.stop_requested()) {
        const SpecInForce spec = board_.spec();
        const RoundResult round = reconciler_.round(stop);
        if (!after_round(round)) return;
        const bool idle = spec.pool == nullptr;  // no spec yet: no look was due
        const Duration interval = idle ? Duration{60'000} : spec.pool->check_interval;
        const Pace::Pause pause = pace.after(round, !idle, interval, clock_.monotonic());
        // A wake-up during the quiet part does not end it, and is not lost.
        pause_for(pause.quiet, stop);
        wakeup_.wait(pause.at_most - pause.quiet, stop);
    }
}

}  // namespace roundhouse
