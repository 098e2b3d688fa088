#include "core/slots.h"

#include <algorithm>
#include <limits>

#include "core/forwarding.h"

namespace roundhouse {

SlotTable::SlotTable(const EnginePool& pool, const Observation& seen)
    : pool_(pool), seen_(seen), gateways_(seen.gateways), taken_(pool.max_active_replicas) {
    if (pool.gateways.empty()) {
        homes_.emplace_back(&memory_).ready = true;
        home_index_.emplace("", 0);
    }
    for (const auto& gateway : seen.gateways) {
        if (gateway.declared) add_home(gateway);
    }
    for (const auto& engine : seen.engines) {
        if (engine.slot) add_engine(engine);
    }
    for (const auto& [slot, step] : seen.steps_in_flight) {
        const bool unseen = taken_.insert(slot);
        Home* home = step.leaving ? nullptr : home_named(step.gateway);
        if (home == nullptr) continue;
        if (unseen) ++home->engines;
        add_ports(*home, step.ports, "in flight");
    }
}

void SlotTable::add_port(Home& home, int port, std::string_view holder) {
    Holders& holders = home.ports.try_emplace(port, Holders{holder}).first->second;
    holders.others = holders.others || holders.first != holder;
    ++holders.count;
}

void SlotTable::add_ports(Home& home, const EnginePorts& ports, std::string_view holder) {
    for (const int port : {ports.http, ports.https, ports.api, ports.p2p})
        add_port(home, port, holder);
}

void SlotTable::add_home(const GatewayView& gateway) {
    Home home(&memory_);
    home.name = gateway.name;
    home.incarnation = gateway.incarnation;
    home.ready = gateway.state == GatewayState::ready;
    home.view = &gateway;
    home.publishes_some = publishes_some(pool_, gateway);
    home_index_.emplace(gateway.name, homes_.size());
    homes_.push_back(std::move(home));
}

void SlotTable::add_engine(const EngineView& engine) {
    taken_.insert(*engine.slot);
    Home* home = home_named(engine.gateway);
    if (home == nullptr) return;
    ++home->engines;
    // Ports of an earlier namespace are in nobody's way.
    if (!pool_.gateways.empty() && engine.incarnation != home->incarnation) return;
    add_ports(*home, engine.ports, engine.id);
}

SlotTable::Home* SlotTable::home_named(const std::string& name) {
    const auto found = home_index_.find(name);
    return found == home_index_.end() ? nullptr : &homes_[found->second];
}

bool SlotTable::publishes(const Home& home, int slot) const {
    return !home.publishes_some || home.view->published_tcp_ports.contains(pool_.ports.http + slot);
}

// Whether `slot`'s ports can be used behind `home`, once the engine `leaving_id` has left.
bool SlotTable::fits(const Home& home, int slot, std::string_view leaving_id) const {
    if (!publishes(home, slot)) return false;
    const EnginePorts ports = ports_of_slot(pool_.ports, slot);
    const auto taken = [&](int port) { return in_use(home, port, leaving_id); };
    return !taken(ports.http) && !taken(ports.https) && !taken(ports.api) && !taken(ports.p2p);
}

bool SlotTable::in_use(const Home& home, int port, std::string_view leaving_id) {
    const auto found = home.ports.find(port);
    if (found == home.ports.end()) return false;
    return found->second.others || found->second.first != leaving_id;
}

// What an engine that is created in `slot` gets, in place of `leaving` where there is one; nullopt:
// its own P2P port.
std::optional<int> SlotTable::forwarded_port(const Home& home, int slot,
                                             const EngineView* leaving) const {
    const PortAssignment assign = pool_.forwarded_port.assign;
    if (home.view == nullptr || assign == PortAssignment::none) return std::nullopt;
    const bool known = ports_known(*home.view);
    const bool had_one =
        leaving != nullptr && leaving->forwarded && leaving->gateway == home.name &&
        leaving->incarnation == home.incarnation && may_hold(pool_, leaving->ports.p2p, slot);
    if (assign == PortAssignment::shared && known) {
        return shared_port(pool_, *home.view, [&](int port) {
            const auto found = home.ports.find(port);
            return found == home.ports.end() ? std::ptrdiff_t{0} : found->second.count;
        });
    }
    // Sticky; and where it is not known which ports there are, the last that was known counts.
    if (had_one && (!known || home.view->forwarded_for.contains(leaving->ports.p2p)) &&
        !in_use(home, leaving->ports.p2p, leaving->id)) {
        return leaving->ports.p2p;
    }
    return free_forwarded_port(home, slot, leaving == nullptr ? std::string_view() : leaving->id);
}

// The one that has been reported longest, of those that nobody else listens on.
std::optional<int> SlotTable::free_forwarded_port(const Home& home, int slot,
                                                  std::string_view leaving_id) const {
    std::optional<int> best;
    Duration longest{-1};
    for (const auto& [port, reported_for] : home.view->forwarded_for) {
        if (reported_for <= longest || !may_hold(pool_, port, slot)) continue;
        if (in_use(home, port, leaving_id)) continue;
        best = port;
        longest = reported_for;
    }
    return best;
}

std::optional<int> SlotTable::lowest_free_slot(Home& home) {
    for (int slot = home.next_slot; slot < pool_.max_active_replicas; ++slot) {
        home.next_slot = slot;
        if (taken_.contains(slot) || !fits(home, slot, "")) continue;
        if (!seen_.foreign_names.contains(slot)) return slot;
        passed_over_.insert(slot);
    }
    home.next_slot = pool_.max_active_replicas;
    return std::nullopt;
}

Placement SlotTable::take(Home& home, int slot, const EngineView* leaving) {
    taken_.insert(slot);
    Placement placement;
    placement.slot = slot;
    placement.gateway = home.name;
    placement.incarnation = home.incarnation;
    placement.ports = ports_of_slot(pool_.ports, slot);
    if (const auto port = forwarded_port(home, slot, leaving)) {
        placement.ports.p2p = *port;
        placement.forwarded = true;
        add_port(home, *port, "given out");
    }
    return placement;
}

std::optional<Placement> SlotTable::take_free_slot() {
    Home* best = nullptr;
    int best_slot = 0;
    for (auto& home : homes_) {
        if (!home.ready || (best != nullptr && home.engines >= best->engines)) continue;
        if (const auto slot = lowest_free_slot(home)) {
            best = &home;
            best_slot = *slot;
        }
    }
    if (best == nullptr) return std::nullopt;
    ++best->engines;
    return take(*best, best_slot, nullptr);
}

std::optional<Placement> SlotTable::take_over(const EngineView& engine, bool may_move) {
    const int slot = *engine.slot;
    Home* own = home_named(engine.gateway);
    if (own != nullptr && own->ready && fits(*own, slot, engine.id))
        return take(*own, slot, &engine);
    if (!may_move) return std::nullopt;
    Home* best = nullptr;
    for (auto& home : homes_) {
        if (!home.ready || &home == own || !fits(home, slot, engine.id)) continue;
        if (best == nullptr || home.engines < best->engines) best = &home;
    }
    if (best == nullptr) return std::nullopt;
    return take_elsewhere(own, *best, engine);
}

Placement SlotTable::take_elsewhere(Home* own, Home& other, const EngineView& engine) {
    if (own != nullptr) --own->engines;
    ++other.engines;
    return take(other, *engine.slot, &engine);
}

std::optional<std::size_t> SlotTable::emptier_home(const EngineView& engine, Room room) {
    const auto own = home_index_.find(engine.gateway);
    if (own == home_index_.end()) return std::nullopt;
    const int most = homes_[own->second].engines - 2;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < homes_.size(); ++i) {
        Home& home = homes_[i];
        if (!home.ready || home.engines > most) continue;
        if (home.view->ready_for < pool_.failover_after) continue;
        if (best && home.engines >= homes_[*best].engines) continue;
        const bool has_room = room == Room::own_slot ? fits(home, *engine.slot, engine.id)
                                                     : lowest_free_slot(home).has_value();
        if (has_room) best = i;
    }
    return best;
}

