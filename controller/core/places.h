// Where the next engine goes: slots, gateways and ports.
//
// The places are built from one observation and then follow what the plan gives out, so that two
// engines of one plan never get the same slot or port, and gateways fill evenly. Each attempt
// returns a placement, or the reason why there is none and what ends that.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/gateway_index.h"
#include "core/launch.h"
#include "core/observation.h"
#include "core/port_ledger.h"
#include "core/reason.h"
#include "core/spec.h"
#include "core/wait.h"

namespace roundhouse {

struct NoPlace {
    Reason reason = Reason::no_free_slot;
    std::string message;
    Wait wait;
    std::string holder_id = {};  // of the engine of ours that has the port; empty: there is none
};

using Place = std::variant<Placement, NoPlace>;

class Places {
  public:
    // All arguments must outlive the places.
    Places(const EnginePool& pool, const Observation& seen, const GatewayIndex& gateways, Time now);

    // The lowest free slot that the ready gateway with the fewest engines can take, where the
    // engine `leaving_id` has left. It is taken.
    Place take_free_slot(std::string_view leaving_id = {});

    // The slot of `engine` for its successor: behind its own gateway where that is ready, else,
    // where the engine may move, behind the ready one with the fewest engines. It is taken, with
    // the forwarded port `wished` behind its own gateway, if that is free.
    Place take_over(const EngineView& engine, int wished = 0);

    // Whether the successor of `engine` can have its slot behind its own gateway.
    bool has_own_place(const EngineView& engine) const;

    // Whether an engine may go behind another gateway: when its own is lost for good or for long,
    // is not declared any more, or is ready and cannot take its slot.
    bool may_move(const EngineView& engine) const;

    // A place for a successor of `engine` behind the gateway with the fewest engines, when its own
    // has at least two more, and when that one has been ready for failover.after. Gateways that
    // publish different ports have no slot in common, only free ones.
    enum class Room { own_slot, free_slot };
    bool is_even() const;  // no engine has such a place
    bool has_emptier(const EngineView& engine, Room room) const;
    std::optional<Placement> take_emptier(const EngineView& engine);

    // How many engines are behind the gateway of `engine`.
    int engines_beside(const EngineView& engine) const;

    // The ledger of a declared gateway.
    const PortLedger& ledger(const GatewayView& gateway) const;

    // Strangers that hold the name of a slot that would otherwise have been given out.
    const std::set<int>& passed_over() const { return passed_over_; }

  private:
    struct Home {
        std::string name;
        const GatewayView* gateway = nullptr;  // null in a pool without gateways
        bool ready = false;
        int engines = 0;
        PortLedger ports;
        PortBases bases;              // of the engines behind it
        bool publishes_some = false;  // of the HTTP range; else it may take any slot
        bool one_waits = false;       // an engine of this plan, for a forwarded port
    };

    void add_engine(const EngineView& engine);
    void add_unknown();
    template <class Homes>
    auto find_home(Homes& homes, const EngineView& engine) const -> decltype(homes.data());
    Home* home_of(const EngineView& engine);
    const Home* home_of(const EngineView& engine) const;
    Home* home_of(const StepInFlight& step);
    static bool joins(const StepInFlight& step, const Home& home);
    bool publishes(const Home& home, int slot) const;
    bool fits(const Home& home, int slot, std::string_view leaving_id = {}) const;
    std::optional<int> lowest_free_slot(const Home& home, std::string_view leaving_id) const;
    Duration wait_for_port(const Home& home, const EngineView* leaving) const;
    Placement take(Home& home, int slot, const EngineView* leaving, int wished = 0);
    Placement take_elsewhere(Home& home, const EngineView& engine);
    std::optional<std::size_t> emptier_home(const EngineView& engine, Room room) const;

    NoPlace gateway_not_ready(const EngineView* engine) const;
    NoPlace why_not(int slot, std::string_view leaving_id, const Home* only) const;
    NoPlace why_no_free_slot(std::string_view leaving_id) const;
    NoPlace in_use(const Home& home, const PortLedger::Clash& clash) const;
    NoPlace not_published(const std::string& what, const Home& home) const;
    template <class HasRoom>
    NoPlace or_once_ready(NoPlace none, const HasRoom& has_room) const;

    const EnginePool& pool_;
    const Observation& seen_;
    const GatewayIndex& gateways_;
    Time now_;
    std::vector<const EngineView*> engines_;  // by slot, those whose slot is known
    std::vector<Home> homes_;  // in the order of the spec; one without a name without gateways
    std::set<int> taken_;      // slots
    std::set<int> passed_over_;
};

}  // namespace roundhouse
