#include "core/plan.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/image.h"
#include "core/names.h"
#include "core/slots.h"
#include "core/subject.h"

namespace roundhouse {

namespace {

class Planner {
  public:
    Planner(const EnginePool& pool, const Observation& seen, Time now)
        : pool_(pool),
          seen_(seen),
          now_(now),
          places_(pool, seen),
          image_(judge_image(pool, seen)) {
        const std::vector<Verdict> verdicts = classify(pool, seen, now);
        subjects_.reserve(verdicts.size());
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            subjects_.push_back({&seen.engines[i], verdicts[i], false});
        }
        std::ranges::sort(subjects_, {}, [](const Subject& subject) {
            const EngineView& engine = *subject.engine;
            return std::make_tuple(engine.slot.value_or(std::numeric_limits<int>::max()),
                                   std::string_view(engine.name), std::string_view(engine.id));
        });
    }

    Plan run() {
        plan_.wanted = std::min(pool_.replicas, pool_.max_active_replicas);
        plan_.capped = pool_.replicas > pool_.max_active_replicas;
        note_arrivals();
        for (auto& subject : subjects_)
            remove_stray(subject);
        choose_surplus();
        for (auto& subject : subjects_)
            settle_needy(subject);
        fill_missing();
        roll_out();
        add_pull();
        finish();
        return std::move(plan_);
    }

  private:
    // --- decisions -------------------------------------------------------------------------

    Decision decision_on(const Subject& subject) const {
        const EngineView& engine = *subject.engine;
        Decision decision;
        decision.engine = engine.name;
        decision.slot = engine.slot.value_or(-1);
        decision.gateway = engine.gateway;
        decision.host = host_of(pool_, engine.gateway, engine.name);
        decision.port = engine.ports.http;
        decision.fate = subject.verdict.fate;
        decision.reason = subject.verdict.reason;
        decision.message = subject.verdict.message;
        decision.ready = subject.verdict.ready;
        decision.updated = subject.verdict.fate == Fate::keep;
        decision.due = subject.verdict.due;
        return decision;
    }

    void leave(Subject& subject) {
        subject.settled = true;
        plan_.decisions.push_back(decision_on(subject));
    }

    // The engine has to wait, for another reason than the one that makes it needy.
    void wait(Subject& subject, Reason reason, const std::string& message,
              std::optional<Time> due = {}) {
        subject.settled = true;
        Decision decision = decision_on(subject);
        decision.reason = reason;
        decision.message += (decision.message.empty() ? "" : "; ") + message;
        decision.due = due;
        plan_.decisions.push_back(std::move(decision));
    }