bool SlotTable::is_even() const {
    int most = 0;
    int least = std::numeric_limits<int>::max();
    for (const auto& home : homes_) {
        most = std::max(most, home.engines);
        if (home.ready) least = std::min(least, home.engines);
    }
    return least > most - 2;
}

bool SlotTable::has_emptier(const EngineView& engine, Room room) {
    return emptier_home(engine, room).has_value();
}

std::optional<Placement> SlotTable::take_emptier(const EngineView& engine) {
    const auto emptier = emptier_home(engine, Room::own_slot);
    if (!emptier) return std::nullopt;
    return take_elsewhere(home_named(engine.gateway), homes_[*emptier], engine);
}

bool SlotTable::gains_port(const EngineView& engine) const {
    const auto found = home_index_.find(engine.gateway);
    if (found == home_index_.end()) return false;
    const Home& home = homes_[found->second];
    if (!fits(home, *engine.slot, engine.id)) return false;  // it would go elsewhere
    const auto port = forwarded_port(home, *engine.slot, &engine);
    if (!port || *port == engine.ports.p2p) return false;
    // Engines that are created anyway may have taken the one that had settled.
    const auto reported = home.view->forwarded_for.find(*port);
    return reported != home.view->forwarded_for.end() &&
           reported->second >= pool_.forwarded_port.stable_for;
}

