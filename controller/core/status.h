// The pool's state in the form that users know from Kubernetes: counts and conditions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "core/spec.h"
#include "core/time.h"

namespace roundhouse {

enum class Truth { yes, no, unknown };

struct Condition {
    std::string type;  // "Ready", "GatewayReady" ...
    Truth status = Truth::unknown;
    std::string reason;
    std::string message;
    Time last_transition{};  // when `status` last changed
    std::int64_t observed_generation = 0;

    bool operator==(const Condition&) const = default;
};

// "True", "False", "Unknown".
std::string_view to_string(Truth truth);

// Ready, Stable, Progressing, TemplateAccepted, GatewayReady, VpnStatusKnown, ForwardedPortReady,
// Capped, PortsPublished, PortsFree, RuntimeReachable, RuntimeUnderstood, CreatedAsAsked and
// SessionsKnown, as one round sees them. Progressing is False with the reason Stuck where nothing
// happens until a person acts; the message says what to do.
std::vector<Condition> judge_conditions(const EnginePool& pool, const Observation& seen,
                                        const Plan& plan);

// The conditions after a look that failed: RuntimeReachable is False, with `fault`, and whatever a
// look would have shown is Unknown.
std::vector<Condition> judge_failed_look(const std::string& fault);

// Puts `next` into `conditions`: those of a type that is there already take its place, and keep
// the time of the last transition unless their status changed. Returns those that changed in
// status or reason.
std::vector<Condition> update_conditions(std::vector<Condition>& conditions,
                                         std::vector<Condition> next, std::int64_t generation,
                                         Time now);

// "2 of 3 engines ready; acestream-2: Starting (refused) until 2026-01-01T00:01:00Z": one line
// on what is awaited, and on when something else is done about it at the latest.
std::string describe_progress(const Plan& plan);

}  // namespace roundhouse
