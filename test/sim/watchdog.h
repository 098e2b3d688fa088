// Watches every call that changes the simulated Docker, and every plan, for what must never happen:
// the rules A1 to A8, P1 and P4 of the design. Other than the planner it knows the truth: which
// engines serve, what others listen on, and what VPNs and control servers really did.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "loop/board.h"
#include "loop/reconciler.h"
#include "loop/result.h"
#include "sim/world.h"

namespace roundhouse::test {

class Watchdog {
  public:
    explicit Watchdog(World& world) : world_(world) {}

    // Before and after a call that changes something; `id` is the container's, if it has one yet.
    void before_create(const EngineRequest& request);
    void after_create(const EngineRequest& request, const std::string& id);
    void before_change(Operation operation, const std::string& id);
    void after_start(const std::string& id);
    // A start that Docker is busy with although the call for it was given up.
    void start_hangs(const std::string& id) { hanging_starts_.insert(id); }
    void start_ended(const std::string& id) { hanging_starts_.erase(id); }
    // The container that counted earlier failures is gone, and no engine took over its count.
    void count_is_lost(int slot) {
        ends_.erase(slot);
        p2p_replacements_.erase(slot);
    }

    // Calls that come again after they failed.
    void create_ended(const EngineRequest& request, bool well);
    void pull_begins(const std::string& image);
    void pull_ends(const std::string& image, bool well);
    // The controller got an event of a container's end.
    void told_of_end(const std::string& id);

    // A controller that was started anew remembers no failures of calls.
    void controller_started();

    // A call of the look of the round under way was answered with a fault.
    void not_told(Operation operation, const std::string& subject, FaultKind kind);
    void before_round();
    void after_round(const RoundResult& result, const RoundView* view);
    // After each round, which worked with the spec of `generation`.
    void check_conditions(const std::vector<Condition>& conditions, std::int64_t generation);

    DrainWatch& drains() { return drains_; }
    const std::map<int, int>& creates() const { return creates_in_; }

    // The first rule that was broken, in words; nullopt: none.
    const std::optional<std::string>& violation() const { return violation_; }
    // What the loop saw and planned when that was found; nullptr: nothing yet.
    const std::shared_ptr<const RoundView>& last_view() const { return last_view_; }
    void note_view(std::shared_ptr<const RoundView> view) { last_view_ = std::move(view); }

    void violated(const std::string& what);

  private:
    struct Planned {
        Action action;
        Reason reason;
        bool served;  // the engine, when that was planned
    };

    // One that came while an engine was to wait for it.
    struct LatePort {
        int port;
        Duration awaited_since;
        Duration seen_at;
    };

    // What the rounds of this process saw of one gateway, and of its present incarnation.
    struct Run {
        Incarnation incarnation;
        Duration first_seen{0};
        int rotations = 0;  // reconnects that engines are restarted for
        // Between which moments the latest of these began, as far as reports tell.
        std::optional<std::pair<Duration, Duration>> rotation_sign;
        std::optional<Duration> connected_at;     // when its VPN last began a connection
        std::optional<Duration> connect_seen_at;  // the first look that could see that
        std::string public_ip;                    // last known
        std::optional<Duration> ip_gone_at;       // when it was seen to be unknown since
        std::optional<std::pair<Duration, Duration>> reconnect_due;  // it went, and came back
        std::size_t spec_saves = 0;
        Duration spec_seen_at{0};
        std::optional<Duration> port_awaited_since;
        std::optional<LatePort> late_port;
        // Engines that waited for a person while it was awaited, at their fewest.
        std::ptrdiff_t placeless = 0;
        // Between which moments it became ready, and engines might wait for a port from then on.
        std::optional<std::pair<Duration, Duration>> may_wait;
    };
    struct GatewaySeen {
        std::string started_at;
        std::vector<Duration> restarts;  // when another incarnation was seen
        Duration incarnation_seen_at{0};
        Run run;
    };

    struct Failures {
        int in_a_row = 0;
        Duration last{0};
        std::string of;            // the template's hash
        bool followed_up = false;  // an engine was made since
    };

    void check_again(const Failures& failures, const std::string& what);
    int cap() const;
    bool came_unseen(const EngineLife& life, int slot) const;
    void check_cap(const std::string& name, int slot);
    void check_backoff(const EngineRequest& request);
    void note_end(const EngineLife& life);
    void check_p2p_replacements(const EngineLife& life);
    bool is_possible(Reason reason) const;
    void check_justified(Operation operation, const EngineLife& life);
    void check_order(const RoundView& view);
    void check_ends_are_looked_at();
    void check_helps(const std::string& what, std::vector<Duration>& times);
    void note_mistakes(const RoundView& view, const Step& step);
    void check_ports_are_free(const EngineRequest& request);
    bool is_by_choice(const RoundView& view, const Step& step, const EngineLife& life) const;
    bool served_lately(const EngineLife& life, const EnginePool& pool) const;
    void check_availability(const RoundView& view);
    void check_readiness(const RoundView& view);
    void check_strangers(const RoundView& view);
    void check_gateways(const RoundView& view);
    void check_ip_comes_back(const GatewayView& gateway, Run& run);
    void check_announced(const GatewayView& gateway);
    void check_wait_ends(const RoundView& view, const GatewayView& gateway, Run& run);
    void check_made_once(const RoundView& view, const GatewayView& gateway, Run& run);
    void check_rotation(const RoundView& view, const GatewayView& gateway, Run& run);
    void check_is_told(const RoundView& view);
    void check_step(const RoundView& view, const Step& step);
    void check_not_told(const RoundView& view, const Step& step);
    void note_failure(const Step& step);
    void check_stability(const Condition& stable);

    World& world_;
    DrainWatch drains_;
    std::map<std::string, Planned> planned_;  // by id, the latest step for it
    // When this process first planned to take an engine for a failure of its own.
    std::map<std::string, Duration> failed_at_;  // by id
    std::map<int, Duration> looked_for_;         // by slot: when the look for its latest step began
    std::map<int, Failures> ends_;               // by slot: engines that ended by themselves
    std::map<int, Failures> creates_;            // by slot: creates that failed
    std::map<std::string, Failures> pulls_;      // by image
    std::set<std::string> pulling_;
    std::set<std::string> hanging_starts_;
    std::map<int, std::vector<Duration>> create_times_;  // by slot, since the last disturbance
    std::vector<Duration> pull_times_;
    std::map<int, std::vector<Duration>> p2p_replacements_;  // by slot
    std::map<std::string, Duration> ends_told_;  // by id: when a look would show the end first
    std::size_t disturbances_ = 0;
    std::set<int> mistaken_;  // slots whose engine others may have stood in for
    std::map<std::string, GatewaySeen> gateways_;  // by name
    std::set<std::pair<std::string, int>>
        strangers_;  // known in the last round: gateway's id, port
    Duration process_began_{0};
    Duration look_began_{0};
    std::map<int, int> creates_in_;  // how many, by slot
    std::shared_ptr<const RoundView> last_view_;
    std::optional<std::string> violation_;
    // In the look of the round under way.
    bool list_failed_ = false;
    std::set<std::string> untold_gateways_;  // by name
    std::set<std::string> untold_engines_;   // by id
};

}  // namespace roundhouse::test
