#include "loop/history.h"

#include <algorithm>

namespace roundhouse {

void History::round_ended(Time at, int wanted, int ready, Duration took) {
    const std::lock_guard lock(mutex_);
    // After the clock is set back, samples from the future are dropped; they would block new ones.
    while (!samples_.empty() && samples_.back().at > at)
        samples_.pop_back();
    constexpr Duration kept_for = interval * capacity;
    while (!samples_.empty() && at - samples_.front().at >= kept_for)
        samples_.pop_front();
    if (samples_.empty() || at - samples_.back().at >= interval) {
        samples_.push_back({at, wanted, ready, took});
        return;
    }
    Sample& sample = samples_.back();
    sample.wanted = wanted;
    sample.ready = std::min(sample.ready, ready);
    sample.longest_round = std::max(sample.longest_round, took);
}

std::vector<Sample> History::samples() const {
    const std::lock_guard lock(mutex_);
    return {samples_.begin(), samples_.end()};
}

}  // namespace roundhouse
