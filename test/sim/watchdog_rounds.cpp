// What must hold of every round, by the truth of the world. The rows are those of the review of the
// planner: each is a fault that went unnoticed for want of a rule.
#include <algorithm>
#include <array>
#include <tuple>

#include "core/engine_facts.h"
#include "fakes/plan_rules.h"
#include "sim/watchdog.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

// Reasons of waits that no step of the controller ends.
constexpr std::array out_of_our_hands = {
    Reason::gateway_not_ready, Reason::probe_unreachable, Reason::no_published_port,
    Reason::port_in_use,       Reason::name_taken,        Reason::no_free_slot,
    Reason::port_conflict,
};

bool contains(const auto& list, Reason reason) {
    return std::ranges::find(list, reason) != list.end();
}

// How long it may take until a look and its probes show that an engine does not serve any more.
Duration notice_time(const EnginePool& pool) {
    const ProbeSpec& probe = pool.engine_template.probe;
    return probe.failure_threshold * (probe.period + 2 * probe.timeout) + pool.check_interval + 15s;
}

// As the controller saw it: it may have missed that the gateway was back for a moment.
// One that has not been ready for failover.after is left anyway.
Duration missing_for(const RoundView& view, const std::string& gateway) {
    const auto found = std::ranges::find(view.seen.gateways, gateway, &GatewayView::name);
    if (found == view.seen.gateways.end()) return Duration{0};
    const bool given_up = found->not_ready_for >= view.pool->failover_after;
    return given_up ? found->not_ready_for : found->missing_for;
}

const std::string& gateway_id_of(const EngineView& engine) {
    return engine.incarnation.id;
}

const std::string& gateway_id_of(const NeighbourView& neighbour) {
    return neighbour.gateway_id;
}

std::string slot_text(int slot) {
    return "slot " + std::to_string(slot);
}

}  // namespace

void Watchdog::before_round() {
    drains_.round_began(world_.clock.elapsed);
    list_failed_ = false;
    untold_gateways_.clear();
    untold_engines_.clear();
    look_began_ = world_.clock.elapsed;
    world_.note_service();
    check_ends_are_looked_at();
}

void Watchdog::told_of_end(const std::string& id) {
    // What a step takes away needs no look.
    if (!world_.ending_until.contains(id) || planned_.contains(id)) return;
    ends_told_.try_emplace(id, std::max(world_.clock.elapsed, world_.ending_until.at(id)));
}

// An event of an engine's end is soon followed by a look that shows the end: after the pause of a
// loop that is woken all the time, and the round that is under way.
void Watchdog::check_ends_are_looked_at() {
    constexpr Duration soon = 1500ms;
    for (const auto may_delay :
         {Disturbance::call_fails, Disturbance::reply_lost, Disturbance::call_slow,
          Disturbance::docker_away, Disturbance::inspect_hangs}) {
        if (world_.disturbances.contains(may_delay)) return;
    }
    std::erase_if(ends_told_, [&](const auto& each) {
        if (each.second > look_began_) return false;
        if (look_began_ - each.second > soon) {
            violated("rule 1: the end of an engine was told " +
                     std::to_string((look_began_ - each.second).count()) +
                     " ms before a look that shows it");
        }
        return true;
    });
}

void Watchdog::after_round(const RoundResult& result, const RoundView* view) {
    if (list_failed_ && result.looked) violated("A7: a list that failed was used");
    if (!list_failed_ && !result.looked) violated("rule 17: one bad answer was a failed look");
    if (!result.looked || view == nullptr) return strangers_.clear();  // a look may have been made
    check_availability(*view);
    check_readiness(*view);
    check_strangers(*view);
    check_gateways(*view);
    check_is_told(*view);
    for (const auto& step : view->plan.steps) {
        if (step.slot >= 0) {
            looked_for_[step.slot] = look_began_;
            note_mistakes(*view, step);
        }
        check_not_told(*view, step);
        if (step.engine_id.empty()) continue;
        note_failure(step);
        const EngineLife* life = world_.life(step.engine_id);
        const bool served = life != nullptr && world_.serves(*life);
        planned_[step.engine_id] = {step.action, step.reason, served};
        check_step(*view, step);
    }
    if (const auto broken = broken_rule(*view->pool, view->seen, view->plan, view->at)) {
        violated("plan: " + *broken);
    }
    // Somebody may have removed it since the look, which knows nothing of it then.
    const auto is_gone = [&](const std::string& id) { return world_.life(id) == nullptr; };
    if (const auto broken = drains_.check(*view, world_.viewers, is_gone, world_.clock.elapsed)) {
        violated(*broken);
    }
    if (view->plan.matches() && !view->plan.steps.empty()) {
        violated("P2: steps although everything matches");
    }
    if (world_.dice.one_in(16)) check_order(*view);
}

