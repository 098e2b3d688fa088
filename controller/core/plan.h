// The planner: total and pure. Same inputs, same plan, whatever the listing order.
//
// A plan is a set of steps, not a script: each is safe alone, in any subset and in any order. What
// depends on another step waits for a later round.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/classify.h"
#include "core/forwarding.h"
#include "core/launch.h"
#include "core/observation.h"
#include "core/reason.h"
#include "core/spec.h"
#include "core/wait.h"

namespace roundhouse {

enum class Action {
    create,   // a new engine: create, start
    start,    // one that was created and not started
    replace,  // stop, remove, create, start in the same slot: one step
    remove,   // stop, remove
    pull,     // fetch the image
};

// "create", "start" ...
std::string_view to_string(Action action);

struct Step {
    Action action = Action::create;
    Reason reason = Reason::missing;
    int slot = -1;                       // -1 for a pull
    std::string engine;                  // name of the engine that is there after or before
    std::string engine_id;               // of the container to start, replace or remove
    bool graceful = false;               // it may be serving: asked to end before it is killed
    std::optional<Placement> placement;  // of the engine to create
    // Of the engine that a later round creates in another slot, where this removal makes room for
    // it.
    std::optional<Placement> next_place;
    std::string message;

    // Whether an engine is created, now or next: what that takes (an image, a name that is free)
    // is to be there before anything goes.
    bool creates_engine() const { return placement || next_place; }

    bool operator==(const Step&) const = default;
};

// What is thought of one engine, or of one place where an engine is missing, and why.
struct Decision {
    std::string engine;  // its name; for a missing one the name it will have, where that is known
    std::string engine_id = {};  // of its container; empty for a missing one
    int slot = -1;               // -1: none
    std::string gateway;
    std::string host;  // what clients dial, together with `port`; empty while there is no place
    int port = 0;
    int p2p_port = 0;                 // that it listens on, or will; 0 while there is no place
    bool has_forwarded_port = false;  // that port is one that the VPN forwards
    Fate fate = Fate::keep;
    Reason reason = Reason::up_to_date;  // of the step, or of there being none
    std::string message;
    std::optional<Action> action;
    bool ready = false;
    bool updated = false;  // made from the current template
    // A voluntary step is wanted for it, whether it is taken or waits.
    bool wished = false;
    // That step waits for its sessions to end alone: no new session is to be sent to it.
    bool draining = false;
    Wait wait;  // what ends it, where it is neither a step nor "keep, and ready"

    bool operator==(const Decision&) const = default;
};

struct Plan {
    std::vector<Step> steps;
    std::vector<Decision> decisions;  // engines by slot, then the missing ones
    int wanted = 0;
    int stood_down = 0;                        // so many fewer at a person's request
    bool capped = false;                       // the spec asks for more than the cap
    std::string template_refusal;              // Docker's message; empty: the template is good
    std::vector<Step> waiting_for_image;       // steps that will be taken when the image is there
    std::vector<int> passed_over;              // slots whose names strangers hold
    std::vector<PortOutlook> forwarded_ports;  // of each declared gateway, unless they are ignored
    std::optional<Time> wake_at;               // when time alone may change this plan

    int ready() const;
    int updated() const;  // to the spec's template, also where another one stands in for it
    // Every wanted engine is there, up to date and ready, and nothing else is; and the template by
    // which they were created is the spec's.
    bool matches() const;
    // There are steps, or there would be if they had not to wait. Not so when engines only have to
    // become ready.
    bool steps_pending() const;

    bool operator==(const Plan&) const = default;
};

// How long a pull counts as fresh where every engine is to get a freshly pulled image: long enough
// for all engines of one burst to share a pull.
inline constexpr Duration pull_fresh_for = std::chrono::seconds(60);

Plan plan(const EnginePool& pool, const Observation& seen, Time now);

}  // namespace roundhouse
