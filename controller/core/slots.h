// Which slots, ports and gateways are taken, and where the next engine goes.
//
// The table is built from one observation and then follows what the plan gives out, so that two
// engines of one plan never get the same slot, and gateways fill evenly.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/gateway_index.h"
#include "core/launch.h"
#include "core/observation.h"
#include "core/reason.h"
#include "core/slot_set.h"
#include "core/spec.h"

namespace roundhouse {

// Why there is no place.
struct NoPlace {
    Reason reason = Reason::no_free_slot;
    std::string message;
};

class SlotTable {
  public:
    // `engines` of the observation that are foreign to us must have no slot. Both arguments must
    // outlive the table.
    SlotTable(const EnginePool& pool, const Observation& seen);

    // The lowest free slot that the ready gateway with the fewest engines can take, and the place
    // is taken from then on; nullopt: why_full() says why.
    std::optional<Placement> take_free_slot();

    // A place for a successor of `engine` in its own slot: behind its own gateway where that is
    // ready, else, with `may_move`, behind the ready one with the fewest engines. Takes it.
    std::optional<Placement> take_over(const EngineView& engine, bool may_move);

    // A place for a successor of `engine` behind the gateway with the fewest engines, when its own
    // has at least two more, and when that one has been ready for failover.after. Gateways that
    // publish different ports have no slot in common, only free ones. Whether there is such a
    // place; and to take the one in its own slot.
    enum class Room { own_slot, free_slot };
    bool is_even() const;  // no engine has such a place
    bool has_emptier(const EngineView& engine, Room room);
    std::optional<Placement> take_emptier(const EngineView& engine);

    // Whether a successor of `engine` behind its own gateway would get another forwarded port, one
    // that has settled.
    bool gains_port(const EngineView& engine) const;

    // Whether only ports that other engines hold keep `engine`'s successor out of its own slot.
    bool waits_for_ports(const EngineView& engine) const;

    // Whether an engine may go behind another gateway: when its own is lost for good or for long,
    // is not declared any more, or cannot take its slot.
    bool may_move(const EngineView& engine) const;

    // Why take_over() found nothing.
    NoPlace why_stuck(const EngineView& engine) const;

    // Why take_free_slot() found nothing.
    NoPlace why_full() const;

    // Strangers that hold the name of a slot that would otherwise have been given out.
    const std::set<int>& passed_over() const { return passed_over_; }

  private:
    // Of one port: engine ids, or what else has taken it.
    struct Holders {
        std::string_view first;
        bool others = false;  // than the first
        std::ptrdiff_t count = 0;
    };

    using PortMap = std::pmr::unordered_map<int, Holders>;

    struct Home {
        explicit Home(std::pmr::memory_resource* memory) : ports(memory) {}

        std::string name;
        const GatewayView* view = nullptr;  // none in a pool without gateways
        Incarnation incarnation;
        bool ready = false;
        bool publishes_some = false;  // of the HTTP range; else it may take any slot
        int engines = 0;
        int next_slot = 0;  // no lower slot is free for this home
        PortMap ports;      // in use in its namespace
    };

    void add_home(const GatewayView& gateway);
    void add_engine(const EngineView& engine);
    Home* home_named(const std::string& name);
    const GatewayView* gateway_of(const EngineView& engine) const;
    static void add_port(Home& home, int port, std::string_view holder);
    static void add_ports(Home& home, const EnginePorts& ports, std::string_view holder);
    bool publishes(const Home& home, int slot) const;
    bool fits(const Home& home, int slot, std::string_view leaving_id) const;
    static bool in_use(const Home& home, int port, std::string_view leaving_id);
    std::optional<int> forwarded_port(const Home& home, int slot, const EngineView* leaving) const;
    std::optional<int> free_forwarded_port(const Home& home, int slot,
                                           std::string_view leaving_id) const;
    std::optional<int> lowest_free_slot(Home& home);
    Placement take(Home& home, int slot, const EngineView* leaving);
    std::optional<std::size_t> emptier_home(const EngineView& engine, Room room);
    Placement take_elsewhere(Home* own, Home& other, const EngineView& engine);

    const EnginePool& pool_;
    const Observation& seen_;
    GatewayIndex gateways_;
    std::pmr::monotonic_buffer_resource memory_;  // of all ports: freed at once
    std::vector<Home> homes_;  // in the order of the spec; one without a name without gateways
    std::unordered_map<std::string_view, std::size_t> home_index_;
    SlotSet taken_;
    std::set<int> passed_over_;
};

}  // namespace roundhouse
