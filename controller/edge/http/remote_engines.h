// The engines of another controller, from the JSON of its API. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/balance.h"
#include "loop/result.h"

namespace roundhouse {

// Those in the reply to GET /api/v1/engines that are ready and can be understood. `machine` is the
// host by which clients know that controller's machine. The fault (`unavailable`) is the end of a
// sentence: "the reply is not JSON (byte 17)".
Result<std::vector<EngineOffer>> read_engine_offers(std::string_view reply,
                                                    const std::string& machine);

}  // namespace roundhouse
