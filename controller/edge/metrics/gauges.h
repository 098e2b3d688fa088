// What the board says at one moment, as gauges. They are made anew for each scrape, so that what is
// gone is gone here, too.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "loop/board.h"

namespace roundhouse {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

struct GaugeValue {
    MetricLabels labels;
    double value = 0;

    bool operator==(const GaugeValue&) const = default;
};

// All values of one name. No two have the same labels.
struct GaugeFamily {
    std::string name;
    std::string help;
    std::vector<GaugeValue> values;
};

// What is read off the board for one scrape.
struct BoardView {
    SpecInForce spec;
    std::shared_ptr<const RoundView> round;  // nullptr: none has ended well yet
    std::vector<Condition> conditions;
};

BoardView read_board(const Board& board);

// Every family, whatever is known; one value at least in each, unless it speaks of engines or
// gateways and there are none.
std::vector<GaugeFamily> pool_gauges(const BoardView& board);

// The gateways that are declared, in the spec's order, and then those that only engines still name.
std::vector<std::string> gateway_names(const BoardView& board);

}  // namespace roundhouse
