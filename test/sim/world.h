// The truth of one simulated world, of which the controller sees what its ports show: containers,
// control servers, engines that come up, hang and end, and other people who disturb all that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/spec.h"
#include "fakes/dice.h"
#include "fakes/fake_runtime.h"
#include "loop/clock.h"
#include "loop/gateway_api.h"
#include "sim/disturbance.h"

namespace roundhouse::test {

// Time stands still until the simulation moves it. The wall clock may be set by others.
class SimClock : public Clock {
  public:
    Time now() const override { return beginning + wall_offset + elapsed; }
    Monotonic monotonic() const override { return Monotonic{elapsed}; }

    static constexpr Time beginning{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    Duration elapsed{0};
    Duration wall_offset{0};
};

// What an engine does once it was started.
struct EngineLife {
    std::string id;
    std::string gateway_id;  // whose network it joined; empty without gateways
    std::string made_for;    // when that gateway was started, as its label says
    int slot = 0;
    EnginePorts ports;
    Duration created_at{0};
    std::optional<Duration> serves_from;  // nullopt: not started
    std::optional<Duration> ends_at;
    bool hangs = false;
    bool p2p_closed = false;
    bool blemished = false;  // did not serve for a while, after it was started
    std::optional<Duration> ended_by_itself;
    std::string image;
    std::string edit;  // value of the variable that edits change
};

class World {
  public:
    explicit World(std::uint64_t seed);
    // Quiet, with the gateways that the spec names.
    explicit World(EnginePool spec);

    Dice dice;
    SimClock clock;
    FakeRuntime docker;
    std::set<Disturbance> disturbances;  // those that happen in this world
    bool calm = false;                   // from now on nothing happens any more
    bool way_is_lost = false;            // the controller reaches no gateway and no engine
    std::function<void(const std::string&)> tell = [](const std::string&) {};

    // The spec as it is saved now, and those that were in force in the last minute.
    const EnginePool& spec() const { return saved_.back().pool; }
    std::vector<const EnginePool*> recent_specs() const;
    std::size_t saves() const { return saved_.size(); }
    void save(EnginePool pool);

    bool has(Disturbance one) const { return !calm && disturbances.contains(one); }

    // Moves time; what was to happen until then happens.
    void advance_to(Duration moment);
    // When something happens by itself next.
    std::optional<Duration> next_change() const;
    // Lets `what` happen after `delay`.
    void later(Duration delay, std::function<void()> what);

    void engine_created(const EngineRequest& request, const std::string& id);
    void engine_started(const std::string& id);
    void engine_gone(const std::string& id);
    EngineLife* life(const std::string& id);
    const std::vector<EngineLife>& lives() const { return lives_; }
    // It runs, has a network, and answers.
    bool serves(const EngineLife& life) const;
    // Which engine answers there, on its HTTP or its P2P port; nullptr: none.
    const EngineLife* behind(const std::string& host, int port, bool p2p) const;
    bool someone_has_address(const std::string& host) const;

    // By id, those that Docker calls unhealthy, and since when.
    std::map<std::string, Duration> unhealthy_gateways;
    const std::vector<std::string>& gateway_names() const { return gateway_names_; }
    bool was_gateway(const std::string& id) const { return gateway_ids_.contains(id); }
    GatewayReading reading(const std::string& gateway) const;
    const std::vector<int>& forwarded_ports(const std::string& gateway) const;

    // One of this world's disturbances, at random.
    void disturb();
    // The end of all disturbances: everything that engines need is there, and stays.
    void come_to_rest();

  private:
    friend class Disturber;

    struct Saved {
        EnginePool pool;
        Duration at;
    };
    struct Planned {
        Duration at;
        std::function<void()> what;
    };
    struct ControlServerLife {
        GatewayReading reading;  // without its ports
        std::vector<int> ports;
        std::optional<PortsAnswerKind> broken;
    };

    void run_gateway(const std::string& name);
    void note_gateway(const std::string& name);

    std::vector<Saved> saved_;
    std::vector<Planned> planned_;
    std::vector<EngineLife> lives_;
    std::vector<std::string> gateway_names_;
    std::set<std::string> gateway_ids_;
    std::map<std::string, std::set<int>> published_;
    std::map<std::string, ControlServerLife> control_servers_;
};

}  // namespace roundhouse::test
