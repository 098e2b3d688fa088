// Simulates worlds: sim --seeds 100000, or one of them in full: sim --seed 4711 --tell.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sim/simulation.h"

namespace {

using namespace roundhouse::test;

void report(std::uint64_t seed, const SimulationResult& result) {
    std::printf("seed %llu, call %d, round %d: %s\n%s\n", static_cast<unsigned long long>(seed),
                result.step, result.rounds, result.violation->c_str(), result.as_row.c_str());
}

struct Totals {
    std::mutex mutex;
    std::uint64_t trace = 0;
    std::uint64_t worlds = 0;
    std::uint64_t rounds = 0;
    std::uint64_t calls = 0;
    int most_rounds_to_match = 0;
    int violations = 0;
};

// Each seed twice where `twice`: the same seed has to be the same world.
void simulate_range(std::atomic<std::uint64_t>& next, std::uint64_t end, int twice_every,
                    int most_violations, Totals& totals) {
    while (true) {
        const std::uint64_t seed = next++;
        if (seed >= end) return;
        SimulationResult result = Simulation(seed).run();
        if (twice_every > 0 && seed % static_cast<std::uint64_t>(twice_every) == 0 &&
            Simulation(seed).run().trace != result.trace && !result.violation) {
            result.violation = "P1: the same seed went another way the second time";
        }
        const std::lock_guard lock(totals.mutex);
        totals.trace ^= result.trace * (2 * seed + 1);
        ++totals.worlds;
        totals.rounds += static_cast<std::uint64_t>(result.rounds);
        totals.calls += static_cast<std::uint64_t>(result.step);
        totals.most_rounds_to_match = std::max(totals.most_rounds_to_match, result.rounds_to_match);
        if (!result.violation) continue;
        report(seed, result);
        if (++totals.violations >= most_violations) next = end;
    }
}

// FNV-1a, cut off to a number that can be typed.
std::uint64_t seed_from(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash % 1'000'000'000;
}

int simulate_one(std::uint64_t seed, bool tell) {
    const auto print = [](const std::string& line) { std::printf("%s\n", line.c_str()); };
    const SimulationResult result = tell ? Simulation(seed, print).run() : Simulation(seed).run();
    if (result.violation) report(seed, result);
    std::printf("seed %llu: trace %016llx, %d calls, %d rounds\n",
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(result.trace), result.step, result.rounds);
    return result.violation ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulates worlds in which things go wrong, one for each seed.");
    std::uint64_t seeds = 1000;
    std::uint64_t first = 0;
    std::string text;
    std::optional<std::uint64_t> one;
    bool tell = false;
    int twice_every = 10;
    int most_violations = 1;
    unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
    app.add_option("--seeds", seeds, "How many");
    app.add_option("--first", first, "The first of them");
    app.add_option("--first-from", text, "Take the first from this text, such as a commit's hash");
    app.add_option("--seed", one, "This one only");
    app.add_flag("--tell", tell, "With --seed: every call, round and disturbance");
    app.add_option("--twice-every", twice_every, "Run every Nth world twice, and compare; 0: none");
    app.add_option("--violations", most_violations, "End after this number");
    app.add_option("--jobs", jobs, "Threads");
    CLI11_PARSE(app, argc, argv);
    if (one) return simulate_one(*one, tell);
    if (!text.empty()) first = seed_from(text);
    std::printf("the first seed is %llu\n", static_cast<unsigned long long>(first));
    std::fflush(stdout);

    const auto began = std::chrono::steady_clock::now();
    Totals totals;
    std::atomic<std::uint64_t> next = first;
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < jobs; ++i) {
            threads.emplace_back(
                [&] { simulate_range(next, first + seeds, twice_every, most_violations, totals); });
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(
        "%llu worlds from seed %llu: %d violations, %llu rounds, %llu calls, at most %d "
        "rounds to match, trace %016llx, %.1f s\n",
        static_cast<unsigned long long>(totals.worlds), static_cast<unsigned long long>(first),
        totals.violations, static_cast<unsigned long long>(totals.rounds),
        static_cast<unsigned long long>(totals.calls), totals.most_rounds_to_match,
        static_cast<unsigned long long>(totals.trace), took.count());
    return totals.violations == 0 ? 0 : 1;
}
