// The planner at work: one object for one plan. Its files: planner.cpp (who goes, who is replaced
// at once, who is created) and rollout.cpp (who is replaced when it suits).
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/image.h"
#include "core/plan.h"
#include "core/slots.h"
#include "core/subject.h"

namespace roundhouse {

class Planner {
  public:
    // All arguments must outlive the planner.
    Planner(const EnginePool& pool, const Observation& seen, Time now);

    // Once.
    Plan run();

  private:
    // Decisions.
    Decision decision_on(const Subject& subject) const;
    void leave(Subject& subject);
    void wait(Subject& subject, Reason reason, const std::string& message,
              std::optional<Time> due = {});
    void propose(Decision decision, Step step);
    bool follows_port(const Subject& subject, const Placement& placement) const;
    void propose_for(Subject& subject, Action action, std::optional<Placement> placement);
    void make_room_for_another(Subject& subject);
    std::optional<std::tuple<Reason, std::string, Time>> trouble_of(int slot) const;

    // Who goes.
    void note_arrivals();
    void remove_stray(Subject& subject);
    void choose_surplus();

    // Who is replaced at once.
    void settle_needy(Subject& subject);
    bool serves_nobody(const Subject& subject) const;
    void start(Subject& subject);
    void replace_failed(Subject& subject);
    void replace_now(Subject& subject, int failures);

    // Who is created.
    int existing() const;
    void fill_missing();

    // Who is replaced when it suits.
    void even_out();
    void roll_out();
    bool gains_nothing(const Subject& subject) const;
    void stay(Subject& subject);
    void wait_for_budget(Subject& subject, int unavailable);
    bool replace_or_make_room(Subject& subject);
    Subject* least_missed_that_fits(SlotTable::Room room);
    bool goes_first(const Subject& subject) const;

    void add_pull();
    void finish();

    const EnginePool& pool_;
    const Observation& seen_;
    Time now_;
    std::string hash_;  // of the template
    SlotTable places_;
    ImageVerdict image_;
    std::vector<Subject> subjects_;
    bool image_needed_ = false;
    int arriving_unseen_ = 0;
    int available_ = 0;  // among the engines that stay
    int placeless_ = 0;  // engines to be created for which there is no place
    Plan plan_;
};

}  // namespace roundhouse