void Watchdog::not_told(Operation operation, const std::string& subject, FaultKind kind) {
    if (operation == Operation::list_engines) list_failed_ = true;
    if (operation == Operation::inspect_gateway) untold_gateways_.insert(subject);
    // An engine that Docker cannot tell of at all is a broken one.
    const bool engine = operation == Operation::inspect_end && kind != FaultKind::rejected;
    if (engine) untold_engines_.insert(subject);
}

void Watchdog::note_failure(const Step& step) {
    constexpr std::array failures = {Reason::exited,          Reason::start_failed,
                                     Reason::probe_failed,    Reason::startup_timed_out,
                                     Reason::p2p_port_closed, Reason::port_conflict};
    if (contains(failures, step.reason)) failed_at_.emplace(step.engine_id, world_.clock.elapsed);
}

// Stable is False from the second of several failures, none of them more than ten minutes after the
// one before, until ten minutes after the last one.
void Watchdog::check_stability(const Condition& stable) {
    if (stable.status == Truth::unknown) return;
    std::vector<Duration> times;
    for (const auto& [id, at] : failed_at_)
        times.push_back(at);
    std::ranges::sort(times);
    times.push_back(world_.clock.elapsed);
    int in_a_row = 0;
    for (std::size_t i = 0; i + 1 < times.size(); ++i)
        in_a_row = times[i + 1] - times[i] < stable_after ? in_a_row + 1 : 0;
    if ((stable.status == Truth::yes) == (in_a_row < 2)) return;
    violated("Stable is " + std::string(to_string(stable.status)) + " after " +
             std::to_string(in_a_row) + " failures within ten minutes of one another");
}

void Watchdog::check_conditions(const std::vector<Condition>& conditions, std::int64_t generation) {
    for (const auto& condition : conditions) {
        if (condition.type == "Stable") check_stability(condition);
        if (condition.observed_generation <= generation) continue;
        violated("row 8: condition " + condition.type +
                 " is said to hold of a spec that the round did not see");
    }
}

// Rule 9: what is not known is left as it is.
void Watchdog::check_not_told(const RoundView& view, const Step& step) {
    if (untold_engines_.contains(step.engine_id)) {
        violated("A7: a step for the engine in " + slot_text(step.slot) +
                 ", of which Docker did "
                 "not tell");
    }
    const auto& place = step.placement ? step.placement : step.next_place;
    if (place && untold_gateways_.contains(place->gateway)) {
        violated("A7: an engine is placed behind " + place->gateway +
                 ", of which Docker did not "
                 "tell");
    }
    const auto engine = std::ranges::find(view.seen.engines, step.engine_id, &EngineView::id);
    if (engine == view.seen.engines.end() || !untold_gateways_.contains(engine->gateway)) return;
    const bool for_gateway =
        step.reason == Reason::gateway_gone || step.reason == Reason::gateway_not_ready ||
        step.reason == Reason::gateway_recreated || step.reason == Reason::gateway_restarted;
    if (for_gateway) {
        violated("A7: the engine in " + slot_text(step.slot) +
                 " goes for a gateway of which "
                 "Docker did not tell");
    }
}

void Watchdog::check_order(const RoundView& view) {
    Observation shuffled = view.seen;
    std::ranges::shuffle(shuffled.engines, world_.dice);
    // Planned once more as well: the round may have taken a while to end.
    if (plan(*view.pool, shuffled, view.at) != plan(*view.pool, view.seen, view.at)) {
        violated("P1: the plan depends on the order of the list");
    }
}

