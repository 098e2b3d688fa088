#include "core/planner.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "core/backoff.h"
#include "core/fingerprint.h"
#include "core/forwarding.h"
#include "core/names.h"

namespace roundhouse {

namespace {

// Whether a missing place does not come by waiting for engines to become ready.
bool is_lasting(Reason reason) {
    return reason == Reason::port_in_use || reason == Reason::no_published_port ||
           reason == Reason::name_taken;
}

// The places of engines in their list, by slot; those without one come last.
std::vector<std::size_t> by_slot(const std::vector<EngineView>& engines) {
    std::vector<std::size_t> places(engines.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::sort(places, {}, [&](std::size_t place) {
        const EngineView& engine = engines[place];
        return std::make_tuple(engine.slot.value_or(std::numeric_limits<int>::max()),
                               std::string_view(engine.name), std::string_view(engine.id));
    });
    return places;
}

// Most lists are in order already, and moving what is in them is dear.
template <class Element, class Order>
void put_in_order(std::vector<Element>& list, Order order) {
    if (!std::ranges::is_sorted(list, {}, order)) std::ranges::stable_sort(list, {}, order);
}

}  // namespace

Planner::Planner(const EnginePool& pool, const Observation& seen, Time now)
    : pool_(pool),
      seen_(seen),
      now_(now),
      hash_(template_hash(pool)),
      places_(pool, seen),
      image_(judge_image(pool, seen)) {
    std::vector<Verdict> verdicts = classify(pool, seen, now);
    plan_.forwarded_ports = follow_forwarded_ports(pool, seen, now, verdicts);
    const GatewayIndex gateways(seen.gateways);
    subjects_.reserve(verdicts.size());
    for (const std::size_t i : by_slot(seen.engines)) {
        const EngineView& engine = seen.engines[i];
        const GatewayView* gateway = gateways.find(engine.gateway);
        const bool holds_port = holds_forwarded_port(engine, gateway);
        subjects_.push_back({&engine, gateway, std::move(verdicts[i]), holds_port});
    }
    plan_.decisions.reserve(subjects_.size());
}

Plan Planner::run() {
    plan_.wanted = std::min(pool_.replicas, pool_.max_active_replicas);
    plan_.capped = pool_.replicas > pool_.max_active_replicas;
    note_arrivals();
    for (auto& subject : subjects_)
        remove_stray(subject);
    choose_surplus();
    even_out();
    for (auto& subject : subjects_)
        settle_needy(subject);
    fill_missing();
    roll_out();
    add_pull();
    finish();
    return std::move(plan_);
}

Decision Planner::decision_on(const Subject& subject) const {
    const EngineView& engine = *subject.engine;
    Decision decision;
    decision.engine = engine.name;
    decision.slot = engine.slot.value_or(-1);
    decision.gateway = engine.gateway;
    decision.host = host_of(pool_, engine.gateway, engine.name);
    decision.port = engine.ports.http;
    decision.p2p_port = engine.ports.p2p;
    // Known to be forwarded to nobody right now. It keeps its port, for the case that it comes
    // back.
    const bool none_now =
        subject.gateway != nullptr && subject.gateway->forwarded.kind == PortsAnswerKind::none;
    decision.forwarded = subject.holds_port && !none_now;
    decision.fate = subject.verdict.fate;
    decision.reason = subject.verdict.reason;
    decision.message = subject.verdict.message;
    decision.ready = subject.verdict.ready;
    decision.updated = engine.slot && engine.template_hash == hash_ &&
                       subject.verdict.reason != Reason::template_changed;
    decision.due = subject.verdict.due;
    return decision;
}

void Planner::leave(Subject& subject) {
    subject.settled = true;
    plan_.decisions.push_back(decision_on(subject));
}

// The engine has to wait, for another reason than the one that makes it needy.
void Planner::wait(Subject& subject, Reason reason, const std::string& message,
                   std::optional<Time> due) {
    subject.settled = true;
    Decision decision = decision_on(subject);
    decision.reason = reason;
    decision.message += (decision.message.empty() ? "" : "; ") + message;
    decision.due = due;
    plan_.decisions.push_back(std::move(decision));
}

// The last gate before a step: what holds back every step of its kind.
void Planner::propose(Decision decision, Step step) {
    if (const auto trouble = trouble_of(step.slot)) {
        std::tie(decision.reason, decision.message, decision.due) = *trouble;
    } else if (step.makes_anew() && !image_.usable) {
        image_needed_ = true;
        decision.reason = image_.reason;
        decision.message = image_.message;
        if (image_.due_in) decision.due = now_ + *image_.due_in;
    } else {
        decision.action = step.action;
        decision.due.reset();
        plan_.steps.push_back(std::move(step));
    }
    plan_.decisions.push_back(std::move(decision));
}

std::optional<std::tuple<Reason, std::string, Time>> Planner::trouble_of(int slot) const {
    const auto found = seen_.troubles.find(slot);
    if (found == seen_.troubles.end()) return std::nullopt;
    const SlotTrouble& trouble = found->second;
    const Duration left =
        remaining(backoff_after(trouble.failures + 1), trouble.since_last_failure);
    if (left == Duration{0}) return std::nullopt;
    return std::make_tuple(Reason::backoff, trouble.detail, now_ + left);
}

// What was replaced for a port lately and is replaced again for another reason still counts.
bool Planner::follows_port(const Subject& subject, const Placement& placement) const {
    if (!placement.forwarded) return false;
    const EngineView& engine = *subject.engine;
    const bool lately = age_of(engine, seen_, now_) < pool_.forwarded_port.min_interval;
    return subject.verdict.reason == Reason::forwarded_port_changed || (engine.followed && lately);
}

void Planner::propose_for(Subject& subject, Action action, std::optional<Placement> placement) {
    subject.settled = true;
    const EngineView& engine = *subject.engine;
    Step step;
    step.action = action;
    step.reason = subject.verdict.reason;
    step.slot = *engine.slot;
    step.engine = placement ? engine_name(pool_.name, step.slot) : engine.name;
    step.engine_id = engine.id;
    // Whoever is known to serve nobody is not asked politely: that only takes time.
    const Fate fate = subject.verdict.fate;
    step.graceful = fate != Fate::stranded && fate != Fate::failed && fate != Fate::unstarted &&
                    serving(engine, pool_.engine_template.probe) != Serving::no;
    step.message = subject.verdict.message;
    step.makes_room = subject.makes_room;
    if (placement) placement->followed = follows_port(subject, *placement);
    step.placement = std::move(placement);
    propose(decision_on(subject), std::move(step));
}

// It goes, and a later round creates one in another slot.
void Planner::make_room_for_another(Subject& subject) {
    subject.makes_room = true;
    propose_for(subject, Action::remove, {});
}

void Planner::remove_stray(Subject& subject) {
    switch (subject.verdict.fate) {
        case Fate::foreign:
        case Fate::busy: return leave(subject);
        case Fate::outside:
        case Fate::duplicate:
        case Fate::surplus: return propose_for(subject, Action::remove, {});
        default: return;
    }
}

// Engines that are being created and that the listing does not show yet.
void Planner::note_arrivals() {
    std::set<int> unlisted;
    for (const auto& [slot, step] : seen_.steps_in_flight) {
        if (!step.leaving) unlisted.insert(slot);
    }
    for (const auto& subject : subjects_) {
        if (subject.engine->slot) unlisted.erase(*subject.engine->slot);
    }
    for (const int slot : unlisted) {
        const StepInFlight& step = seen_.steps_in_flight.at(slot);
        ++arriving_unseen_;
        Decision decision;
        decision.slot = slot;
        decision.engine = engine_name(pool_.name, slot);
        decision.gateway = step.gateway;
        decision.fate = Fate::busy;
        decision.reason = Reason::in_flight;
        plan_.decisions.push_back(std::move(decision));
    }
}

void Planner::choose_surplus() {
    std::vector<Subject*> candidates;
    for (auto& subject : subjects_) {
        if (!subject.settled) candidates.push_back(&subject);
    }
    // Engines with a step in flight are left out: when they are here and too many, they will
    // not be ready, and so be the first to give way.
    int excess = static_cast<int>(candidates.size()) - plan_.wanted;
    if (excess <= 0) return;
    std::ranges::sort(candidates,
                      [](const Subject* a, const Subject* b) { return gives_way_before(*a, *b); });
    for (Subject* victim : candidates) {
        if (excess-- <= 0) break;
        victim->verdict.fate = Fate::surplus;
        victim->verdict.reason = Reason::surplus;
        victim->verdict.message = std::to_string(plan_.wanted) + " engines are wanted";
        propose_for(*victim, Action::remove, {});
    }
}

void Planner::settle_needy(Subject& subject) {
    if (subject.settled) return;
    const EngineView& engine = *subject.engine;
    switch (subject.verdict.fate) {
        case Fate::unstarted: return start(subject);
        case Fate::failed: return replace_failed(subject);
        case Fate::stranded:
        case Fate::displaced: return replace_now(subject, engine.failures);
        case Fate::outdated:
            if (gains_nothing(subject)) {
                if (subject.verdict.available) ++available_;
                return stay(subject);
            }
            if (serves_nobody(subject)) return replace_now(subject, 0);
            return;  // it serves: within the rollout budget
        default:
            if (subject.verdict.available) ++available_;
            return leave(subject);
    }
}

bool Planner::serves_nobody(const Subject& subject) const {
    const GatewayView* gateway = subject.gateway;
    const bool given_up = gateway != nullptr && !gateway->declared;
    return serving(*subject.engine, pool_.engine_template.probe) == Serving::no ||
           (given_up && gateway->state != GatewayState::ready);
}

void Planner::start(Subject& subject) {
    const GatewayView* gateway = subject.gateway;
    if (gateway != nullptr && gateway->state != GatewayState::ready) {
        return wait(subject, Reason::gateway_not_ready,
                    "gateway " + gateway->name + " " + gateway->detail);
    }
    propose_for(subject, Action::start, {});
}

void Planner::replace_failed(Subject& subject) {
    const EngineView& engine = *subject.engine;
    const Duration failed_for = subject.verdict.failed_for;
    const Duration ran_for = age_of(engine, seen_, now_) - failed_for;
    const int failures = (ran_for >= failure_reset_after ? 0 : engine.failures) + 1;
    const Duration left = remaining(backoff_after(failures), failed_for);
    if (left > Duration{0}) {
        return wait(subject, Reason::backoff, "failure " + std::to_string(failures) + " in a row",
                    now_ + left);
    }
    replace_now(subject, failures);
}

// In its own slot where possible; else it makes room, where there is any, and is created in
// another slot by a later round; else it stays as it is.
void Planner::replace_now(Subject& subject, int failures) {
    const EngineView& engine = *subject.engine;
    const bool movable = places_.may_move(engine);
    if (auto placement = places_.take_over(engine, movable)) {
        placement->failures = failures;
        return propose_for(subject, Action::replace, std::move(placement));
    }
    if (movable && places_.take_free_slot()) return make_room_for_another(subject);
    const NoPlace none = places_.why_stuck(engine);
    // It serves nobody: what waits for its ports need not wait for it.
    const bool in_the_way = subject.verdict.fate == Fate::outdated;
    if (none.reason == Reason::port_in_use && in_the_way) {
        return propose_for(subject, Action::remove, {});
    }
    if (none.reason == Reason::port_in_use) ++placeless_;
    std::optional<Time> due;
    const GatewayView* gateway = subject.gateway;
    if (!movable && gateway != nullptr) {
        due = now_ + remaining(pool_.failover_after, gateway->not_ready_for);
    }
    if (subject.verdict.reason == none.reason) {
        subject.verdict.due = due;
        return leave(subject);
    }
    wait(subject, none.reason, none.message, due);
}

// Engines that exist or are being created, whatever is to become of them. New ones come on top
// of these, so counting all of them is what keeps the cap at every moment.
int Planner::existing() const {
    const auto ours = [](const Subject& subject) { return subject.verdict.fate != Fate::foreign; };
    return static_cast<int>(std::ranges::count_if(subjects_, ours)) + arriving_unseen_;
}

void Planner::fill_missing() {
    const int missing = plan_.wanted - existing();
    for (int i = 0; i < missing; ++i) {
        Decision decision;
        decision.fate = Fate::missing;
        decision.reason = Reason::missing;
        auto placement = places_.take_free_slot();
        if (!placement) {
            const NoPlace none = places_.why_full();
            decision.reason = none.reason;
            decision.message = none.message;
            if (is_lasting(none.reason)) ++placeless_;
            plan_.decisions.push_back(std::move(decision));
            continue;
        }
        decision.slot = placement->slot;
        decision.engine = engine_name(pool_.name, placement->slot);
        decision.gateway = placement->gateway;
        decision.host = host_of(pool_, placement->gateway, decision.engine);
        decision.port = placement->ports.http;
        decision.p2p_port = placement->ports.p2p;
        decision.forwarded = placement->forwarded;
        Step step;
        step.action = Action::create;
        step.reason = Reason::missing;
        step.slot = placement->slot;
        step.engine = decision.engine;
        step.placement = std::move(placement);
        propose(std::move(decision), std::move(step));
    }
}

void Planner::add_pull() {
    if (!image_needed_ || !image_.pull) return;
    Step step;
    step.action = Action::pull;
    step.reason = image_.reason;
    step.message = pool_.engine_template.image;
    plan_.steps.push_back(std::move(step));
}

void Planner::finish() {
    plan_.passed_over.assign(places_.passed_over().begin(), places_.passed_over().end());
    const auto order = [](const Decision& decision) {
        return std::make_tuple(decision.fate == Fate::missing,
                               decision.slot < 0 ? std::numeric_limits<int>::max() : decision.slot,
                               std::string_view(decision.engine));
    };
    put_in_order(plan_.decisions, order);
    put_in_order(plan_.steps, &Step::slot);
    for (const auto& decision : plan_.decisions) {
        if (!decision.due) continue;
        plan_.wake_at = std::min(plan_.wake_at.value_or(*decision.due), *decision.due);
    }
}

Plan plan(const EnginePool& pool, const Observation& seen, Time now) {
    return Planner(pool, seen, now).run();
}

}  // namespace roundhouse
