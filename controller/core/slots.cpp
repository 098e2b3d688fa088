#include "core/slots.h"

#include <algorithm>

namespace roundhouse {

SlotTable::SlotTable(const EnginePool& pool, const Observation& seen) : pool_(pool), seen_(seen) {
    if (pool.gateways.empty()) {
        Home host;
        host.ready = true;
        homes_.push_back(host);
        home_index_.emplace("", 0);
    }
    for (const auto& gateway : seen.gateways) {
        if (gateway.declared) add_home(gateway);
    }
    for (const auto& engine : seen.engines) {
        if (engine.slot) add_engine(engine);
    }
    for (const auto& [slot, step] : seen.steps_in_flight) {
        const bool unseen = taken_.insert(slot).second;
        Home* home = step.leaving ? nullptr : home_named(step.gateway);
        if (home == nullptr) continue;
        if (unseen) ++home->engines;
        add_ports(*home, step.ports, "in flight");
    }
}

void SlotTable::add_ports(Home& home, const EnginePorts& ports, const std::string& holder) {
    for (const int port : {ports.http, ports.https, ports.api, ports.p2p}) {
        home.ports.emplace(port, holder);
    }
}

void SlotTable::add_home(const GatewayView& gateway) {
    Home home;
    home.name = gateway.name;
    home.incarnation = gateway.incarnation;
    home.ready = gateway.state == GatewayState::ready;
    home.published = &gateway.published_tcp_ports;
    const auto first = home.published->lower_bound(pool_.ports.http);
    home.publishes_some =
        first != home.published->end() && *first < pool_.ports.http + pool_.max_active_replicas;
    home_index_.emplace(home.name, homes_.size());
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
    return !home.publishes_some || home.published->contains(pool_.ports.http + slot);
}

// Whether `slot`'s ports can be used behind `home`, once the engine `leaving_id` has left.
bool SlotTable::fits(const Home& home, int slot, const std::string& leaving_id) const {
    if (!publishes(home, slot)) return false;
    const EnginePorts ports = ports_of_slot(pool_.ports, slot);
    const auto in_use = [&](int port) {
        const auto [first, last] = home.ports.equal_range(port);
        return std::any_of(first, last,
                           [&](const auto& holder) { return holder.second != leaving_id; });
    };
    return !in_use(ports.http) && !in_use(ports.https) && !in_use(ports.api) && !in_use(ports.p2p);
}

std::optional<int> SlotTable::lowest_free_slot(Home& home) {
    for (int slot = home.next_slot; slot < pool_.max_active_replicas; ++slot) {
        home.next_slot = slot;
        if (taken_.contains(slot) || !fits(home, slot, "")) continue;
        if (!seen_.foreign_names.contains(slot)) return slot;
        const bool told = std::ranges::find(passed_over_, slot) != passed_over_.end();
        if (!told) passed_over_.push_back(slot);
    }
    home.next_slot = pool_.max_active_replicas;
    return std::nullopt;
}

Placement SlotTable::take(Home& home, int slot) {
    taken_.insert(slot);
    Placement placement;
    placement.slot = slot;
    placement.gateway = home.name;
    placement.incarnation = home.incarnation;
    placement.ports = ports_of_slot(pool_.ports, slot);
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
    return take(*best, best_slot);
}

std::optional<Placement> SlotTable::take_over(const EngineView& engine, bool may_move) {
    const int slot = *engine.slot;
    Home* own = home_named(engine.gateway);
    if (own != nullptr && own->ready && fits(*own, slot, engine.id)) return take(*own, slot);
    if (!may_move) return std::nullopt;
    Home* best = nullptr;
    for (auto& home : homes_) {
        if (!home.ready || &home == own || !fits(home, slot, engine.id)) continue;
        if (best == nullptr || home.engines < best->engines) best = &home;
    }
    if (best == nullptr) return std::nullopt;
    if (own != nullptr) --own->engines;
    ++best->engines;
    return take(*best, slot);
}

bool SlotTable::waits_for_ports(const EngineView& engine) const {
    return std::ranges::any_of(homes_, [&](const Home& home) {
        return home.ready && home.name == engine.gateway && publishes(home, *engine.slot) &&
               !fits(home, *engine.slot, engine.id);
    });
}

const GatewayView* SlotTable::gateway_of(const EngineView& engine) const {
    const auto found = std::ranges::find(seen_.gateways, engine.gateway, &GatewayView::name);
    return found == seen_.gateways.end() ? nullptr : &*found;
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