// --- engines that serve -----------------------------------------------------------------------

bool Watchdog::served_lately(const EngineLife& life, const EnginePool& pool) const {
    if (world_.serves(life)) return true;
    return life.served_at && world_.clock.elapsed - *life.served_at <= notice_time(pool);
}

// Whether the step takes an engine that serves although neither it nor its gateway has failed.
bool Watchdog::is_by_choice(const RoundView& view, const Step& step, const EngineLife& life) const {
    if (step.action == Action::start || !world_.serves(life)) return false;
    if (life.odd_labels || world_.stuck.contains(life.id)) return false;
    // It was paused when it was listed, and goes on since.
    const auto listed = std::ranges::find(view.seen.engines, life.id, &EngineView::id);
    if (listed != view.seen.engines.end() && listed->state == EngineState::paused) return false;
    // It did not serve when it was last probed, and does since.
    const bool seemed_down = listed != view.seen.engines.end() &&
                             serving(*listed, view.pool->engine_template.probe) == Serving::no;
    if (life.blemished && seemed_down) return false;
    // It serves only just: no probe has shown it.
    const bool is_new = life.serves_from && world_.clock.elapsed - *life.serves_from < 15s;
    if (is_new) return false;
    switch (step.reason) {
        case Reason::surplus:            // by number
        case Reason::gateway_not_ready:  // examined by its own rule
        case Reason::outside_gateway:    // lists showed it so
            return false;
        case Reason::gateway_undeclared: {
            // Behind a gateway that does not work an engine counts as one that serves nobody.
            const auto home =
                std::ranges::find(view.seen.gateways, life.gateway_id,
                                  [](const auto& each) { return each.incarnation.id; });
            return home == view.seen.gateways.end() || home->state == GatewayState::ready;
        }
        case Reason::gateway_gone: {
            // It was renamed before the spec was: nothing is found by the name that engines tell.
            const auto gateway = world_.docker.find(life.gateway_id);
            const bool renamed =
                gateway && listed != view.seen.engines.end() && gateway->name != listed->gateway;
            return !renamed;
        }
        case Reason::port_conflict:
            // By Docker's clock, which was set since, the other one was there first.
            return std::ranges::none_of(view.seen.neighbours, [&](const NeighbourView& each) {
                return each.gateway_id == life.gateway_id && each.ports.contain(life.ports.http) &&
                       listed != view.seen.engines.end() && each.created_at < listed->created_at;
            });
        case Reason::gateway_restarted: {
            // Its label tells of an incarnation before the one that it joined.
            const auto gateway = world_.docker.find(life.gateway_id);
            return gateway && gateway->started_at == life.made_for;
        }
        case Reason::probe_failed:
        case Reason::startup_timed_out:
        case Reason::p2p_port_closed: return !life.blemished;
        default: return true;
    }
}

