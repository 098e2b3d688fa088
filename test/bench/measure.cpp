#include "bench/measure.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include "bench/allocations.h"

namespace roundhouse::bench {

namespace {

double seconds_of_one_call(const std::function<void()>& work, double at_least) {
    const std::clock_t begin = std::clock();
    int calls = 0;
    double spent = 0;
    do {
        work();
        ++calls;
        spent = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    } while (spent < at_least);
    return spent / calls;
}

}  // namespace

Cost measure(const std::function<void()>& work, const Effort& effort) {
    const auto before = allocations();
    work();  // also warms up what is measured next
    Cost cost;
    cost.allocations = static_cast<double>(allocations() - before);
    std::vector<double> seconds;
    for (int run = 0; run < effort.runs; ++run)
        seconds.push_back(seconds_of_one_call(work, effort.seconds));
    const auto middle = seconds.begin() + effort.runs / 2;
    std::ranges::nth_element(seconds, middle);
    cost.seconds = *middle;
    return cost;
}

}  // namespace roundhouse::bench
