// Switches the seeded bugs on, one after another, and simulates worlds until each is caught.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "sim/seeded_bug.h"
#include "sim/simulation.h"

namespace {

using namespace roundhouse::test;

struct SeededBug {
    std::string_view name;
    std::string_view from;
    int first;  // the seed that the search begins with
};

constexpr std::array bugs = std::to_array<SeededBug>({
#include "seeded_bugs.inc"
});

// Whether one of `most` worlds shows it, and holds without it.
bool is_caught(int bug, int most) {
    const SeededBug& seeded = bugs[static_cast<std::size_t>(bug) - 1];
    for (int tried = 0; tried < most; ++tried) {
        const auto seed = static_cast<std::uint64_t>(seeded.first + tried);
        seeded_bug = bug;
        const SimulationResult result = Simulation(seed).run();
        if (!result.violation) continue;
        seeded_bug = 0;
        if (Simulation(seed).run().violation) continue;
        std::printf("%3d  %-55s %6d  %6d  %s\n", bug, seeded.name.data(), static_cast<int>(seed),
                    tried + 1, result.violation->substr(0, 90).c_str());
        std::fflush(stdout);
        return true;
    }
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Shows that the simulation catches the seeded bugs.");
    int most = 60'000;
    int only = 0;
    app.add_option("--worlds", most, "Until then each has to be caught");
    app.add_option("--only", only, "This bug, by its number");
    CLI11_PARSE(app, argc, argv);

    std::printf("%3s  %-55s %6s  %6s  %s\n", "no", "bug", "seed", "worlds", "caught by");
    int caught = 0;
    int tried = 0;
    for (int bug = 1; bug <= static_cast<int>(bugs.size()); ++bug) {
        if (only != 0 && bug != only) continue;
        ++tried;
        const auto& seeded = bugs[static_cast<std::size_t>(bug) - 1];
        if (is_caught(bug, most)) {
            ++caught;
        } else {
            std::printf("%3d  %-55s NOT CAUGHT in %d worlds (%s)\n", bug, seeded.name.data(), most,
                        seeded.from.data());
        }
    }
    std::printf("%d of %d bugs caught\n", caught, tried);
    return caught == tried && tried > 0 ? 0 : 1;
}
