// A scrape of /metrics as values, and a controller's meters to scrape.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "edge/metrics/meters.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

namespace roundhouse::test {

// The lines of a scrape: series -> value, as in `roundhouse_engines_ready` -> 3.
class Scrape {
  public:
    explicit Scrape(const std::string& text) {
        std::istringstream lines(text);
        std::string line;
        while (std::getline(lines, line)) {
            if (line.starts_with("# TYPE ")) {
                std::istringstream words(line.substr(7));
                std::string name;
                words >> name;
                CHECK_MESSAGE(types_.insert(name).second, "appears twice: " << name);
            }
            if (line.empty() || line.front() == '#') continue;
            const auto space = line.rfind(' ');
            const std::string series = line.substr(0, space);
            const bool fresh = values_.emplace(series, std::stod(line.substr(space))).second;
            CHECK_MESSAGE(fresh, "appears twice: " << series);
        }
    }

    bool has(const std::string& series) const { return values_.contains(series); }
    bool has_name(const std::string& name) const { return types_.contains(name); }
    double at(const std::string& series) const {
        REQUIRE_MESSAGE(has(series), "missing: " << series);
        return values_.at(series);
    }
    int count(const std::string& part) const {
        int found = 0;
        for (const auto& [series, value] : values_)
            found += series.find(part) != std::string::npos ? 1 : 0;
        return found;
    }
    std::set<std::string> series() const {
        std::set<std::string> all;
        for (const auto& [name, value] : values_)
            all.insert(name);
        return all;
    }

  private:
    std::set<std::string> types_;
    std::map<std::string, double> values_;
};

struct MetricsBench {
    ManualClock clock;
    ControllerMeters meters{clock};
    Board board;

    MetricsBench() { meters.watch(board); }

    Scrape scrape() { return Scrape(meters.text()); }

    // Leaves on the board what a round that saw `seen` would.
    void show(const EnginePool& pool, const Observation& seen) {
        board.accept(pool);
        const SpecInForce spec = board.spec();
        const Plan plan = roundhouse::plan(pool, seen, noon);
        auto conditions = judge_conditions(pool, seen, plan);
        Condition reachable;
        reachable.type = "RuntimeReachable";
        reachable.status = Truth::yes;
        conditions.push_back(reachable);
        board.set_conditions(conditions, noon);
        board.publish(std::make_shared<const RoundView>(
            RoundView{spec.pool, spec.generation, seen, plan, noon}));
    }
};

}  // namespace roundhouse::test
