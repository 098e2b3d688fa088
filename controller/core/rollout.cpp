#include <algorithm>

#include "core/planner.h"

namespace roundhouse {

// Moves one engine at a time to a gateway that has fewer, and only while nothing else is to be done
// or awaited: it can always wait.
void Planner::even_out() {
    if (places_.is_even()) return;
    int well = 0;
    for (const auto& subject : subjects_) {
        const Verdict& verdict = subject.verdict;
        if (verdict.fate == Fate::foreign) continue;
        if (verdict.fate != Fate::keep || !verdict.available) return;
        ++well;
    }
    if (well != plan_.wanted || !seen_.steps_in_flight.empty()) return;
    // One step rather than two, where there is a choice.
    Subject* mover = least_missed_that_fits(SlotTable::Room::own_slot);
    if (mover == nullptr) mover = least_missed_that_fits(SlotTable::Room::free_slot);
    if (mover == nullptr) return;
    mover->verdict.fate = Fate::outdated;
    mover->verdict.reason = Reason::rebalanced;
    mover->verdict.message = "gateway " + mover->engine->gateway + " has more engines than others";
}

Subject* Planner::least_missed_that_fits(SlotTable::Room room) {
    Subject* first = nullptr;
    for (auto& subject : subjects_) {
        if (subject.settled || !places_.has_emptier(*subject.engine, room)) continue;
        if (first == nullptr || gives_way_before(subject, *first)) first = &subject;
    }
    return first;
}

// Engines that serve are replaced few at a time, the next ones when the last are ready. Engines
// for which there is no place are not waited for: that would never end.
void Planner::roll_out() {
    std::vector<Subject*> outdated;
    for (auto& subject : subjects_) {
        if (subject.settled) continue;
        if (subject.verdict.available) ++available_;
        outdated.push_back(&subject);
    }
    std::ranges::sort(outdated,
                      [](const Subject* a, const Subject* b) { return gives_way_before(*a, *b); });
    const int unavailable = plan_.wanted - available_ - placeless_;
    int budget = pool_.max_unavailable - unavailable;
    std::vector<Subject*> unplaced;
    for (Subject* subject : outdated) {
        if (gains_nothing(*subject)) {
            stay(*subject);
        } else if (budget <= 0) {
            wait_for_budget(*subject, pool_.max_unavailable - budget);
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

// An engine that is created anyway may have taken the port already.
bool Planner::gains_nothing(const Subject& subject) const {
    return subject.verdict.reason == Reason::forwarded_port_changed &&
           !places_.gains_port(*subject.engine);
}

void Planner::stay(Subject& subject) {
    subject.verdict.fate = Fate::keep;
    subject.verdict.reason = Reason::up_to_date;
    subject.verdict.message.clear();
    leave(subject);
}

void Planner::wait_for_budget(Subject& subject, int unavailable) {
    wait(subject, Reason::rollout_budget,
         "at most " + std::to_string(pool_.max_unavailable) + " may be unavailable for this, and " +
             std::to_string(unavailable) +
             (unavailable == 1 ? " is, or is being replaced" : " are, or are being replaced"));
}

// In its own slot; or, when it has to leave its gateway, wherever there is a free slot.
bool Planner::replace_or_make_room(Subject& subject) {
    const EngineView& engine = *subject.engine;
    const bool rebalanced = subject.verdict.reason == Reason::rebalanced;
    auto placement = rebalanced ? places_.take_emptier(engine)
                                : places_.take_over(engine, places_.may_move(engine));
    if (placement) {
        propose_for(subject, Action::replace, std::move(placement));
        return true;
    }
    const GatewayView* gateway = subject.gateway;
    const bool undeclared = gateway != nullptr && !gateway->declared;
    const bool has_to_leave =
        rebalanced || undeclared || places_.why_stuck(engine).reason == Reason::no_published_port;
    if (!has_to_leave || !places_.take_free_slot()) return false;
    make_room_for_another(subject);
    return true;
}

// When outdated engines hold each other's new ports, one of them goes first, and comes back
// when it can.
bool Planner::goes_first(const Subject& subject) const {
    return places_.waits_for_ports(*subject.engine) && seen_.steps_in_flight.empty() &&
           plan_.steps.empty();
}

}  // namespace roundhouse
