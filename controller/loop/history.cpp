#include "loop/history.h"

#include <algorithm>
#include <utility>

namespace roundhouse {

void History::round_ended(Time at, int wanted, int ready, Duration took,
                          std::optional<int> sessions) {
    const std::lock_guard lock(mutex_);
    // After the clock is set back, samples from the future are dropped; they would block new ones.
    while (!samples_.empty() && samples_.back().at > at)
        samples_.pop_back();
    constexpr Duration kept_for = interval * capacity;
    while (!samples_.empty() && at - samples_.front().at >= kept_for)
        samples_.pop_front();
    if (samples_.empty() || at - samples_.back().at >= interval) {
        samples_.push_back({at, wanted, ready, took, 0, 0, sessions});
    }
    Sample& sample = samples_.back();
    sample.wanted = wanted;
    sample.ready = std::min(sample.ready, ready);
    sample.longest_round = std::max(sample.longest_round, took);
    sample.sessions = std::max(sample.sessions, sessions);  // an empty one is the least
    sample.replaced += std::exchange(replaced_, 0);
    sample.port_changes += std::exchange(port_changes_, 0);
}

void History::engine_replaced() {
    const std::lock_guard lock(mutex_);
    ++replaced_;
}

void History::ports_changed() {
    const std::lock_guard lock(mutex_);
    ++port_changes_;
}

std::vector<Sample> History::samples() const {
    const std::lock_guard lock(mutex_);
    return {samples_.begin(), samples_.end()};
}

}  // namespace roundhouse
