// One simulated world from its beginning to its end: the real loop over ports that show the world,
// with faults; then the faults end, and it must come to match the spec, and to silence.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/fiber.h"
#include "sim/sim_ports.h"
#include "sim/watchdog.h"
#include "sim/world.h"

namespace roundhouse::test {

struct Process;

struct SimulationResult {
    std::optional<std::string> violation;  // the first rule that was broken, in words
    std::string as_row;                    // then: what the loop saw, to be pasted into a unit test
    std::uint64_t trace = 0;               // hash of all calls, their answers and their times
    int step = 0;                          // how many calls there were
    int rounds = 0;
    int rounds_to_match = 0;  // after the faults ended
};

// After the faults end, a world has this many rounds to match its spec, and to stay that way. Most
// take 10; a clock that was set back may hold up an engine for five minutes, a round a second.
inline constexpr int most_rounds_to_match = 400;

// What happens in a world without chance.
struct Story {
    struct Happening {
        Duration at;
        std::function<void(World&)> what;
    };
    std::string name;
    EnginePool spec;
    std::vector<Happening> happenings;
    Duration lasts{0};
};

// The controller is killed at this call, counted from 1, before or after the call's effect, and is
// started again a while later.
struct Death {
    int call = 1;
    bool after = false;
};

class Simulation : public Stage {
  public:
    using Tell = std::function<void(const std::string&)>;

    // `tell` gets a line for each call, disturbance and round; may be empty.
    explicit Simulation(std::uint64_t seed, Tell tell = {});
    // Nothing happens but the story, and perhaps a death.
    explicit Simulation(const Story& story, std::optional<Death> death = {}, Tell tell = {});
    ~Simulation() override;
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    // To its end. Once.
    SimulationResult run();
    const World& world() const { return world_; }
    // How many engines were created in each slot.
    const std::map<int, int>& creates() const { return watchdog_.creates(); }

    void pass(Duration time) override;
    bool killed() const override { return killed_; }
    void kill() override;
    Dying dying() override;
    void note_call(Operation operation, const std::string& subject, bool well) override;
    void begin(Job job) override;

  private:
    struct Running {
        std::unique_ptr<Fiber> fiber;
        Duration wake;
    };

    void say(const std::string& line) const;
    void be_disturbed();
    bool calls_too_often() const;
    void rest();
    bool at_rest();
    int wanted() const;
    int places_missing() const;
    void check_outcome();
    bool has_room(const EngineLife& life) const;
    void check_wait_is_stated();
    void check_forwarded_ports(const std::string& gateway);

    // What is due next, the controller's rounds left out; and doing it.
    Duration next_due() const;
    void act();
    void run_until(Duration moment);
    void step();

    void note_event(const RuntimeEvent& event);
    void deliver_events();
    void start_process();
    void bury();
    void wake();
    void round();
    void tell_round(const RoundResult& result) const;
    void resume(std::size_t index);
    void notice_edits();
    void mix(std::uint64_t value);

    World world_;
    Watchdog watchdog_;
    Tell tell_;
    std::optional<Duration> story_lasts_;
    std::optional<Death> death_;
    int calls_begun_ = 0;
    std::multimap<Duration, RuntimeEvent> events_;  // on their way, by when they arrive
    std::unique_ptr<Process> process_;
    std::vector<Running> fibers_;
    Duration current_wake_{0};  // of the fiber that just gave way
    bool killed_ = false;
    bool in_round_ = false;
    bool woken_ = false;
    Duration restart_at_{0};
    Duration round_due_{0};
    Duration round_not_before_{0};
    Duration next_disturbance_{0};
    int disturbances_left_ = 0;
    std::size_t spec_version_ = 0;
    Duration last_change_{0};
    SimulationResult result_;
};

}  // namespace roundhouse::test