// Rows 4, 10 and 15: whatever the reason is called, of the engines that serve at most
// maxUnavailable fewer than wanted are left, with those counted that steps are taking already.
void Watchdog::check_availability(const RoundView& view) {
    const EnginePool& pool = *view.pool;
    if (world_.in_reach_for() < notice_time(pool)) return;  // the planner goes by time
    int given_up = 0;
    for (const auto& step : view.plan.steps) {
        const EngineLife* life = step.engine_id.empty() ? nullptr : world_.life(step.engine_id);
        given_up += life != nullptr && is_by_choice(view, step, *life) ? 1 : 0;
    }
    if (given_up == 0) return;
    int available = 0;
    for (const auto& life : world_.lives()) {
        const bool taken = view.seen.steps_in_flight.contains(life.slot);
        // One that never got its port, and whose stranger came unseen, cannot be told apart; nor
        // can one whose port no label tells: it is not asked.
        const bool may_serve = served_lately(life, pool) || life.deaf ||
                               (life.odd_labels && world_.docker.has_network(life.id));
        available += !taken && may_serve ? 1 : 0;
    }
    int needed = view.plan.wanted - pool.max_unavailable;
    for (const auto& engine : view.seen.engines) {
        // Removed by somebody else since it was listed.
        const auto decision = std::ranges::find_if(view.plan.decisions, [&](const Decision& each) {
            return each.engine == engine.name && each.slot == engine.slot;
        });
        const bool listed = decision != view.plan.decisions.end() && decision->ready;
        available += listed && world_.life(engine.id) == nullptr ? 1 : 0;
    }
    for (const auto& decision : view.plan.decisions) {
        // Nor is it waited for where a person has to do something.
        const bool for_person = !decision.wait.remedy.empty() && !decision.wait.fact;
        // Nor for what Docker does not remove, be it tried once more.
        const auto engine =
            std::ranges::find(view.seen.engines, decision.engine, &EngineView::name);
        const bool stays =
            engine != view.seen.engines.end() && cannot_be_removed(*engine, view.seen);
        const bool not_ours = contains(out_of_our_hands, decision.reason) || for_person || stays;
        if (!decision.ready && not_ours) --needed;
    }
    if (available - given_up >= needed) return;
    violated("A2: a plan takes " + std::to_string(given_up) + " engines that serve, of " +
             std::to_string(available) + ", by choice; " + std::to_string(view.plan.wanted) +
             " are wanted, and " + std::to_string(pool.max_unavailable) + " may be unavailable");
}

// Rows 1 and 3: what is called ready serves, and has done so lately enough. An engine that hangs
// does not; nor does one whose port another container has, whatever that one replies.
void Watchdog::check_readiness(const RoundView& view) {
    if (world_.in_reach_for() < notice_time(*view.pool)) return;
    for (const auto& decision : view.plan.decisions) {
        if (!decision.ready) continue;
        const auto engine = std::ranges::find_if(view.seen.engines, [&](const EngineView& each) {
            return each.name == decision.engine && each.slot == decision.slot;
        });
        const EngineLife* life =
            engine == view.seen.engines.end() ? nullptr : world_.life(engine->id);
        if (life == nullptr || served_lately(*life, *view.pool)) continue;
        if (world_.clock.elapsed - life->created_at <= notice_time(*view.pool)) continue;
        // Engines are asked while their gateway is ready.
        const auto gateway =
            std::ranges::find(view.seen.gateways, engine->gateway, &GatewayView::name);
        const bool asked =
            gateway == view.seen.gateways.end() || gateway->ready_for > notice_time(*view.pool);
        if (!asked) continue;
        // A stranger that came between the look and the start cannot be told from the engine.
        const bool unnoticeable =
            life->deaf && !std::ranges::any_of(world_.others(), [&](const Other& other) {
                const bool long_there = other.since + 40s < life->created_at;
                return other.bound.contains(life->ports.http) &&
                       other.gateway_id == life->gateway_id &&
                       (long_there || (other.labelled && other.since < life->created_at));
            });
        // Nor can one that came since, while the engine's own listener was gone.
        if (unnoticeable || world_.held_by_other(life->gateway_id, life->ports.http, 0s)) continue;
        violated(std::string(life->deaf         ? "row 3: "
                             : life->queue_full ? "row 1: "
                                                : "ready: ") +
                 decision.engine + " is called ready, and does not serve");
    }
}

// A stranger that was seen stays known for as long as it listens, whether engines are created or
// not, unless a list shows who may listen there.
void Watchdog::check_strangers(const RoundView& view) {
    std::set<std::pair<std::string, int>> known;
    std::set<std::string> present;
    for (const auto& gateway : view.seen.gateways) {
        if (!gateway.address.empty()) present.insert(gateway.incarnation.id);
        for (const int port : gateway.strangers_ports)
            known.emplace(gateway.incarnation.id, port);
    }
    for (const auto& [id, port] : strangers_) {
        const auto is_listed = [&, where = id, at = port](const auto& each) {
            const bool may_listen = each.ports.contain(at) || each.ports.http == 0;
            return may_listen && gateway_id_of(each) == where;
        };
        const bool listed = std::ranges::any_of(view.seen.engines, is_listed) ||
                            std::ranges::any_of(view.seen.neighbours, is_listed);
        const bool listens =
            world_.held_by_other(id, port, world_.clock.elapsed - look_began_ + 1s);
        if (known.contains({id, port}) || listed || !listens || !present.contains(id)) continue;
        violated("strangers: the one on port " + std::to_string(port) +
                 " is forgotten while it listens");
    }
    strangers_ = std::move(known);
}

