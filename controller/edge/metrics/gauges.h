// What is read at the moment of a scrape: the board, the process and the build. Each scrape starts
// from nothing, so an engine or gateway that is gone has no series.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/status.h"
#include "edge/metrics/families.h"
#include "loop/board.h"

namespace roundhouse {

// The board, as one scrape sees it.
struct BoardView {
    SpecInForce spec;
    std::shared_ptr<const RoundView> round;  // nullptr: no look has succeeded yet
    std::vector<Condition> conditions;
};

BoardView read_board(const Board& board);

// Always all families; those of engines and gateways are empty when there are none.
std::vector<MetricFamily> read_gauges(const BoardView& board);

// The gateways of the spec in their order, then those that only engines still name.
std::vector<std::string> gateway_names(const BoardView& board);

}  // namespace roundhouse
