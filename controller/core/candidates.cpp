// The planner's view of all engines together: who is there, who is one too many, who has a wish.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/drain.h"
#include "core/engine_facts.h"
#include "core/names.h"
#include "core/planner.h"

namespace roundhouse {

// By slot; engines whose labels cannot be read come last.
void Planner::add_candidates() {
    std::vector<Verdict> verdicts = classify(pool_, seen_, gateways_, now_);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const EngineView& engine = seen_.engines[i];
        const GatewayView* gateway = gateways_.of(engine);
        candidates_.push_back({&engine,
                               gateway,
                               std::move(verdicts[i]),
                               holds_forwarded_port(engine, gateway),
                               false,
                               false,
                               {},
                               {},
                               false});
    }
    std::ranges::sort(candidates_, {}, [](const Candidate& candidate) {
        const EngineView& engine = *candidate.engine;
        return std::make_tuple(engine.slot.value_or(std::numeric_limits<int>::max()),
                               std::string_view(engine.name), std::string_view(engine.id));
    });
}

// Engines that are being created and that the listing does not show yet.
void Planner::add_unlisted() {
    for (const auto& [slot, step] : seen_.steps_in_flight) {
        if (is_listed(step, slot, pool_, seen_) || step.leaving) continue;
        ++arriving_unseen_;
        Decision decision;
        decision.slot = slot;
        decision.engine = engine_name(pool_.name, slot);
        decision.gateway = step.gateway;
        decision.fate = Fate::busy;
        decision.reason = Reason::in_flight;
        decision.wait.fact = Awaited{Fact::step_ended, decision.engine};
        plan_.decisions.push_back(std::move(decision));
    }
}

// --- who is one too many -------------------------------------------------------------------------

// The engines that are least missed come first: in rollouts, too. Nobody misses an idle one.
auto Planner::worth(const Candidate& candidate) const {
    const Fate fate = candidate.verdict.fate;
    const bool usable = fate == Fate::keep || fate == Fate::outdated;
    const int slot = candidate.engine->slot.value_or(std::numeric_limits<int>::max());
    return std::make_tuple(usable, candidate.verdict.ready, in_use(*candidate.engine, pool_.drain),
                           slot < pool_.max_active_replicas, candidate.holds_port,
                           fate == Fate::keep, -slot);
}

// What a person asked for comes first. Engines with a step in flight are left out: when they are
// here and too many, they will not be ready, and so be the first to go. Of engines that serve
// equally well those go first that share their gateway with most others: else the rest would have
// to be spread evenly afterwards. One that serves and that Docker does not remove goes last: while
// it is one too many, no other engine can be replaced.
void Planner::choose_surplus() {
    std::vector<Candidate*> rest;
    std::map<const GatewayView*, int> behind;
    for (auto& candidate : candidates_) {
        const Fate fate = candidate.verdict.fate;
        const bool left_alone =
            fate == Fate::foreign || fate == Fate::busy || fate == Fate::unknown;
        if (left_alone || must_go(candidate)) continue;
        rest.push_back(&candidate);
        ++behind[candidate.gateway];
    }
    while (static_cast<int>(rest.size()) > plan_.wanted) {
        const auto order = [&](const Candidate* candidate) {
            const auto [usable, ready, used, in_range, holds_port, kept, slot] = worth(*candidate);
            const EngineView& engine = *candidate->engine;
            const bool stays = ready && cannot_be_removed(engine, seen_);
            const bool asked_for = engine.drain_request == DrainRequest::remove;
            return std::make_tuple(stays, !asked_for, usable, ready, used, in_range,
                                   -behind[candidate->gateway], holds_port, kept, slot);
        };
        const auto victim = std::ranges::min_element(rest, {}, order);
        (*victim)->is_surplus = true;
        (*victim)->is_above_cap = static_cast<int>(rest.size()) > pool_.max_active_replicas;
        --behind[(*victim)->gateway];
        rest.erase(victim);
    }
}

// --- who has a wish ------------------------------------------------------------------------------

// Least missed first, and last what Docker does not remove.
std::vector<Planner::Candidate*> Planner::undecided() {
    std::vector<Candidate*> rest;
    for (auto& candidate : candidates_) {
        if (!candidate.is_decided) rest.push_back(&candidate);
    }
    std::ranges::stable_sort(rest, {}, [this](const Candidate* each) {
        return std::make_pair(cannot_be_removed(*each->engine, seen_), worth(*each));
    });
    return rest;
}

void Planner::find_wishes() {
    for (auto& candidate : candidates_) {
        const Verdict& verdict = candidate.verdict;
        const bool outdated = !candidate.is_decided && verdict.fate == Fate::outdated;
        if (outdated) candidate.wish = Wish{verdict.reason, verdict.message, std::nullopt};
    }
    find_port_wishes();
    for (auto& candidate : candidates_) {
        const bool asked_for = candidate.engine->drain_request == DrainRequest::replace &&
                               candidate.verdict.fate == Fate::keep && !candidate.is_decided;
        const bool has_one = candidate.wish && !candidate.wish->due;
        if (!asked_for || has_one) continue;
        candidate.wish = Wish{Reason::drain_requested, "somebody asked for it", std::nullopt};
    }
    find_rebalance();
}

void Planner::find_port_wishes() {
    if (pool_.forwarded_port.assign == PortAssignment::none) return;
    for (const auto& gateway : seen_.gateways) {
        if (!gateway.declared) continue;
        bool others_come = static_cast<int>(seen_.engines.size()) < plan_.wanted;
        std::map<const EngineView*, Candidate*> kept;
        std::vector<const EngineView*> engines;
        for (auto& candidate : candidates_) {
            const EngineView& engine = *candidate.engine;
            if (!engine.slot || engine.incarnation != gateway.incarnation) continue;
            if (candidate.verdict.fate == Fate::keep && !candidate.is_decided) {
                kept.emplace(&engine, &candidate);
                engines.push_back(&engine);
            } else if (!holds_forwarded_port(engine, &gateway)) {
                others_come = true;
            }
        }
        PortWishes found = wishes_for_ports(pool_, seen_, gateway, places_.ledger(gateway), engines,
                                            plan_.steps, others_come, now_);
        for (auto& [engine, wish] : found.wishes)
            kept.at(engine)->wish = std::move(wish);
        plan_.forwarded_ports.push_back(std::move(found.outlook));
    }
}

// Moves one engine at a time to a gateway that has fewer, and only while nothing else is to be done
// or awaited: it can always wait.
void Planner::find_rebalance() {
    if (places_.is_even() || !seen_.steps_in_flight.empty() || !plan_.steps.empty()) return;
    int well = 0;
    for (const auto& candidate : candidates_) {
        const Fate fate = candidate.verdict.fate;
        if (fate == Fate::foreign) continue;
        if (fate != Fate::keep || !candidate.verdict.available || candidate.wish) return;
        ++well;
    }
    if (well != plan_.wanted) return;
    // One step rather than two, where there is a choice.
    for (const auto room : {Places::Room::own_slot, Places::Room::free_slot}) {
        for (Candidate* candidate : undecided()) {
            const bool moves = candidate->verdict.fate == Fate::keep &&
                               places_.has_emptier(*candidate->engine, room);
            if (!moves) continue;
            candidate->wish =
                Wish{Reason::rebalanced,
                     "gateway " + candidate->engine->gateway + " has more engines than others",
                     std::nullopt};
            return;
        }
    }
}

}  // namespace roundhouse
