// What the program costs apart from its calls to others: the planner, the decoder of specs, and the
// replies of the HTTP API.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/large_worlds.h"
#include "bench/measure.h"
#include "core/plan.h"
#include "edge/command/table.h"
#include "edge/metrics/meters.h"
#include "edge/spec/manifest.h"
#include "edge/text/json.h"
#include "unit/http/api_help.h"
#include "unit/spec/help.h"

namespace {

using namespace roundhouse;
using namespace roundhouse::bench;

constexpr int most_gateways = 100;  // of a spec

struct Figure {
    std::string_view what;
    std::string world;
    std::string_view unit;  // of what there are many: "engine", "line"
    int units = 0;
    int gateways = 0;
    Cost cost;
};

// What is measured is to do what its name says.
void insist(bool holds, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "bench_inside: %s\n", what.c_str());
    std::exit(EXIT_FAILURE);
}

class Inside {
  public:
    Inside(bool quick, int most_engines) : quick_(quick), most_engines_(most_engines) {
        if (quick) effort_ = {1, 0};
    }

    std::vector<Figure> run() {
        for (const int engines : sizes({10, 100, 1'000, 10'000, 100'000})) {
            if (engines > most_engines_) break;
            for (const int gateways : sizes({1, 10, most_gateways})) {
                for (const auto& kind : world_kinds)
                    measure_plan(kind, engines, gateways);
            }
        }
        for (const int variables : sizes({3, 1'000, 5'000}))
            measure_spec(variables);
        for (const int engines : sizes({10, 1'000, 10'000}))
            measure_replies(engines);
        return std::move(figures_);
    }

  private:
    std::vector<int> sizes(std::vector<int> all) const {
        if (quick_) all.resize(1);
        return all;
    }

    void measure_plan(const WorldKind& kind, int engines, int gateways) {
        const World world = kind.make(engines, gateways);
        const Cost cost = measure(
            [&] {
                const auto steps = plan(world.pool, world.seen, test::noon).steps.size();
                insist(static_cast<int>(steps) == world.steps,
                       std::string(kind.name) + ": " + std::to_string(steps) + " steps planned");
            },
            effort_);
        figures_.push_back({"plan", std::string(kind.name), "engine", engines, gateways, cost});
    }

    void measure_spec(int variables) {
        const int gateways = std::min(variables, most_gateways);
        std::string lines = "gateways:\n";
        for (int i = 0; i < gateways; ++i)
            lines += "- {container: gluetun-" + std::to_string(i) + ", host: vpn.example}\n";
        lines += "template:\n  env:\n";
        for (int i = 0; i < variables; ++i)
            lines += "    NAME_" + std::to_string(i) + ": \"--port=$(HTTP_PORT)\"\n";
        const std::string text = spec_with(lines);
        const Cost cost = measure(
            [&] {
                const Manifest manifest = parse(text);
                insist(manifest.pool.has_value(), shown(manifest.errors));
            },
            effort_);
        const auto count = static_cast<int>(std::ranges::count(text, '\n'));
        figures_.push_back({"spec", "valid", "line", count, gateways, cost});
    }

    void measure_replies(int engines) {
        constexpr int gateways = 10;
        const World world = matching(engines, gateways);
        test::ApiBench bench(world.pool, world.seen);
        ControllerMeters meters(bench.clock);
        meters.watch(bench.board);
        const Cost scrape = measure(
            [&] {
                insist(test::mentions(meters.text(), "roundhouse_engines_ready"),
                       "the metrics do not tell of engines");
            },
            effort_);
        figures_.push_back({"metrics", "matching", "engine", engines, gateways, scrape});
        const Cost listing = measure(
            [&] { insist(bench.get("/api/v1/engines").status == 200, "no list of engines"); },
            effort_);
        figures_.push_back({"api engines", "matching", "engine", engines, gateways, listing});
    }

    bool quick_;
    int most_engines_;
    Effort effort_;
    std::vector<Figure> figures_;
};

std::string as_json(const std::vector<Figure>& figures) {
    Json json = Json::array();
    for (const auto& figure : figures) {
        const std::string unit(figure.unit);
        json.push_back({{"what", figure.what},
                        {"world", figure.world},
                        {unit + "s", figure.units},
                        {"gateways", figure.gateways},
                        {"seconds", figure.cost.seconds},
                        {"seconds_per_" + unit, figure.cost.seconds / figure.units},
                        {"allocations_per_" + unit, figure.cost.allocations / figure.units}});
    }
    return indented(json);
}

std::string with_decimals(double number, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, number);
    return text;
}

std::string as_table(const std::vector<Figure>& figures) {
    Table table({"WHAT", "WORLD", "SIZE", "GATEWAYS", "MS", "NS EACH", "ALLOCATIONS EACH"});
    for (const auto& figure : figures) {
        const Cost& cost = figure.cost;
        table.add_row({figure.what, figure.world,
                       std::to_string(figure.units) + " " + std::string(figure.unit) + "s",
                       std::to_string(figure.gateways), with_decimals(cost.seconds * 1e3, 3),
                       with_decimals(cost.seconds * 1e9 / figure.units, 0),
                       with_decimals(cost.allocations / figure.units, 1)});
    }
    return table.text(false);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures what the program costs where it talks to nobody.");
    bool quick = false;
    int most_engines = std::numeric_limits<int>::max();
    bool table = false;
    app.add_flag("--quick", quick, "The smallest sizes, once: to see that it works");
    app.add_option("--most-engines", most_engines, "Leaves larger pools out of the plans");
    app.add_flag("--table", table, "For people, instead of JSON");
    CLI11_PARSE(app, argc, argv);
    const auto figures = Inside(quick, most_engines).run();
    std::fputs((table ? as_table(figures) : as_json(figures)).c_str(), stdout);
}
