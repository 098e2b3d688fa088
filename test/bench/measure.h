// How long work takes, and how often it asks for memory.
#pragma once

#include <functional>

namespace roundhouse::bench {

// How much trouble a measurement takes. Its figure is the median of `runs`, each of which repeats
// the work for at least `seconds`.
struct Effort {
    int runs = 5;
    double seconds = 0.02;
};

// Of one call.
struct Cost {
    double seconds = 0;  // of the processor, so that other programs count for little
    double allocations = 0;
};

Cost measure(const std::function<void()>& work, const Effort& effort);

}  // namespace roundhouse::bench
