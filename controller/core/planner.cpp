#include "core/planner.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/drain.h"
#include "core/fingerprint.h"
#include "core/launch.h"
#include "core/names.h"

namespace roundhouse {

namespace {

std::string describe_budget(int most, int unavailable) {
    return "at most " + std::to_string(most) + " may be unavailable for this, and " +
           std::to_string(unavailable) +
           (unavailable == 1 ? " is, or is being replaced" : " are, or are being replaced");
}

}  // namespace

Planner::Planner(const EnginePool& pool, const Observation& seen, Time now)
    : pool_(pool),
      seen_(seen),
      now_(now),
      hash_(template_hash(pool)),
      gateways_(seen.gateways),
      places_(pool, seen, gateways_, now),
      image_(judge_image(pool.engine_template, seen.image)) {}

Plan Planner::run() {
    plan_.stood_down = std::min({seen_.stood_down, pool_.replicas, pool_.max_active_replicas});
    plan_.wanted = std::min(pool_.replicas, pool_.max_active_replicas) - plan_.stood_down;
    plan_.capped = pool_.replicas > pool_.max_active_replicas;
    if (seen_.template_refusal) plan_.template_refusal = seen_.template_refusal->message;
    add_candidates();
    add_unlisted();
    choose_surplus();
    is_above_cap_ = existing() > plan_.wanted;
    for (auto& candidate : candidates_) {
        if (must_go(candidate)) decide(candidate);
    }
    // What Docker does not remove comes last, and so keeps no place from what can be created.
    const auto decide_needy = [&](bool stays) {
        for (auto& candidate : candidates_) {
            const bool meant = cannot_be_removed(*candidate.engine, seen_) == stays;
            if (meant && !candidate.is_decided && is_needy(candidate)) decide(candidate);
        }
    };
    decide_needy(false);
    fill_missing();
    decide_needy(true);
    find_wishes();
    count_unavailable();
    for (Candidate* candidate : undecided())
        decide(*candidate);
    for (Candidate* candidate : undecided())
        break_deadlock(*candidate);
    add_pull();
    finish();
    return std::move(plan_);
}

// What happens to one engine: the first that applies.
void Planner::decide(Candidate& candidate) {
    if (must_go(candidate)) return remove(candidate);
    if (candidate.verdict.fate == Fate::unstarted) return start(candidate);
    if (is_needy(candidate)) return replace_now(candidate);
    if (candidate.wish) return grant_or_wait(candidate);
    keep(candidate);
}

// --- who goes ------------------------------------------------------------------------------------

bool Planner::must_go(const Candidate& candidate) const {
    const Fate fate = candidate.verdict.fate;
    return candidate.is_surplus || fate == Fate::outside || fate == Fate::duplicate ||
           fate == Fate::pinning || fate == Fate::stuck;
}

void Planner::remove(Candidate& candidate) {
    const Verdict& verdict = candidate.verdict;
    if (verdict.fate == Fate::pinning && candidate.gateway != nullptr) {
        // A gateway that is restarted runs again in a moment, and its engines keep their slots.
        const Duration left = remaining(pin_grace, candidate.gateway->not_ready_for);
        if (left > Duration{0}) {
            const std::string& name = candidate.gateway->name;
            return wait(candidate, verdict.reason, verdict.message,
                        {now_ + left, Awaited{Fact::gateway_ready, name}, ""});
        }
    }
    if (candidate.is_surplus && is_held_by_sessions(candidate)) {
        return wait_for_sessions(candidate, true);
    }
    propose(candidate, Action::remove, {});
}

// --- who is in use -------------------------------------------------------------------------------

// Whether an engine's sessions hold up what is to happen to it. Only steps by choice wait: not
// those for an engine that serves nobody, or that is above the cap. One whose P2P port is closed
// serves.
bool Planner::is_held_by_sessions(const Candidate& candidate) const {
    const Fate fate = candidate.verdict.fate;
    const bool serves = (fate == Fate::keep || fate == Fate::outdated) && !is_needy(candidate);
    return (serves || serves_although_failed(candidate.verdict)) && !candidate.is_above_cap &&
           drain_left(*candidate.engine, pool_.drain).has_value();
}

void Planner::wait_for_sessions(Candidate& candidate, bool draining) {
    const EngineView& engine = *candidate.engine;
    const Time judged_again = now_ + drain_left(engine, pool_.drain).value_or(Duration{0});
    wait(candidate, Reason::in_use, describe_use(engine, pool_.drain),
         {judged_again, Awaited{Fact::engine_idle, engine.name}, ""});
    plan_.decisions.back().draining = draining;
}

// --- who is started or replaced at once: who serves nobody ---------------------------------------

bool Planner::is_needy(const Candidate& candidate) const {
    const GatewayView* gateway = candidate.gateway;
    const bool given_up =
        gateway != nullptr && !gateway->declared && gateway->state != GatewayState::unknown;
    const bool serves_nobody =
        serving(*candidate.engine, pool_.engine_template.probe) == Serving::no ||
        (given_up && gateway->state != GatewayState::ready);
    const Fate fate = candidate.verdict.fate;
    return is_replaced_at_once(fate) || (fate == Fate::outdated && serves_nobody);
}

void Planner::start(Candidate& candidate) {
    const GatewayView* gateway = candidate.gateway;
    if (gateway != nullptr && gateway->state != GatewayState::ready) {
        return wait(candidate, Reason::gateway_not_ready,
                    "gateway " + gateway->name + " " + gateway->detail,
                    {std::nullopt, Awaited{Fact::gateway_ready, gateway->name}, ""});
    }
    // It has served nobody: it need not be made again for a port that it can have at once.
    const EngineView& engine = *candidate.engine;
    const bool gains_port = gateway != nullptr && gateway->declared &&
                            !engine.made_with_forwarded_port && places_.has_own_place(engine) &&
                            places_.ledger(*gateway).forwarded_port(*engine.slot, &engine);
    if (gains_port) return replace_now(candidate);
    propose(candidate, Action::start, {});
}

// In its own slot where possible; else it makes room, where there is any, and is created in another
// slot by a later round; else it stays as it is.
void Planner::replace_now(Candidate& candidate) {
    if (is_held_by_sessions(candidate)) return wait_for_sessions(candidate, true);
    const EngineView& engine = *candidate.engine;
    int failures = candidate.verdict.fate == Fate::outdated ? 0 : engine.failures;
    if (candidate.verdict.fate == Fate::failed) {
        const Duration failed_for = candidate.verdict.failed_for;
        const Duration ran_for = age_of(engine, seen_, now_) - failed_for;
        failures = (ran_for >= failure_reset_after ? 0 : engine.failures) + 1;
        const Duration left = remaining(backoff_after(failures), failed_for);
        if (left > Duration{0}) {
            return wait(candidate, Reason::backoff,
                        "failure " + std::to_string(failures) + " in a row", {now_ + left, {}, ""});
        }
    }
    // Meanwhile another engine may be the one that waits for a forwarded port.
    Decision held = decision_on(candidate);
    if (backs_off(held, *engine.slot, engine.id)) {
        candidate.is_decided = true;
        plan_.decisions.push_back(std::move(held));
        return;
    }
    Place own = places_.take_over(engine);
    if (auto* placement = std::get_if<Placement>(&own)) {
        placement->failures = failures;
        // Above the cap it goes, and comes back once there is room again.
        const Action action = is_above_cap_ ? Action::remove : Action::replace;
        propose(candidate, action, std::move(*placement));
        return;
    }
    NoPlace none = std::get<NoPlace>(std::move(own));
    if (places_.may_move(engine)) {
        Place elsewhere = places_.take_free_slot(engine.id);
        if (auto* placement = std::get_if<Placement>(&elsewhere)) {
            propose(candidate, Action::remove, std::move(*placement));
            return;
        }
        NoPlace none_elsewhere = std::get<NoPlace>(std::move(elsewhere));
        if (leaves_by_rollout(none_elsewhere.holder_id)) none.holder_id = none_elsewhere.holder_id;
        if (!none.wait.ends()) none = std::move(none_elsewhere);
    }
    // It serves nobody: what waits for its ports need not wait for it.
    const bool in_the_way =
        candidate.verdict.fate == Fate::outdated && none.reason != Reason::gateway_not_ready &&
        (none.reason == Reason::port_in_use || holds_port_of_another_slot(engine));
    if (in_the_way) return remove(candidate);
    // A rollout may be over before its own gateway is back.
    if (const EngineView* holder = leaves_by_rollout(none.holder_id)) {
        none.wait.fact = Awaited{Fact::engine_gone, holder->name};
    }
    wait(candidate, none.reason, none.message, none.wait);
}

// The engine of that id, if it serves on until a rollout replaces it; else null.
const EngineView* Planner::leaves_by_rollout(const std::string& id) const {
    const auto holder = std::ranges::find_if(candidates_, [&](const Candidate& candidate) {
        return candidate.engine->id == id && candidate.verdict.fate == Fate::outdated;
    });
    return holder == candidates_.end() ? nullptr : holder->engine;
}

// Made before `ports` of the spec were changed.
bool Planner::holds_port_of_another_slot(const EngineView& engine) const {
    const PortBases bases = bases_behind(pool_, engine.gateway);
    for (int slot = 0; slot < pool_.max_active_replicas; ++slot) {
        const EnginePorts ports = ports_of_slot(bases, slot);
        const bool holds = engine.ports.contain(ports.http) || engine.ports.contain(ports.https) ||
                           engine.ports.contain(ports.api) || engine.ports.contain(ports.p2p);
        if (slot != *engine.slot && holds) return true;
    }
    return false;
}

// --- who is created ------------------------------------------------------------------------------

// Engines that exist or are being created, whatever is to become of them. New ones come on top of
// these, so counting all of them is what keeps the cap at every moment. Leftovers that stand still
// and cannot be removed are no engines any more.
int Planner::existing() const {
    const auto counts = [](const Candidate& candidate) {
        return candidate.verdict.fate != Fate::foreign && candidate.verdict.fate != Fate::stuck;
    };
    return static_cast<int>(std::ranges::count_if(candidates_, counts)) + arriving_unseen_;
}

void Planner::fill_missing() {
    const int missing = plan_.wanted - existing();
    for (int i = 0; i < missing; ++i) {
        Decision decision;
        decision.fate = Fate::missing;
        decision.reason = Reason::missing;
        Place place = places_.take_free_slot();
        if (const auto* none = std::get_if<NoPlace>(&place)) {
            decision.reason = none->reason;
            decision.message = none->message;
            decision.wait = none->wait.ends() ? none->wait : next_change();
            plan_.decisions.push_back(std::move(decision));
            continue;
        }
        auto& placement = std::get<Placement>(place);
        decision.slot = placement.slot;
        decision.engine = engine_name(pool_.name, placement.slot);
        decision.gateway = placement.gateway;
        decision.host = host_of(pool_, placement.gateway, decision.engine);
        decision.port = placement.ports.http;
        decision.p2p_port = placement.ports.p2p;
        decision.has_forwarded_port = placement.takes_forwarded_port;
        Step step;
        step.action = Action::create;
        step.reason = Reason::missing;
        step.slot = placement.slot;
        step.engine = decision.engine;
        step.placement = std::move(placement);
        propose(std::move(decision), std::move(step));
    }
}

// --- wishes: who is replaced when it suits -------------------------------------------------------

// Whether the engine is to be replaced, and nothing in its namespace replies: it may serve or not,
// and no wait will show which.
bool Planner::leaves_unseen(const Candidate& candidate) const {
    const bool granted_now = candidate.wish && !candidate.wish->due && !candidate.is_decided;
    return granted_now && candidate.engine->probe.unreachable && !candidate.verdict.available;
}

// Unavailable are the wanted engines that do not serve, but for those that no step of ours lets
// serve: they wait for a person, for a gateway, or for the ports of an engine that only a rollout
// takes away.
void Planner::count_unavailable() {
    int available = 0;
    int placeless = 0;
    Wait seen_again;  // of the first that leaves unseen
    for (const auto& candidate : candidates_) {
        const bool stays = !must_go(candidate) && !is_needy(candidate);
        if (stays && candidate.verdict.available) ++available;
        const bool idle = stays && candidate.verdict.fate != Fate::busy;
        if (idle && !candidate.verdict.available && cannot_be_removed(*candidate.engine, seen_)) {
            ++placeless;
        }
        if (candidate.is_decided || candidate.verdict.available) continue;
        if (candidate.verdict.fate == Fate::foreign) continue;
        Wait& wait = leaves_unseen(candidate) ? seen_again : ready_again_;
        leaving_unseen_ += leaves_unseen(candidate) ? 1 : 0;
        if (!wait.ends()) wait.fact = Awaited{Fact::engine_ready, candidate.engine->name};
    }
    for (const auto& decision : plan_.decisions) {
        const Fate fate = decision.fate;
        const bool is_wanted = fate != Fate::surplus && fate != Fate::duplicate &&
                               fate != Fate::stuck && fate != Fate::foreign;
        if (!is_wanted || decision.ready) continue;
        const bool for_rollout = decision.wait.fact && decision.fate != Fate::busy &&
                                 decision.wait.fact->fact == Fact::engine_gone;
        const bool for_person = !decision.wait.remedy.empty() &&
                                (!decision.wait.fact || decision.fate == Fate::missing);
        // Unless time lets the engine move to another gateway.
        const bool for_gateway = decision.wait.fact && !decision.wait.until &&
                                 decision.wait.fact->fact == Fact::gateway_ready;
        if (for_person || for_rollout || for_gateway) {
            ++placeless;
        } else if (!ready_again_.ends()) {
            ready_again_ = decision.wait;
            ready_again_.then.reset();
            if (!decision.engine.empty()) {
                ready_again_ = {{}, Awaited{Fact::engine_ready, decision.engine}, ""};
            }
        }
    }
    if (!ready_again_.ends()) ready_again_ = seen_again;
    unavailable_ = plan_.wanted - available - placeless;
}

void Planner::grant_or_wait(Candidate& candidate) {
    const Wish& wish = *candidate.wish;
    const bool is_for_port = wish.reason == Reason::forwarded_port_changed;
    if (is_for_port && !wish.due && !gains_port(candidate)) candidate.wish.reset();
    if (!candidate.wish || wish.due) return keep(candidate);
    if (is_held_by_sessions(candidate)) {
        // Not more drain at once than may be replaced at once: the others serve new viewers.
        const bool asked_for = candidate.engine->drain_request != DrainRequest::none;
        const bool is_next = !is_above_cap_ && unavailable_ + draining_ < pool_.max_unavailable;
        draining_ += is_next ? 1 : 0;
        return wait_for_sessions(candidate, asked_for || is_next);
    }
    if (is_above_cap_) {
        return wait(candidate, Reason::rollout_budget, "more engines run than are wanted", {});
    }
    const bool may_serve = serving(*candidate.engine, pool_.engine_template.probe) != Serving::no;
    // Those that leave unseen do not wait for each other, nor for themselves.
    const int unavailable = unavailable_ - (leaves_unseen(candidate) ? leaving_unseen_ : 0);
    if (may_serve && unavailable >= pool_.max_unavailable) {
        return wait(candidate, Reason::rollout_budget,
                    describe_budget(pool_.max_unavailable, unavailable), ready_again_);
    }
    const NoPlace none = grant(candidate);
    // It may hold what another one waits for.
    if (!candidate.is_decided && none.reason == Reason::port_in_use) {
        candidate.blocked = none;
    } else if (!candidate.is_decided) {
        wait(candidate, none.reason, none.message, none.wait);
    }
}

// An engine that is created anyway may have taken the port already.
bool Planner::gains_port(const Candidate& candidate) const {
    const EngineView& engine = *candidate.engine;
    if (!places_.has_own_place(engine)) return false;  // it would go elsewhere
    const PortLedger& ports = places_.ledger(*candidate.gateway);
    return ports.forwarded_port(*engine.slot, &engine, candidate.wish->port) ==
           candidate.wish->port;
}

// In its own slot; or, when it has to leave its gateway or its slot, wherever there is a free one.
// Else it serves on, and the reason is returned.
NoPlace Planner::grant(Candidate& candidate) {
    const EngineView& engine = *candidate.engine;
    const Reason wish = candidate.wish->reason;
    NoPlace none;
    if (wish == Reason::rebalanced) {
        if (auto placement = places_.take_emptier(engine)) {
            give_up(candidate, Action::replace, std::move(*placement));
            return none;
        }
    } else {
        Place own = places_.take_over(engine, candidate.wish->port);
        if (auto* placement = std::get_if<Placement>(&own)) {
            give_up(candidate, Action::replace, std::move(*placement));
            return none;
        }
        none = std::get<NoPlace>(std::move(own));
    }
    const bool has_to_leave = wish == Reason::rebalanced || wish == Reason::gateway_undeclared ||
                              none.reason == Reason::no_published_port ||
                              none.reason == Reason::port_conflict ||
                              none.reason == Reason::slot_out_of_range;
    if (!has_to_leave) return none;
    Place elsewhere = places_.take_free_slot(engine.id);
    if (auto* placement = std::get_if<Placement>(&elsewhere)) {
        give_up(candidate, Action::remove, std::move(*placement));
    } else if (none.reason == Reason::slot_out_of_range || wish == Reason::rebalanced) {
        return std::get<NoPlace>(elsewhere);
    }
    return none;
}

// A step that takes an engine which may serve somebody: it uses the budget, if it can be done.
void Planner::give_up(Candidate& candidate, Action action, Placement placement) {
    const bool unseen = leaves_unseen(candidate);
    if (!propose(candidate, action, std::move(placement))) return;
    if (unseen) --leaving_unseen_;
    if (candidate.verdict.available) ++unavailable_;
    if (!ready_again_.ends()) {
        ready_again_.fact = Awaited{Fact::engine_ready, candidate.engine->name};
    }
}

// When outdated engines hold each other's new ports, one of them goes first, and comes back when it
// can.
void Planner::break_deadlock(Candidate& candidate) {
    const bool alone = seen_.steps_in_flight.empty() && plan_.steps.empty();
    if (alone && unavailable_ < pool_.max_unavailable) {
        propose(candidate, Action::remove, {});
    } else {
        wait(candidate, candidate.blocked->reason, candidate.blocked->message,
             candidate.blocked->wait);
    }
}

void Planner::keep(Candidate& candidate) {
    candidate.is_decided = true;
    Decision decision = decision_on(candidate);
    if (candidate.wish && candidate.wish->due) {
        if (decision.message.empty()) decision.message = candidate.wish->message;
        const Time due = *candidate.wish->due;
        if (!decision.wait.until || due < *decision.wait.until) {
            decision.wait.until = due;
            decision.wait.then = AfterWait::replaced;
        }
    }
    plan_.decisions.push_back(std::move(decision));
}

Plan plan(const EnginePool& pool, const Observation& seen, Time now) {
    return Planner(pool, seen, now).run();
}

}  // namespace roundhouse
