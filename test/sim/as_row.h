// A round of a simulation as the text of a unit test.
#pragma once

#include <string>

#include "loop/board.h"

namespace roundhouse::test {

// C++ that builds the pool and the observation, with what was planned for them as comments. Values
// that are the default are left out.
std::string as_row(const RoundView& view);

}  // namespace roundhouse::test
