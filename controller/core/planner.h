// The planner at work: one object for one plan. What happens to ONE engine is decided in
// Planner::decide, first match wins: it goes, it is replaced at once, a wish for it is granted or
// waits, it stays.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/forwarding.h"
#include "core/gateway_index.h"
#include "core/image.h"
#include "core/places.h"
#include "core/plan.h"

namespace roundhouse {

class Planner {
  public:
    // All arguments must outlive the planner.
    Planner(const EnginePool& pool, const Observation& seen, Time now);

    // Once.
    Plan run();

  private:
    // One engine on its way through the plan.
    struct Candidate {
        const EngineView* engine = nullptr;
        const GatewayView* gateway = nullptr;  // null where the observation has none of its name
        Verdict verdict;
        bool holds_port = false;         // it has a forwarded port, as far as is known
        bool is_surplus = false;         // one of those that are more than wanted
        bool is_above_cap = false;       // one of those that are more than are allowed
        std::optional<Wish> wish;        // a voluntary step
        std::optional<NoPlace> blocked;  // its wish waits for the ports of another engine of ours
        bool is_decided = false;
    };

    // All engines together (candidates.cpp).
    void add_candidates();
    void add_unlisted();
    auto worth(const Candidate& candidate) const;
    void choose_surplus();
    std::vector<Candidate*> undecided();
    void find_wishes();
    void find_port_wishes();
    void find_rebalance();

    // One engine.
    void decide(Candidate& candidate);
    bool must_go(const Candidate& candidate) const;
    void remove(Candidate& candidate);
    bool is_held_by_sessions(const Candidate& candidate) const;
    void wait_for_sessions(Candidate& candidate, bool draining);
    bool is_needy(const Candidate& candidate) const;
    void start(Candidate& candidate);
    void replace_now(Candidate& candidate);
    const EngineView* leaves_by_rollout(const std::string& id) const;
    bool holds_port_of_another_slot(const EngineView& engine) const;
    void grant_or_wait(Candidate& candidate);
    bool gains_port(const Candidate& candidate) const;
    NoPlace grant(Candidate& candidate);
    void give_up(Candidate& candidate, Action action, Placement placement);
    void break_deadlock(Candidate& candidate);
    void keep(Candidate& candidate);

    // Places where engines are missing, and the rollout budget.
    int existing() const;
    void fill_missing();
    bool leaves_unseen(const Candidate& candidate) const;
    void count_unavailable();

    // Decisions and steps.
    Decision decision_on(const Candidate& candidate) const;
    Wait next_change() const;
    void name_ends();
    void wait(Candidate& candidate, Reason reason, const std::string& message, Wait wait);
    bool follows_port(const Candidate& candidate, Reason reason, int port) const;
    bool propose(Candidate& candidate, Action action, std::optional<Placement> placement);
    bool propose(Decision decision, Step step);
    bool hold_back(Decision& decision, const Step& step);
    bool backs_off(Decision& decision, int slot, const std::string& engine_id) const;
    bool waits_for_unknown(Decision& decision, const Step& step) const;
    bool waits_for_port(Decision& decision, const Step& step) const;
    void add_pull();
    void pass_remedies_on();
    void finish();

    const EnginePool& pool_;
    const Observation& seen_;
    Time now_;
    std::string hash_;  // of the template
    GatewayIndex gateways_;
    Places places_;
    ImageVerdict image_;
    std::vector<Candidate> candidates_;
    bool image_needed_ = false;
    bool is_above_cap_ = false;  // more engines are there than are wanted: none is created
    int arriving_unseen_ = 0;
    int unavailable_ = 0;     // engines that a rollout has to wait for, or takes away itself
    int leaving_unseen_ = 0;  // of these, see leaves_unseen()
    int draining_ = 0;        // engines that are to be replaced as soon as their sessions end
    Wait ready_again_;        // what makes the first of them available
    Plan plan_;
};

}  // namespace roundhouse
