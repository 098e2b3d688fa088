// Performs steps in parallel with the rounds. It remembers two things for the next look: which
// slots have a step in flight, and which slots had calls that failed without leaving a trace.
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
#include "loop/meters.h"
#include "loop/runtime.h"
#include "loop/workers.h"

namespace roundhouse {

// How a step ended.
struct StepResult {
    std::optional<Fault> fault;  // nullopt: success
    // The container records the fault, so that nothing else needs to remember it.
    bool on_record = false;
    bool created = false;    // an engine was created, or may have been: no answer
    std::string created_id;  // its id; empty if no answer
};

// The calls of one step, one after another; ends at the first fault.
StepResult perform(Runtime& runtime, const EnginePool& pool, const Step& step);

class StepRunner {
  public:
    // With more calls in flight a Docker daemon gets no faster.
    static constexpr std::size_t usual_in_flight = 8;
    // The longest delay until Docker's lists show a new container (20.10: 20 to 35 ms).
    static constexpr Duration listing_lag{1000};

    // A worker calls `on_done` after each step, when the step is no longer in flight.
    StepRunner(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
               Meters& meters, std::function<void()> on_done,
               std::size_t max_in_flight = usual_in_flight);
    // As drain().
    ~StepRunner();
    StepRunner(const StepRunner&) = delete;
    StepRunner& operator=(const StepRunner&) = delete;

    // Begins a look: fills in created_ago, and the troubles that occurred with this template. Steps
    // continue, but waiting steps of another spec are dropped. hold() and hand_out() must follow.
    // Any thread.
    void begin_look(const EnginePool& pool, Observation& seen);

    // Ends a look: from then on no step begins. Fills in steps_in_flight: every step that was in
    // flight at any time since begin_look(), since the look may show the state before or after it;
    // and each slot whose engine was created less than listing_lag before the look and is not
    // listed yet. Any thread.
    void hold(Observation& seen);

    // Undoes hold(): steps may begin again, and the look continues until the next hold(). Any
    // thread.
    void release();

    // Ends hold() and the round: performs these steps, max_in_flight at a time. Steps of earlier
    // rounds that have not begun are dropped: they were planned from an older look. Pulls are
    // ignored, and so is a second step for a slot. Any thread.
    void hand_out(const std::vector<Step>& steps, const std::shared_ptr<const EnginePool>& pool);

    // Whether a step for this slot is in flight. Any thread.
    bool in_flight(int slot) const;
    // Whether no step waits and none is in flight. Any thread.
    bool idle() const;

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
    };
    struct Trouble {
        int failures = 0;
        Monotonic last_failure{};
        std::string detail;
        std::string template_hash;  // with another template the count starts again
    };

    void begin_work();
    void work();
    Order begin_next();
    void carry_out(const Order& order);
    void finish(const Order& order, const StepResult& result);
    void tell(const Step& step, const StepResult& result, Duration took);

    Runtime& runtime_;
    Workers& workers_;
    const Clock& clock_;
    Journal& journal_;
    Meters& meters_;
    std::function<void()> on_done_;
    std::size_t max_in_flight_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Order> waiting_;
    std::map<int, StepInFlight> in_flight_;  // by slot: begun, not ended
    std::map<int, Trouble> troubles_;
    std::map<int, Created> created_;  // by slot: the last engine created there
    Monotonic look_began_{};
    std::map<int, StepInFlight> in_flight_since_look_;
    bool held_ = false;  // no step begins
    bool draining_ = false;
    std::size_t busy_ = 0;  // workers that perform steps
};

}  // namespace roundhouse
