// Performs steps in parallel with the rounds. It remembers for the next look which slots have a
// step in flight, and in which slots steps failed, or did not help, without leaving a trace.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "loop/clock.h"
#include "loop/journal.h"
#include "loop/last_lines.h"
#include "loop/meters.h"
#include "loop/runtime.h"
#include "loop/template_keeper.h"
#include "loop/workers.h"

namespace roundhouse {

// How a step ended.
struct StepResult {
    std::optional<Fault> fault;  // nullopt: success
    // The container records the fault, so that nothing else needs to remember it.
    bool on_record = false;
    bool created = false;     // an engine was created, or may have been: no answer
    std::string created_id;   // its id; empty if no answer
    std::string starting_id;  // the container that Docker may still be starting: no answer in time
    std::string stuck_id;     // the container that could not be stopped or removed
    bool template_refused = false;      // no engine can be created by this template
    bool image_missing = false;         // nothing was created, as the image is not there
    std::vector<std::string> warnings;  // of Docker, about the new engine
};

// The calls of one step, one after another; ends at the first fault.
StepResult perform(Runtime& runtime, const EnginePool& pool, const Step& step);

class StepRunner {
  public:
    // With more calls in flight a Docker daemon gets no faster.
    static constexpr std::size_t usual_in_flight = 8;
    // The longest delay until Docker's lists show a new container (20.10: 20 to 35 ms).
    static constexpr Duration listing_lag{1000};
    // A start without an answer counts as under way for this long, unless a look shows its end.
    static constexpr Duration longest_start = std::chrono::minutes(5);

    // A worker calls `on_done` after each step, when the step is no longer in flight. With
    // `last_lines` the journal has what an engine that is taken away wrote last.
    StepRunner(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
               Meters& meters, std::function<void()> on_done,
               std::size_t max_in_flight = usual_in_flight, const LastLines* last_lines = nullptr);
    // As drain().
    ~StepRunner();
    StepRunner(const StepRunner&) = delete;
    StepRunner& operator=(const StepRunner&) = delete;

    class Look;

    // Performs these steps, max_in_flight at a time. Steps of earlier calls that have not begun are
    // dropped. Pulls are ignored, and so are a second step for a slot and a step for a slot that
    // has one in flight. A step that gets no thread waits for the next call. Any thread.
    void hand_out(const std::vector<Step>& steps, const std::shared_ptr<const EnginePool>& pool);

    // The step for this slot that is in flight; nullopt: none. Any thread.
    std::optional<StepInFlight> in_flight(int slot) const;
    // Whether no step is in flight, and none begins before the next hand_out(). Any thread.
    bool idle() const;

    // What Docker said of the templates that steps created engines by.
    TemplateKeeper& templates() { return templates_; }

    // Waits for the steps in flight to end. No step begins after that. Any thread.
    void drain();

  private:
    struct Order {
        Step step;
        std::shared_ptr<const EnginePool> pool;
    };
    struct Created {
        Monotonic at{};
        std::string id;  // empty: unknown
        StepInFlight step;
        Incarnation incarnation;  // of its gateway
        std::shared_ptr<const EnginePool> pool;
        std::string warnings;  // of Docker; empty: none
        bool in_vain = false;  // the same step was due again, and that has been counted
    };
    struct Removed {
        Monotonic at{};
        std::string id;
    };
    struct Start {
        Monotonic at{};  // when it was done, or no answer had come
        std::string id;
        StepInFlight step;
    };
    struct Failures {
        int in_a_row = 0;
        Monotonic last{};
        std::string detail;
        std::string template_hash = {};  // with another template the count for a slot starts again
    };

    void begin_work();
    void work();
    Order begin_next();
    void carry_out(const Order& order);
    void finish(const Order& order, const StepResult& result);
    std::string why(const Step& step) const;
    static void count(Failures& failures, const EnginePool& pool, std::string detail,
                      Monotonic now);
    void report(const Step& step, const StepResult& result, Duration took);

    Runtime& runtime_;
    Workers& workers_;
    const Clock& clock_;
    Journal& journal_;
    Meters& meters_;
    std::function<void()> on_done_;
    std::size_t max_in_flight_;
    const LastLines* last_lines_;  // nullptr: none are read
    TemplateKeeper templates_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Order> waiting_;
    std::map<int, StepInFlight> in_flight_;  // by slot: begun, not ended
    std::map<int, Failures> troubles_;       // by slot: calls that failed
    std::map<int, Failures> vain_;           // by slot: steps that succeeded and did not help
    std::map<std::string, Failures> failed_removals_;  // by the container's id
    std::map<int, Created> created_;                   // by slot: the last engine created there
    std::map<int, Removed> removed_;  // by slot: the last container that is gone, or may be
    std::map<int, Start> starting_;   // by slot: starts without an answer
    std::map<int, Start> started_;    // by slot: the last container started there
    std::map<std::string, Monotonic> missing_images_;  // when a create last said so
    Monotonic look_began_{};
    std::map<int, StepInFlight> in_flight_since_look_;
    bool paused_ = false;  // no step begins
    bool draining_ = false;
    bool short_of_threads_ = false;
    std::size_t busy_ = 0;  // workers that perform steps
};

// One look at the world and the round that it belongs to. There is one at a time, on one thread.
//
// Steps begin and end during the look itself. A look takes seconds when Docker is busy or a control
// server does not answer; if steps waited for each look, a large pool would take several times as
// long to start. So the plan does not rely on slots that had a step in flight at any time since the
// look began. From pause_steps() to the end of the round no step begins. The destructor ends the
// round, also after a look that failed or threw.
class StepRunner::Look {
  public:
    // Drops waiting steps of another spec. Both arguments must outlive the look.
    Look(StepRunner& runner, const EnginePool& pool);
    // Drops the waiting steps of earlier rounds, unless hand_out() was called.
    ~Look();
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

    // Whether the list that was looked at lags behind a step that has ended. No wake-up marks
    // the moment when it has caught up.
    bool list_lags() const { return list_lags_; }

    // How long ago a create said that the image is not there; nullopt: none did, or an engine was
    // created from it since.
    std::optional<Duration> image_missing_ago(const std::string& image) const;

    // Whether Docker may be at work on this slot's container, so that an inspect would hang.
    bool is_changing(int slot) const;

    // From then on no step begins. Fills in troubles, failed removals, created_ago, warnings and
    // steps_in_flight:
    // every step that was in flight at any time since the look began; every start that Docker has
    // not answered; and each slot whose engine was created less than listing_lag before the look
    // and is not listed yet, or was removed less than that before it and is listed still.
    void pause_steps(Observation& seen);

    // Steps may begin again until the next pause_steps().
    void resume_steps();

    // While steps are paused: counts as a failure each of `steps` that would take an engine which
    // this runner created by the same spec, for a reason that creating it again cannot change. Each
    // engine counts once. Returns whether any was counted: then the slot's trouble is in `seen`,
    // and the world has to be planned again.
    bool count_vain(const std::vector<Step>& steps, Observation& seen);

    // Ends the round: as StepRunner::hand_out.
    void hand_out(const std::vector<Step>& steps, const std::shared_ptr<const EnginePool>& pool);

  private:
    void fill_in_troubles(Observation& seen) const;
    void fill_in_starts(Observation& seen);

    StepRunner& runner_;
    const EnginePool& pool_;
    std::string template_hash_;
    bool handed_out_ = false;
    bool list_lags_ = false;
};

}  // namespace roundhouse
