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
#include "sim/viewers.h"

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
    bool hangs = false;       // accepts connections, and does not reply
    bool queue_full = false;  // it hangs, and nothing is replied to an attempt to connect
    bool deaf = false;        // another had its HTTP port when it started
    bool p2p_closed = false;
    bool by_others = false;             // somebody else created it, with the labels of one of ours
    bool odd_labels = false;            // its labels cannot all be read
    bool shown_outside = false;         // lists show another network mode than it has
    bool blemished = false;             // did not serve for a while, after it was started
    std::optional<Duration> served_at;  // when it was last found to serve
    std::optional<Duration> ended_by_itself;
    std::string image;
    std::string edit;  // value of the variable that edits change
};

// A container in a gateway's namespace that no controller of this pool made.
struct Other {
    std::string id;
    std::string gateway_id;
    bool labelled = false;  // an engine of another pool; else nothing tells what it listens on
    std::set<int> claims;   // ports that it was made for
    std::set<int> bound;    // those of them that it got
    Duration since{0};
};

// What an attempt to connect meets.
enum class Contact { silence, refused, connected, replied };

// A reconnect that Gluetun's command told the controller of before it began, and how long the
// public IP was unknown.
struct Announced {
    Duration at;
    Duration ip_gone_at;
    Duration ip_back_at;
};

// What a gateway's control server replies.
struct ControlServerLife {
    GatewayReading reading;  // without its ports
    std::vector<int> ports;
    std::optional<PortsAnswerKind> broken;
    std::vector<Duration> connects;  // when its VPN began a connection
    std::vector<Announced> announced = {};
};

// What the controller was answered by a control server, and when.
struct Told {
    Duration at;
    GatewayReading reading;
};

// What Docker does not tell. Of list_engines: one row, which cannot be read.
struct BadAnswer {
    Operation operation = Operation::has_image;
    std::string gateway;  // of inspect_gateway: which
    std::string engine;   // of list_engines: whose row, by id
    FaultKind kind = FaultKind::unavailable;
    bool slot_only = false;  // of list_engines: only the label with the slot cannot be read
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
    std::set<std::string> unreachable;   // namespaces of these containers are out of its reach
    std::set<int> removed_by_others;     // slots, until an engine is created there
    std::set<std::string> stuck;         // containers that cannot be removed
    std::set<std::string> unstoppable;   // nor stopped
    bool p2p_ignored = false;            // by the image
    bool networks_shown_wrong = false;   // those of engines that are created now
    bool images_hidden = false;          // Docker says that no image is there
    Viewers viewers;
    bool template_accepted = false;  // Docker has told this process so of one
    std::optional<BadAnswer> bad_answer;
    std::map<std::string, std::vector<Told>> told;  // lately, by gateway
    // Containers that have ended, by id, and until when lists show them as running. An inspect
    // waits until then.
    std::map<std::string, Duration> ending_until;
    // What a gateway's command calls: POST /api/v1/reconcile.
    std::function<void()> call_controller = [] {};
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
    // Whether a controller of this pool created the container, or one like it did.
    bool is_ours(const std::string& id) const { return ours_.contains(id); }
    // Of the engines behind its gateway, by the spec as it is saved now.
    PortBases bases_of(const EngineLife& life) const;
    // It runs, has a network, and replies on its own port.
    bool serves(const EngineLife& life) const;
    // Notes at each engine that serves that it did so now.
    void note_service();
    // What is met at a port. `host` is an address as Docker tells it.
    Contact contact(const std::string& host, int port) const;
    // The same within a namespace: that of the container with the id `where`.
    Contact contact_within(const std::string& where, int port) const;
    bool reaches(const std::string& host) const;
    // The container whose namespace has that address; empty: none.
    std::string namespace_at(const std::string& host) const;
    // For how long everything has been in the controller's reach.
    Duration in_reach_for() const;
    void back_in_reach() { in_reach_since_ = clock.elapsed; }
    const std::vector<Other>& others() const { return others_; }
    // Whether one of them listens there, and has for so long.
    bool held_by_other(const std::string& gateway_id, int port, Duration for_at_least) const;
    // Whether one of the spec's gateways has a place for an engine of that slot: its ports are
    // published, and used by nobody else, and its name is free. One that cannot be removed keeps
    // its slot.
    bool has_place(int slot) const;
    int places() const;  // how many slots have one
    // Whether the gateway publishes the HTTP port of that slot, or none of any slot.
    bool publishes(const std::string& gateway, int slot) const;

    // By id, those that Docker calls unhealthy, and since when.
    std::map<std::string, Duration> unhealthy_gateways;
    const std::vector<std::string>& gateway_names() const { return gateway_names_; }
    bool was_gateway(const std::string& id) const { return gateway_ids_.contains(id); }
    GatewayReading reading(const std::string& gateway) const;
    ControlServerLife& control_server(const std::string& gateway) {
        return control_servers_.at(gateway);
    }
    const std::vector<int>& forwarded_ports(const std::string& gateway) const;
    // When the VPN last began a connection that its control server showed; nullopt: never.
    std::optional<Duration> last_connect(const std::string& gateway) const;
    int connects_since(const std::string& gateway, Duration moment) const;
    // Since when there is no container of that name; nullopt: there is one.
    std::optional<Duration> missing_since(const std::string& gateway) const;

    void run_gateway(const std::string& name);
    // To be called when a gateway's container was created.
    void note_gateway(const std::string& name);

    // One of this world's disturbances, at random.
    void disturb();
    // Counts the disturbances, so that a caller can see whether there was one since.
    std::size_t disturbances_so_far() const { return disturbances_so_far_; }
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

    void bind_ports(EngineLife& life);
    bool is_up(const Other& other) const;
    bool is_bound(const std::string& gateway_id, int port) const;

    std::size_t disturbances_so_far_ = 0;
    std::vector<Saved> saved_;
    std::vector<Planned> planned_;
    std::vector<EngineLife> lives_;
    Duration in_reach_since_{-24h};  // from before the world began
    std::set<std::string> ours_;
    std::vector<Other> others_;
    std::vector<std::string> gateway_names_;
    std::set<std::string> gateway_ids_;
    std::map<std::string, std::set<int>> published_;
    std::map<std::string, ControlServerLife> control_servers_;
    std::map<std::string, Duration> missing_since_;  // by a gateway's name
};

}  // namespace roundhouse::test
