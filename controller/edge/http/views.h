// The replies of the HTTP API as JSON, one function for each resource. manifests/openapi.yaml
// describes them: members come in its order, and those that it requires are always there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "edge/http/balancer.h"
#include "loop/board.h"
#include "loop/event_log.h"
#include "loop/history.h"

namespace roundhouse {

// `round` is the last round whose look succeeded; null before there is one.
std::string pool_as_json(const SpecInForce& spec, const RoundView* round,
                         const std::vector<Condition>& conditions);

// Engines that exist, and those that are missing. The lists are empty without a round. `look_fault`
// says why the last look failed, so that the lists are older; it is empty when the look succeeded.
std::string engines_as_json(const RoundView* round, const std::string& look_fault,
                            bool only_ready = false);
std::string gateways_as_json(const RoundView* round, const std::string& look_fault);

// Of each engine that has a place: "gluetun:19000" on a line, or a target of Prometheus' http_sd.
std::string engines_as_lines(const RoundView* round, bool only_ready);
std::string engines_as_targets(const RoundView* round, bool only_ready);
// `choice` has an engine. Its host and port are those for the client that asks.
std::string best_as_json(const BalancerChoice& choice);

std::string events_as_json(const std::vector<Event>& events);
// On one line, without a newline.
std::string event_as_json(const Event& event);

std::string history_as_json(const std::vector<Sample>& samples);

// {"accepted": true}
std::string accepted_as_json();

// {"error": {"code": 404, "message": "..."}}
std::string error_as_json(int code, const std::string& message);

}  // namespace roundhouse