// What replies on the port of an engine that runs is taken for that engine, whoever it is.
void Watchdog::note_mistakes(const RoundView& view, const Step& step) {
    const auto engine = std::ranges::find(view.seen.engines, step.engine_id, &EngineView::id);
    const bool in_its_place =
        step.placement && engine != view.seen.engines.end() &&
        engine->incarnation.id == step.placement->incarnation.id &&
        (engine->ports.http == step.placement->ports.http || engine->ports.http == 0) &&
        engine->state == EngineState::running;
    mistaken_.erase(step.slot);
    if (in_its_place) mistaken_.insert(step.slot);
}

// --- single steps -----------------------------------------------------------------------------

void Watchdog::check_step(const RoundView& view, const Step& step) {
    const EngineLife* life = world_.life(step.engine_id);
    if (life == nullptr) return;
    const bool serves = world_.serves(*life);
    const auto listed = std::ranges::find(view.seen.engines, life->id, &EngineView::id);
    if (step.reason == Reason::duplicate_slot) {
        // Rows 15 and 16: of two the one that serves stays; one is no duplicate of itself.
        const bool another = std::ranges::any_of(view.seen.engines, [&](const EngineView& each) {
            const EngineLife* other = world_.life(each.id);
            return each.id != life->id && each.slot == life->slot && other != nullptr &&
                   served_lately(*other, *view.pool);
        });
        // Of one that others made since, the probes may show nothing yet.
        const bool shown = !life->by_others || listed->probe.probed();
        if (serves && !another && shown) {
            violated("rows 15, 16: the engine that serves in " + slot_text(step.slot) +
                     " is removed as a duplicate");
        }
    }
    if (step.reason == Reason::port_conflict && listed->state == EngineState::running) {
        const auto came_first = [&](const NeighbourView& each) {
            return each.gateway_id == life->gateway_id &&
                   std::tie(each.created_at, each.id) < std::tie(listed->created_at, listed->id);
        };
        if (std::ranges::none_of(view.seen.neighbours, came_first)) {
            violated("row 3: " + slot_text(step.slot) +
                     " gives way to an engine of another pool that came after it");
        }
    }
    if (step.reason == Reason::gateway_gone && step.placement) {
        // Row 17: compose makes a gateway again within a second or two.
        const std::string& home = listed->gateway;
        const auto gone = world_.missing_since(home);
        const bool moves = step.placement->gateway != home;
        const bool declared = std::ranges::any_of(
            view.pool->gateways, [&](const auto& each) { return each.container == home; });
        if (gone && moves && declared &&
            world_.clock.elapsed - *gone < std::min<Duration>(2s, view.pool->failover_after) &&
            missing_for(view, home) < 2s) {
            violated("row 17: " + slot_text(step.slot) +
                     " moves to another gateway when its own has only just gone");
        }
    }
    if (step.reason == Reason::gateway_reconnected && serves) {
        const auto gateway =
            std::ranges::find(view.seen.gateways, life->gateway_id,
                              [](const auto& each) { return each.incarnation.id; });
        const Run& run = gateways_[gateway->name].run;
        // The public IP may be late, and be the first sign that is seen.
        const bool before = run.connect_seen_at && life->created_at > *run.connect_seen_at + 60s;
        const bool never = !run.connected_at &&
                           !world_.disturbances.contains(Disturbance::ip_flaps) &&
                           !world_.disturbances.contains(Disturbance::vpn_lost) &&
                           !world_.disturbances.contains(Disturbance::vpn_blinks) &&
                           !world_.disturbances.contains(Disturbance::vpn_back_in_parts);
        if (before || never) {
            violated("rows 7, 7b: " + slot_text(step.slot) +
                     (never ? " is replaced for a reconnect that never was"
                            : " is replaced for a reconnect from before it was created"));
        }
    }
}

}  // namespace roundhouse::test
