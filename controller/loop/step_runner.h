// Performs steps beside the rounds, and remembers two things for the next look: which
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
    std::optional<Fault> fault;  // nullopt: well
    // The container itself tells of the fault from now on, so nothing else needs to remember it.
    bool on_record = false;
    bool created = false;    // an engine was created, or may have been: no answer came
    std::string created_id;  // its id; empty where no answer came
};

// The calls of one step, one after another; ends at the first fault.
StepResult perform(Runtime& runtime, const EnginePool& pool, const Step& step);

class StepRunner {
  public:
    // More calls in flight than this do not make a Docker daemon any faster.
    static constexpr std::size_t usual_in_flight = 8;
    // By more than this no list of Docker's lags behind (20.10: 20 to 35 ms).
    static constexpr Duration listing_lag{1000};

    // `on_done` is called by a worker after each step, once the step is no longer in flight.
    StepRunner(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
               Meters& meters, std::function<void()> on_done,
               std::size_t max_in_flight = usual_in_flight);
    // Waits for the steps that are under way.
    ~StepRunner();
    StepRunner(const StepRunner&) = delete;
    StepRunner& operator=(const StepRunner&) = delete;

    // Begins a look: fills in the troubles met with this template, and created_ago. Steps go on,
    // but for those of another spec that wait: they are dropped. hold() and hand_out() have to
    // follow. Any thread.
    void begin_look(const EnginePool& pool, Observation& seen);

    // Ends a look: from now on no step is begun. Fills in steps_in_flight: every step that was in
    // flight at any time since begin_look(), as the look may show what was before it or after it;
    // and a slot in which an engine was created less than listing_lag before the look, and which
    // the list does not show yet. Any thread.
    void hold(Observation& seen);

    // Undoes hold(): the look goes on, and has to be ended again. Any thread.
    void release();

    // Ends hold(), and the round: these steps are to be done, max_in_flight at a time, and those of
    // earlier rounds that were not begun yet are dropped: the world has been looked at again since.
    // Pulls are passed over, and so are second steps for a slot. Any thread.
    void hand_out(const std::vector<Step>& steps, const std::shared_ptr<const EnginePool>& pool);

    // Whether a step for this slot is in flight. Any thread.
    bool in_flight(int slot) const;
    // Whether there is nothing to do, and nothing in flight. Any thread.
    bool idle() const;

    // Begins no more steps, ever, and waits for those under way to end. Any thread.
    void drain();

  private:
    struct Order {
        Step step;
        std::shared_ptr<const EnginePool> pool;
    };
    struct Created {
        Monotonic at{};
        std::string id;  // empty: not known
        StepInFlight step;
    };
    struct Trouble {
        int failures = 0;
        Monotonic last_failure{};
        std::string detail;
        std::string template_hash;  // an edited template is a fresh start
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
    std::map<int, StepInFlight> in_flight_;  // begun, not ended
    std::map<int, Trouble> troubles_;
    std::map<int, Created> created_;  // by slot: the last engine that was created there
    Monotonic look_began_{};
    std::map<int, StepInFlight> in_flight_since_look_;
    bool held_ = false;  // no step is begun
    bool draining_ = false;
    std::size_t busy_ = 0;  // workers that carry out steps
};

}  // namespace roundhouse
