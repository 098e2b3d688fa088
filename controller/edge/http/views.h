// What the HTTP API says, as JSON: one function for each resource. The order of members never
// changes, and all are there but those that manifests/openapi.yaml, which describes them, does not
// list as required.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "loop/board.h"
#include "loop/event_log.h"
#include "loop/history.h"

namespace roundhouse {

// `spec` says which pool, `round` (may be null) what the last round that could look saw.
std::string pool_as_json(const SpecInForce& spec, const RoundView* round,
                         const std::vector<Condition>& conditions);

// Engines that are there, and the places where one is missing. Empty lists without a round.
// `look_fault` says why the last look failed, and all of this is older; empty: it did not fail.
std::string engines_as_json(const RoundView* round, const std::string& look_fault);
std::string gateways_as_json(const RoundView* round, const std::string& look_fault);

std::string events_as_json(const std::vector<Event>& events);
// One line.
std::string event_as_json(const Event& event);

std::string history_as_json(const std::vector<Sample>& samples);

// {"accepted": true}
std::string accepted_as_json();

// {"error": {"code": 404, "message": "..."}}
std::string error_as_json(int code, const std::string& message);

}  // namespace roundhouse
