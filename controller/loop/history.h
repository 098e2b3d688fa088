// The pool's last hour in bounded memory: a sample every ten seconds, for small charts.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "core/time.h"

namespace roundhouse {

struct Sample {
    Time at{};
    int wanted = 0;
    int ready = 0;                // the fewest since the last sample
    Duration longest_round{0};    // since the last sample
    int replaced = 0;             // engines that were replaced since the last sample
    int port_changes = 0;         // how often forwarded ports changed since the last sample
    std::optional<int> sessions;  // the most since the last sample; empty where they are not known

    bool operator==(const Sample&) const = default;
};

// Any thread.
class History {
  public:
    static constexpr std::size_t capacity = 360;
    static constexpr Duration interval{10'000};

    // Begins a sample, or adds to the last one if that began less than ten seconds ago.
    void round_ended(Time at, int wanted, int ready, Duration took,
                     std::optional<int> sessions = std::nullopt);
    // Counted in the sample of the next round that ends.
    void engine_replaced();
    void ports_changed();
    // Oldest first.
    std::vector<Sample> samples() const;

  private:
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Sample> samples_;
    int replaced_ = 0;  // since the last round ended, as the next one
    int port_changes_ = 0;
};

}  // namespace roundhouse
