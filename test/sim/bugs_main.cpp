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
};

constexpr std::array bugs = std::to_array<SeededBug>({
#include "seeded_bugs.inc"
});

// How many worlds it takes; 0: more than `most`.
int worlds_until_caught(int bug, int most) {
    seeded_bug = bug;
    for (int seed = 0; seed < most; ++seed) {
        const SimulationResult result = Simulation(static_cast<std::uint64_t>(seed)).run();
        if (!result.violation) continue;
        seeded_bug = 0;
        const bool also_without =
            Simulation(static_cast<std::uint64_t>(seed)).run().violation.has_value();
        seeded_bug = bug;
        if (also_without) continue;
        std::printf("%3d  %-55s %6d  %s\n", bug,
                    bugs[static_cast<std::size_t>(bug) - 1].name.data(), seed + 1,
                    result.violation->substr(0, 90).c_str());
        std::fflush(stdout);
        return seed + 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Shows that the simulation catches the seeded bugs.");
    int most = 60'000;
    int only = 0;
    app.add_option("--worlds", most, "Until then each has to be caught");
    app.add_option("--only", only, "This bug, by its number");
    CLI11_PARSE(app, argc, argv);

    std::printf(" no  bug                                                     worlds  caught by\n");
    int caught = 0;
    int tried = 0;
    for (int bug = 1; bug <= static_cast<int>(bugs.size()); ++bug) {
        if (only != 0 && bug != only) continue;
        ++tried;
        const auto& seeded = bugs[static_cast<std::size_t>(bug) - 1];
        if (worlds_until_caught(bug, most) > 0) {
            ++caught;
        } else {
            std::printf("%3d  %-55s NOT CAUGHT in %d worlds (%s)\n", bug, seeded.name.data(), most,
                        seeded.from.data());
        }
    }
    std::printf("%d of %d bugs caught\n", caught, tried);
    return caught == tried && tried > 0 ? 0 : 1;
}