    // The last gate before a step: what holds back every step of its kind.
    void propose(Decision decision, Step step) {
        if (const auto trouble = trouble_of(step.slot)) {
            std::tie(decision.reason, decision.message, decision.due) = *trouble;
        } else if (step.placement && !image_.usable) {
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

    std::optional<std::tuple<Reason, std::string, Time>> trouble_of(int slot) const {
        const auto found = seen_.troubles.find(slot);
        if (found == seen_.troubles.end()) return std::nullopt;
        const SlotTrouble& trouble = found->second;
        const Duration left =
            remaining(backoff_after(trouble.failures + 1), trouble.since_last_failure);
        if (left == Duration{0}) return std::nullopt;
        return std::make_tuple(Reason::backoff, trouble.detail, now_ + left);
    }

    void propose_for(Subject& subject, Action action, std::optional<Placement> placement) {
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
        step.placement = std::move(placement);
        propose(decision_on(subject), std::move(step));
    }

    // --- who goes --------------------------------------------------------------------------

    void remove_stray(Subject& subject) {
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
    void note_arrivals() {
        std::set<int> listed;
        for (const auto& subject : subjects_) {
            if (subject.engine->slot) listed.insert(*subject.engine->slot);
        }
        for (const auto& [slot, step] : seen_.steps_in_flight) {
            if (step.leaving || listed.contains(slot)) continue;
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

    void choose_surplus() {
        std::vector<Subject*> candidates;
        for (auto& subject : subjects_) {
            if (!subject.settled) candidates.push_back(&subject);
        }
        // Engines with a step in flight are left out: when they are here and too many, they will
        // not be ready, and so be the first to give way.
        int excess = static_cast<int>(candidates.size()) - plan_.wanted;
        if (excess <= 0) return;
        std::ranges::sort(candidates, [](const Subject* a, const Subject* b) {
            return gives_way_before(*a, *b);
        });
        for (Subject* victim : candidates) {
            if (excess-- <= 0) break;
            victim->verdict.fate = Fate::surplus;
            victim->verdict.reason = Reason::surplus;
            victim->verdict.message = std::to_string(plan_.wanted) + " engines are wanted";
            propose_for(*victim, Action::remove, {});
        }
    }

    // --- who is replaced at once -----------------------------------------------------------

    void settle_needy(Subject& subject) {
        if (subject.settled) return;
        const EngineView& engine = *subject.engine;
        switch (subject.verdict.fate) {
            case Fate::unstarted: return start(subject);
            case Fate::failed: return replace_failed(subject);
            case Fate::stranded:
            case Fate::displaced: return replace_now(subject, engine.failures);
            case Fate::outdated:
                if (serves_nobody(engine)) return replace_now(subject, 0);
                return;  // it serves: within the rollout budget
            default:
                if (subject.verdict.available) ++available_;
                return leave(subject);
        }
    }

    bool serves_nobody(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        const bool given_up = gateway != nullptr && !gateway->declared;
        return serving(engine, pool_.engine_template.probe) == Serving::no ||
               (given_up && gateway->state != GatewayState::ready);
    }

    void start(Subject& subject) {
        const GatewayView* gateway = gateway_of(*subject.engine);
        if (gateway != nullptr && gateway->state != GatewayState::ready) {
            return wait(subject, Reason::gateway_not_ready,
                        "gateway " + gateway->name + " " + gateway->detail);
        }
        propose_for(subject, Action::start, {});
    }

    void replace_failed(Subject& subject) {
        const EngineView& engine = *subject.engine;
        const Duration failed_for = subject.verdict.failed_for;
        const Duration ran_for = age_of(engine, seen_, now_) - failed_for;
        const int failures = (ran_for >= failure_reset_after ? 0 : engine.failures) + 1;
        const Duration left = remaining(backoff_after(failures), failed_for);
        if (left > Duration{0}) {
            return wait(subject, Reason::backoff,
                        "failure " + std::to_string(failures) + " in a row", now_ + left);
        }
        replace_now(subject, failures);
    }

    // In its own slot where possible; else it makes room, where there is any, and is created in
    // another slot by a later round; else it stays as it is.
    void replace_now(Subject& subject, int failures) {
        const EngineView& engine = *subject.engine;
        const bool movable = places_.may_move(engine);
        if (auto placement = places_.take_over(engine, movable)) {
            placement->failures = failures;
            return propose_for(subject, Action::replace, std::move(placement));
        }
        if (movable && places_.take_free_slot()) {
            return propose_for(subject, Action::remove, {});
        }
        const NoPlace none = places_.why_stuck(engine);
        if (none.reason == Reason::port_in_use) ++placeless_;
        std::optional<Time> due;
        const GatewayView* gateway = gateway_of(engine);
        if (!movable && gateway != nullptr) {
            due = now_ + remaining(pool_.failover_after, gateway->not_ready_for);
        }
        if (subject.verdict.reason == none.reason) {
            subject.verdict.due = due;
            return leave(subject);
        }
        wait(subject, none.reason, none.message, due);
    }

    const GatewayView* gateway_of(const EngineView& engine) const {
        const auto found = std::ranges::find(seen_.gateways, engine.gateway, &GatewayView::name);
        return found == seen_.gateways.end() ? nullptr : &*found;
    }

    // --- who is created --------------------------------------------------------------------

    // Engines that exist or are being created, whatever is to become of them. New ones come on top
    // of these, so counting all of them is what keeps the cap at every moment.
    int existing() const {
        const auto ours = [](const Subject& subject) {
            return subject.verdict.fate != Fate::foreign;
        };
        return static_cast<int>(std::ranges::count_if(subjects_, ours)) + arriving_unseen_;
    }

    void fill_missing() {
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
            Step step;
            step.action = Action::create;
            step.reason = Reason::missing;
            step.slot = placement->slot;
            step.engine = decision.engine;
            step.placement = std::move(placement);
            propose(std::move(decision), std::move(step));
        }
    }

    // Whether a missing place does not come by waiting for engines to become ready.
    static bool is_lasting(Reason reason) {
        return reason == Reason::port_in_use || reason == Reason::no_published_port ||
               reason == Reason::name_taken;
    }

    // --- who is replaced when it suits -----------------------------------------------------

    // Engines that serve are replaced few at a time, the next ones when the last are ready. Engines
    // for which there is no place are not waited for: that would never end.
    void roll_out() {
        std::vector<Subject*> outdated;
        for (auto& subject : subjects_) {
            if (subject.settled) continue;
            if (subject.verdict.available) ++available_;
            outdated.push_back(&subject);
        }
        std::ranges::sort(
            outdated, [](const Subject* a, const Subject* b) { return gives_way_before(*a, *b); });
        const int unavailable = plan_.wanted - available_ - placeless_;
        int budget = pool_.max_unavailable - unavailable;
        std::vector<Subject*> unplaced;
        for (Subject* subject : outdated) {
            if (budget <= 0) {
                wait_for_budget(*subject, unavailable);
            } else if (replace_or_make_room(*subject)) {
                --budget;
            } else {
                unplaced.push_back(subject);
            }
        }
        for (Subject* subject : unplaced) {
            if (budget > 0 && goes_first(*subject)) {
                propose_for(*subject, Action::remove, {});
            } else {
                const NoPlace none = places_.why_stuck(*subject->engine);
                wait(*subject, none.reason, none.message);
            }
        }
    }

    void wait_for_budget(Subject& subject, int unavailable) {
        wait(subject, Reason::rollout_budget,
             "at most " + std::to_string(pool_.max_unavailable) +
                 " may be unavailable for this, and " + std::to_string(unavailable) +
                 (unavailable == 1 ? " is now" : " are now"));
    }

    // In its own slot; or, when it has to leave its gateway, wherever there is a free slot.
    bool replace_or_make_room(Subject& subject) {
        const EngineView& engine = *subject.engine;
        if (auto placement = places_.take_over(engine, places_.may_move(engine))) {
            propose_for(subject, Action::replace, std::move(placement));
            return true;
        }
        const GatewayView* gateway = gateway_of(engine);
        const bool has_to_leave = gateway != nullptr && !gateway->declared;
        if (!has_to_leave || !places_.take_free_slot()) return false;
        propose_for(subject, Action::remove, {});
        return true;
    }

    // When outdated engines hold each other's new ports, one of them goes first, and comes back
    // when it can.
    bool goes_first(const Subject& subject) const {
        return places_.waits_for_ports(*subject.engine) && seen_.steps_in_flight.empty() &&
               plan_.steps.empty();
    }

    // --- the rest --------------------------------------------------------------------------

    void add_pull() {
        if (!image_needed_ || !image_.pull) return;
        Step step;
        step.action = Action::pull;
        step.reason = image_.reason;
        step.message = pool_.engine_template.image;
        plan_.steps.push_back(std::move(step));
    }

    void finish() {
        plan_.passed_over = places_.passed_over();
        std::ranges::sort(plan_.passed_over);
        const auto order = [](const Decision& decision) {
            return std::make_tuple(
                decision.fate == Fate::missing,
                decision.slot < 0 ? std::numeric_limits<int>::max() : decision.slot,
                std::string_view(decision.engine));
        };
        std::ranges::stable_sort(plan_.decisions, {}, order);
        std::ranges::stable_sort(plan_.steps, {}, &Step::slot);
        for (const auto& decision : plan_.decisions) {
            if (!decision.due) continue;
            plan_.wake_at = std::min(plan_.wake_at.value_or(*decision.due), *decision.due);
        }
    }

    const EnginePool& pool_;
    const Observation& seen_;
    Time now_;
    SlotTable places_;
    ImageVerdict image_;
    std::vector<Subject> subjects_;
    bool image_needed_ = false;
    int arriving_unseen_ = 0;
    int available_ = 0;  // among the engines that stay
    int placeless_ = 0;  // engines to be created for which there is no place
    Plan plan_;
};

}  // namespace

Plan plan(const EnginePool& pool, const Observation& seen, Time now) {
    return Planner(pool, seen, now).run();
}

}  // namespace roundhouse
