// One simulated world from its seed to its end: the real loop over ports that show the world, with
// faults; then the faults end, and it must come to match the spec, and to silence.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace roundhouse::test {

struct SimulationResult {
    std::optional<std::string> violation;  // the first rule that was broken, in words
    std::string as_row;                    // then: what the loop saw, to be pasted into a unit test
    std::uint64_t trace = 0;               // hash of all calls, their answers and their times
    int step = 0;                          // how many calls there were
    int rounds = 0;
    int rounds_to_match = 0;  // after the faults ended
};

// After the faults end, a world has this many rounds to match its spec, and to stay that way. Most
// take 10; a clock that was set back may hold up an engine for five minutes, a round a second.
inline constexpr int most_rounds_to_match = 400;

// `tell` gets a line for each call, disturbance and round; may be empty.
SimulationResult simulate(std::uint64_t seed,
                          const std::function<void(const std::string&)>& tell = {});

}  // namespace roundhouse::test
