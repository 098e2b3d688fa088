// From what is to happen to an engine to a step, or to a wait with its reason.
#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/drain.h"
#include "core/names.h"
#include "core/planner.h"

namespace roundhouse {

namespace {

AfterWait after_wait_of(Fate fate) {
    switch (fate) {
        case Fate::missing: return AfterWait::created;
        case Fate::unstarted: return AfterWait::started;
        case Fate::stranded:
        case Fate::displaced:
        case Fate::outdated:
        case Fate::failed: return AfterWait::replaced;
        case Fate::surplus:
        case Fate::outside:
        case Fate::duplicate:
        case Fate::pinning:
        case Fate::stuck: return AfterWait::removed;
        case Fate::keep:
        case Fate::busy:
        case Fate::unknown:
        case Fate::foreign: break;
    }
    return AfterWait::judged_again;
}

// For an engine that waits for the same, and for which something else may follow.
Wait without_sequel(Wait wait) {
    wait.then.reset();
    return wait;
}

}  // namespace

Decision Planner::decision_on(const Candidate& candidate) const {
    const EngineView& engine = *candidate.engine;
    const GatewayView* gateway = candidate.gateway;
    Decision decision;
    decision.engine = engine.name;
    decision.engine_id = engine.id;
    decision.slot = engine.slot.value_or(-1);
    decision.gateway = engine.gateway;
    decision.host =
        host_of(pool_, gateway == nullptr ? engine.gateway : gateway->name, engine.name);
    decision.port = engine.ports.http;
    decision.p2p_port = engine.ports.p2p;
    // Known to be forwarded to nobody right now. It keeps its port, for the case that it comes
    // back.
    const bool none_now = gateway != nullptr && gateway->ports_answer.kind == PortsAnswerKind::none;
    decision.has_forwarded_port = candidate.holds_port && !none_now;
    decision.fate = candidate.is_surplus ? Fate::surplus : candidate.verdict.fate;
    decision.reason = candidate.verdict.reason;
    decision.message = candidate.verdict.message;
    if (candidate.wish && !candidate.wish->due) {
        decision.fate = Fate::outdated;
        decision.reason = candidate.wish->reason;
        decision.message = candidate.wish->message;
    }
    const bool surplus_by_choice = candidate.is_surplus && !candidate.is_above_cap;
    decision.wished = surplus_by_choice || (candidate.wish && !candidate.wish->due) ||
                      serves_although_failed(candidate.verdict);
    if (candidate.is_surplus) {
        decision.reason = Reason::surplus;
        decision.message = std::to_string(plan_.wanted) +
                           (plan_.wanted == 1 ? " engine is" : " engines are") + " wanted";
    }
    decision.ready = candidate.verdict.ready;
    decision.updated = engine.slot && engine.template_hash == hash_ &&
                       candidate.verdict.reason != Reason::template_changed;
    decision.wait = candidate.verdict.wait;
    return decision;
}

// What happens next in this plan: slots that are taken are free after it, and engines ready. Not
// that some engine makes room for another one, as it may be the one that asks.
Wait Planner::next_change() const {
    const auto& decisions = plan_.decisions;
    const auto step = std::ranges::find_if(
        decisions, [](const Decision& decision) { return decision.action.has_value(); });
    if (step != decisions.end()) return {{}, Awaited{Fact::step_ended, step->engine}, ""};
    const auto other = std::ranges::find_if(decisions, [](const Decision& decision) {
        const auto& fact = decision.wait.fact;
        const bool for_room =
            fact && fact->fact == Fact::engine_gone && decision.fate != Fate::busy;
        return decision.wait.until || (fact && !for_room);
    });
    if (other != decisions.end()) return without_sequel(other->wait);
    const auto person = std::ranges::find_if(
        decisions, [](const Decision& decision) { return decision.wait.needs_person(); });
    return person == decisions.end() ? Wait{} : person->wait;
}

// Some engines wait for whatever happens next: only the whole plan shows what that is. What follows
// is in most cases the step that the engine's fate calls for.
void Planner::name_ends() {
    for (auto& decision : plan_.decisions) {
        const bool well = decision.fate == Fate::keep || decision.fate == Fate::foreign;
        if (!well && !decision.action && !decision.wait.ends()) decision.wait = next_change();
        const bool ends_by_itself = decision.wait.until || decision.wait.fact;
        if (ends_by_itself && !decision.wait.then)
            decision.wait.then = after_wait_of(decision.fate);
    }
}

// The engine has to wait, for another reason than the one that calls for a step.
void Planner::wait(Candidate& candidate, Reason reason, const std::string& message, Wait wait) {
    candidate.is_decided = true;
    Decision decision = decision_on(candidate);
    if (!wait.ends()) wait = next_change();
    if (decision.reason != reason) {
        decision.message += (decision.message.empty() ? "" : "; ") + message;
    }
    decision.reason = reason;
    decision.wait = std::move(wait);
    plan_.decisions.push_back(std::move(decision));
}

// What was replaced for a port lately and is replaced again for another reason still counts.
bool Planner::follows_port(const Candidate& candidate, Reason reason, int port) const {
    const EngineView& engine = *candidate.engine;
    if (reason == Reason::forwarded_port_changed) {
        return !candidate.gateway->first_ports.contains(port);
    }
    return engine.followed && age_of(engine, seen_, now_) < pool_.forwarded_port.min_interval;
}

// `placement` of a removal is where a later round creates the engine, for which this makes room.
bool Planner::propose(Candidate& candidate, Action action, std::optional<Placement> placement) {
    candidate.is_decided = true;
    const EngineView& engine = *candidate.engine;
    Decision decision = decision_on(candidate);
    const std::string cut = decision.wished ? describe_cut(engine, pool_.drain) : "";
    if (!cut.empty()) decision.message += (decision.message.empty() ? "" : "; ") + cut;
    Step step;
    step.action = action;
    step.reason = decision.reason;
    step.slot = *engine.slot;
    const bool replaces = placement && action == Action::replace;
    step.engine = replaces ? engine_name(pool_.name, step.slot) : engine.name;
    step.engine_id = engine.id;
    // An engine that is known to serve nobody is not asked politely: that only takes time.
    const bool fallen = decision.fate == Fate::pinning ||
                        (is_replaced_at_once(decision.fate) && decision.fate != Fate::displaced &&
                         !serves_although_failed(candidate.verdict));
    step.graceful = !fallen && serving(engine, pool_.engine_template.probe) != Serving::no;
    step.message = decision.message;
    if (placement) {
        placement->followed = placement->takes_forwarded_port &&
                              follows_port(candidate, decision.reason, placement->ports.p2p);
    }
    (replaces ? step.placement : step.next_place) = std::move(placement);
    return propose(std::move(decision), std::move(step));
}

// The last gate before a step: what holds back every step of its kind. Returns whether the step is
// planned.
bool Planner::propose(Decision decision, Step step) {
    const bool planned = !hold_back(decision, step);
    if (planned) {
        decision.action = step.action;
        decision.wait = {};
        plan_.steps.push_back(std::move(step));
    }
    plan_.decisions.push_back(std::move(decision));
    return planned;
}

bool Planner::hold_back(Decision& decision, const Step& step) {
    if (backs_off(decision, step.slot, step.engine_id)) return true;
    if (waits_for_unknown(decision, step)) return true;
    if (!step.creates_engine()) return false;
    if (image_.usable) return waits_for_port(decision, step);
    image_needed_ = true;
    plan_.waiting_for_image.push_back(step);
    decision.reason = image_.reason;
    decision.message = image_.message;
    decision.wait = image_.wait;
    if (image_.due_in) {
        decision.wait.until = now_ + *image_.due_in;
        decision.wait.then = AfterWait::pulled_again;
    }
    return true;
}

// After calls that failed, or did not help, for the slot; or for a container that Docker could not
// remove, which leaves its slot to others.
bool Planner::backs_off(Decision& decision, int slot, const std::string& engine_id) const {
    const auto wait_after = [&](const Trouble& met) {
        const Duration left = remaining(backoff_after(met.failures + 1), met.since_last_failure);
        if (left <= Duration{0}) return false;
        decision.reason = Reason::backoff;
        decision.message = met.detail;
        decision.wait = {now_ + left, {}, "", AfterWait::tried_again};
        return true;
    };
    const auto trouble = seen_.troubles.find(slot);
    if (trouble != seen_.troubles.end() && wait_after(trouble->second)) return true;
    const auto removal = seen_.failed_removals.find(engine_id);
    if (removal == seen_.failed_removals.end() || !wait_after(removal->second)) return false;
    if (removal->second.failures >= many_removals)
        decision.wait.remedy = "remove it by hand: docker rm --force " + decision.engine;
    return true;
}

// If one of two containers in a slot is unknown, it may run: the other one is not started
// meanwhile.
bool Planner::waits_for_unknown(Decision& decision, const Step& step) const {
    if (step.action == Action::remove) return false;
    const auto other = std::ranges::find_if(seen_.engines, [&](const EngineView& engine) {
        return engine.slot == step.slot && engine.id != step.engine_id && !engine.unknown.empty();
    });
    if (other == seen_.engines.end()) return false;
    decision.reason = Reason::not_understood;
    decision.message = "container " + other->name + " has this slot, too: " + other->unknown;
    decision.wait = {{}, Awaited{Fact::engine_known, other->name}, ""};
    return true;
}

// Only a new engine does: what makes room for one, above the cap for example, goes.
bool Planner::waits_for_port(Decision& decision, const Step& step) const {
    if (!step.placement || step.placement->waits_for_port == Duration{0}) return false;
    decision.reason = Reason::forwarded_port_awaited;
    decision.message = "a port that the gateway forwards soon is for this engine";
    decision.wait = {now_ + step.placement->waits_for_port,
                     Awaited{Fact::port_forwarded, step.placement->gateway}, ""};
    return true;
}

void Planner::add_pull() {
    if (!image_needed_ || !image_.pull) return;
    Step step;
    step.action = Action::pull;
    step.reason = image_.reason;
    step.message = pool_.engine_template.image;
    plan_.steps.push_back(std::move(step));
}

// A wait for an engine that itself waits for a person ends when that person has acted.
void Planner::pass_remedies_on() {
    const auto remedy_for = [&](const Decision& decision) -> std::string {
        const auto& fact = decision.wait.fact;
        const bool for_engine =
            fact && (fact->fact == Fact::engine_gone || fact->fact == Fact::engine_ready);
        if (!for_engine) return "";
        const auto other = std::ranges::find(plan_.decisions, fact->subject, &Decision::engine);
        const bool for_person =
            other != plan_.decisions.end() && !other->action && other->wait.needs_person();
        return for_person ? other->wait.remedy : "";
    };
    for (bool passed = true; passed;) {
        passed = false;
        for (auto& decision : plan_.decisions) {
            const std::string remedy = remedy_for(decision);
            if (remedy.empty()) continue;
            decision.wait.fact.reset();
            decision.wait.remedy = remedy;
            passed = true;
        }
    }
}

void Planner::finish() {
    name_ends();
    pass_remedies_on();
    plan_.passed_over.assign(places_.passed_over().begin(), places_.passed_over().end());
    std::ranges::stable_sort(plan_.decisions, {}, [](const Decision& decision) {
        return std::make_tuple(decision.fate == Fate::missing,
                               decision.slot < 0 ? std::numeric_limits<int>::max() : decision.slot,
                               std::string_view(decision.engine));
    });
    std::ranges::stable_sort(plan_.steps, {}, &Step::slot);
    for (const auto& decision : plan_.decisions) {
        const auto& until = decision.wait.until;
        if (until) plan_.wake_at = std::min(plan_.wake_at.value_or(*until), *until);
    }
}

}  // namespace roundhouse