bool SlotTable::waits_for_ports(const EngineView& engine) const {
    const bool movable = may_move(engine);
    return std::ranges::any_of(homes_, [&](const Home& home) {
        const bool open = home.ready && (movable || home.name == engine.gateway);
        return open && publishes(home, *engine.slot) && !fits(home, *engine.slot, engine.id);
    });
}

const GatewayView* SlotTable::gateway_of(const EngineView& engine) const {
    return gateways_.find(engine.gateway);
}

bool SlotTable::may_move(const EngineView& engine) const {
    const GatewayView* gateway = gateway_of(engine);
    if (gateway == nullptr || !gateway->declared) return true;
    switch (gateway->state) {
        case GatewayState::missing:
        case GatewayState::ready: return true;
        default: return gateway->not_ready_for >= pool_.failover_after;
    }
}

NoPlace SlotTable::why_stuck(const EngineView& engine) const {
    const GatewayView* gateway = gateway_of(engine);
    if (gateway != nullptr && gateway->declared && gateway->state != GatewayState::ready) {
        return {Reason::gateway_not_ready, "gateway " + gateway->name + " " + gateway->detail};
    }
    if (waits_for_ports(engine)) {
        return {Reason::port_in_use, "its ports are in use by other engines"};
    }
    NoPlace none = why_full();
    if (none.reason != Reason::no_free_slot) return none;
    const int port = pool_.ports.http + *engine.slot;
    return {Reason::no_published_port, "no ready gateway publishes port " + std::to_string(port)};
}

NoPlace SlotTable::why_full() const {
    const auto ready = std::ranges::find_if(homes_, [](const Home& home) { return home.ready; });
    if (ready == homes_.end()) {
        std::string message;
        for (const auto& gateway : seen_.gateways) {
            if (!gateway.declared) continue;
            message +=
                (message.empty() ? "gateway " : "; gateway ") + gateway.name + " " + gateway.detail;
        }
        return {Reason::gateway_not_ready, message};
    }
    const auto full = static_cast<std::size_t>(pool_.max_active_replicas);
    if (taken_.size() >= full) {
        return {Reason::no_free_slot, "all " + std::to_string(full) + " slots are taken"};
    }
    if (!passed_over_.empty()) {
        return {Reason::name_taken, "containers that are not ours hold the names of " +
                                        std::to_string(passed_over_.size()) + " slots"};
    }
    for (const auto& home : homes_) {
        if (home.ready && home.publishes_some) {
            return {Reason::no_published_port,
                    "no ready gateway publishes the HTTP port of a free slot: publish " +
                        std::to_string(pool_.ports.http) + "-" +
                        std::to_string(pool_.ports.http + pool_.max_active_replicas - 1) + " on " +
                        home.name};
        }
    }
    return {Reason::port_in_use, "other engines still use the ports of the free slots"};
}

}  // namespace roundhouse
