#include "core/places.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/classify.h"
#include "core/forwarding.h"
#include "core/names.h"

namespace roundhouse {

namespace {

// Compose removes a container and creates it again under another id. A gateway that is missing for
// less than this is on its way back.
constexpr std::chrono::seconds recreation{10};

}  // namespace

template <class Homes>
auto Places::find_home(Homes& homes, const EngineView& engine) const -> decltype(homes.data()) {
    const GatewayView* gateway = gateways_.of(engine);
    if (gateway == nullptr && !pool_.gateways.empty()) return nullptr;
    const auto found = std::ranges::find(homes, gateway, &Home::gateway);
    return found == homes.end() ? nullptr : &*found;
}

const Places::Home* Places::home_of(const EngineView& engine) const {
    return find_home(homes_, engine);
}

Places::Home* Places::home_of(const EngineView& engine) {
    return find_home(homes_, engine);
}

Places::Places(const EnginePool& pool, const Observation& seen, const GatewayIndex& gateways,
               Time now)
    : pool_(pool), seen_(seen), gateways_(gateways), now_(now) {
    if (pool.gateways.empty()) {
        homes_.push_back({"", nullptr, true, 0, PortLedger(pool, nullptr), pool.ports});
    }
    for (const auto& gateway : seen.gateways) {
        if (!gateway.declared) continue;
        homes_.push_back({gateway.name, &gateway, gateway.state == GatewayState::ready, 0,
                          PortLedger(pool, &gateway), bases_behind(pool, gateway.name),
                          publishes_some(pool, gateway)});
    }
    for (const auto& engine : seen.engines) {
        if (engine.slot) engines_.push_back(&engine);
    }
    std::ranges::sort(engines_, {}, [](const EngineView* engine) {
        return std::tie(*engine->slot, engine->name, engine->id);
    });
    for (const EngineView* engine : engines_)
        add_engine(*engine);
    add_unknown();
    for (const auto& [slot, step] : seen.steps_in_flight) {
        const bool unseen = taken_.insert(slot).second;
        Home* home = step.leaving ? nullptr : home_of(step);
        if (home == nullptr) continue;
        if (unseen) ++home->engines;
        if (joins(step, *home)) home->ports.add(step.ports, engine_name(pool.name, slot));
    }
    for (auto& home : homes_) {
        for (const auto& neighbour : seen.neighbours) {
            if (home.gateway != nullptr && neighbour.gateway_id == home.gateway->incarnation.id) {
                home.ports.add(neighbour);
            }
        }
    }
}

void Places::add_engine(const EngineView& engine) {
    taken_.insert(*engine.slot);
    Home* home = home_of(engine);
    if (home == nullptr || is_leftover(engine, seen_)) return;
    ++home->engines;
    // Ports of an earlier namespace conflict with none.
    if (home->gateway != nullptr && engine.incarnation != home->gateway->incarnation) return;
    home->ports.add(engine);
}

// The ports of some engines are not known, nor, perhaps, whose network they joined.
void Places::add_unknown() {
    for (const auto& engine : seen_.engines) {
        if (engine.unknown.empty() || engine.ports.p2p != 0) continue;
        for (auto& home : homes_) {
            const bool may_be_here = !engine.network.is_known() || home.gateway == nullptr ||
                                     engine.network.joins == home.gateway->incarnation.id;
            if (may_be_here) home.ports.add_unknown();
        }
    }
}

// A gateway that was renamed since is found by its id.
Places::Home* Places::home_of(const StepInFlight& step) {
    auto found = std::ranges::find_if(homes_, [&](const Home& home) {
        return home.gateway != nullptr && home.gateway->incarnation.id == step.gateway_id;
    });
    if (found == homes_.end()) found = std::ranges::find(homes_, step.gateway, &Home::name);
    return found == homes_.end() ? nullptr : &*found;
}

// Whether the engine will be in the network that the gateway has by now: not if its container has
// been made again since the step began.
bool Places::joins(const StepInFlight& step, const Home& home) {
    if (home.gateway == nullptr || step.gateway_id.empty()) return step.gateway == home.name;
    return step.gateway_id == home.gateway->incarnation.id;
}

const PortLedger& Places::ledger(const GatewayView& gateway) const {
    return std::ranges::find(homes_, &gateway, &Home::gateway)->ports;
}

int Places::engines_beside(const EngineView& engine) const {
    const Home* home = home_of(engine);
    return home == nullptr ? 0 : home->engines;
}

// A gateway that is not ready may have room, and end the wait.
template <class HasRoom>
NoPlace Places::or_once_ready(NoPlace none, const HasRoom& has_room) const {
    if (none.wait.fact) return none;
    std::string names;
    for (const auto& home : homes_) {
        if (!home.ready && has_room(home)) names += (names.empty() ? "" : " or ") + home.name;
    }
    if (!names.empty()) none.wait.fact = Awaited{Fact::gateway_ready, names};
    return none;
}

// --- attempts ------------------------------------------------------------------------------------

bool Places::publishes(const Home& home, int slot) const {
    return !home.publishes_some ||
           home.gateway->published_tcp_ports.contains(home.bases.http + slot);
}

// Whether `slot` can be used behind `home`, once the engine `leaving_id` has left.
bool Places::fits(const Home& home, int slot, std::string_view leaving_id) const {
    return slot < pool_.max_active_replicas && publishes(home, slot) &&
           !home.ports.clash_of(slot, leaving_id);
}

std::optional<int> Places::lowest_free_slot(const Home& home, std::string_view leaving_id) const {
    for (int slot = 0; slot < pool_.max_active_replicas; ++slot) {
        const bool free = !taken_.contains(slot) && !seen_.foreign_names.contains(slot);
        if (free && fits(home, slot, leaving_id)) return slot;
    }
    return std::nullopt;
}

// How long the next engine there waits for a port. Gluetun asks for one only after it is healthy:
// an engine made without it would be replaced as soon as the port is there.
Duration Places::wait_for_port(const Home& home, const EngineView* leaving) const {
    if (home.gateway == nullptr || home.one_waits) return Duration{0};
    const GatewayView& gateway = *home.gateway;
    const bool may_come = gateway.expects_port &&
                          gateway.ports_answer.kind == PortsAnswerKind::none &&
                          pool_.forwarded_port.assign == PortAssignment::exclusive;
    if (!may_come) return Duration{0};
    const auto takes_it = [&](const EngineView* engine) {
        return engine != leaving && engine->made_with_forwarded_port &&
               engine->incarnation == gateway.incarnation;
    };
    const auto is_made_with_it = [&](const auto& entry) {
        const auto& [slot, step] = entry;
        return !step.leaving && joins(step, home) && step.ports.p2p != home.bases.p2p + slot;
    };
    const bool is_taken = std::ranges::any_of(engines_, takes_it) ||
                          std::ranges::any_of(seen_.steps_in_flight, is_made_with_it);
    if (is_taken) return Duration{0};
    return remaining(pool_.forwarded_port.wait_for, gateway.port_awaited_for);
}

Placement Places::take(Home& home, int slot, const EngineView* leaving, int wished) {
    taken_.insert(slot);
    Placement placement;
    placement.slot = slot;
    placement.gateway = home.name;
    if (home.gateway != nullptr) placement.incarnation = home.gateway->incarnation;
    placement.ports = ports_of_slot(home.bases, slot);
    if (const auto port = home.ports.forwarded_port(slot, leaving, wished)) {
        placement.ports.p2p = *port;
        placement.takes_forwarded_port = true;
    } else {
        placement.waits_for_port = wait_for_port(home, leaving);
        home.one_waits = home.one_waits || placement.waits_for_port > Duration{0};
    }
    home.ports.add(placement.ports, engine_name(pool_.name, slot));
    return placement;
}

Place Places::take_free_slot(std::string_view leaving_id) {
    Home* best = nullptr;
    int best_slot = 0;
    for (auto& home : homes_) {
        if (!home.ready || (best != nullptr && home.engines >= best->engines)) continue;
        if (const auto slot = lowest_free_slot(home, leaving_id)) {
            best = &home;
            best_slot = *slot;
        }
    }
    for (const auto& [slot, name] : seen_.foreign_names) {
        const bool lower = slot < (best == nullptr ? pool_.max_active_replicas : best_slot);
        if (lower && !taken_.contains(slot)) passed_over_.insert(slot);
    }
    if (best == nullptr) {
        return or_once_ready(why_no_free_slot(leaving_id), [&](const Home& home) {
            return lowest_free_slot(home, leaving_id).has_value();
        });
    }
    ++best->engines;
    return take(*best, best_slot, nullptr);
}

Place Places::take_over(const EngineView& engine, int wished) {
    const int slot = *engine.slot;
    Home* own = home_of(engine);
    if (has_own_place(engine)) return take(*own, slot, &engine, wished);
    if (!may_move(engine)) return gateway_not_ready(&engine);
    Home* best = nullptr;
    for (auto& home : homes_) {
        if (!home.ready || &home == own || !fits(home, slot, engine.id)) continue;
        if (best == nullptr || home.engines < best->engines) best = &home;
    }
    if (best == nullptr) {
        NoPlace none = or_once_ready(why_not(slot, engine.id, own),
                                     [&](const Home& home) { return fits(home, slot, engine.id); });
        if (own == nullptr || own->ready) return none;
        // Its own gateway may come back first.
        const NoPlace down = gateway_not_ready(&engine);
        none.message = down.message + (none.reason == down.reason ? "" : "; " + none.message);
        none.reason = down.reason;
        none.wait.fact = down.wait.fact;
        return none;
    }
    return take_elsewhere(*best, engine);
}

bool Places::has_own_place(const EngineView& engine) const {
    const Home* own = home_of(engine);
    return own != nullptr && own->ready && fits(*own, *engine.slot, engine.id);
}

Placement Places::take_elsewhere(Home& home, const EngineView& engine) {
    if (Home* own = home_of(engine)) --own->engines;
    ++home.engines;
    return take(home, *engine.slot, &engine);
}

bool Places::may_move(const EngineView& engine) const {
    const GatewayView* gateway = gateways_.of(engine);
    if (gateway == nullptr || !gateway->declared) return true;
    switch (gateway->state) {
        case GatewayState::ready: return true;
        case GatewayState::missing:
            return gateway->missing_for >= recreation ||
                   gateway->not_ready_for >= pool_.failover_after;
        default: return gateway->not_ready_for >= pool_.failover_after;
    }
}

// --- an even spread ------------------------------------------------------------------------------

std::optional<std::size_t> Places::emptier_home(const EngineView& engine, Room room) const {
    const Home* own = home_of(engine);
    if (own == nullptr) return std::nullopt;
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < homes_.size(); ++i) {
        const Home& home = homes_[i];
        if (!home.ready || home.engines > own->engines - 2) continue;
        if (home.gateway->ready_for < pool_.failover_after) continue;
        if (best && home.engines >= homes_[*best].engines) continue;
        const bool has_room = room == Room::own_slot
                                  ? fits(home, *engine.slot, engine.id)
                                  : lowest_free_slot(home, engine.id).has_value();
        if (has_room) best = i;
    }
    return best;
}

bool Places::is_even() const {
    int most = 0;
    int least = std::numeric_limits<int>::max();
    for (const auto& home : homes_) {
        most = std::max(most, home.engines);
        if (home.ready) least = std::min(least, home.engines);
    }
    return least > most - 2;
}

bool Places::has_emptier(const EngineView& engine, Room room) const {
    return emptier_home(engine, room).has_value();
}

std::optional<Placement> Places::take_emptier(const EngineView& engine) {
    const auto emptier = emptier_home(engine, Room::own_slot);
    if (!emptier) return std::nullopt;
    return take_elsewhere(homes_[*emptier], engine);
}

// --- why there is no place -----------------------------------------------------------------------

// Of `engine`, which may not move yet, or of a new one, for which no gateway is ready.
NoPlace Places::gateway_not_ready(const EngineView* engine) const {
    NoPlace none;
    none.reason = Reason::gateway_not_ready;
    std::string names;
    for (const auto& gateway : seen_.gateways) {
        const bool own = engine == nullptr || &gateway == gateways_.of(*engine);
        if (!gateway.declared || !own) continue;
        names += (names.empty() ? "" : " or ") + gateway.name;
        none.message += (none.message.empty() ? "gateway " : "; gateway ") + gateway.name + " " +
                        gateway.detail;
        if (engine == nullptr || homes_.size() == 1) continue;
        Duration left = remaining(pool_.failover_after, gateway.not_ready_for);
        if (gateway.state == GatewayState::missing) {
            left = std::min(left, remaining(recreation, gateway.missing_for));
        }
        none.wait.until = now_ + left;
    }
    none.wait.fact = Awaited{Fact::gateway_ready, names};
    return none;
}

NoPlace Places::in_use(const Home& home, const PortLedger::Clash& clash) const {
    const std::string port = std::to_string(clash.port);
    NoPlace none;
    if (clash.user->kind == PortUser::Kind::ours) {
        none.reason = Reason::port_in_use;
        none.message = "port " + port + " is in use by " + clash.user->name;
        none.wait.fact = Awaited{Fact::engine_gone, clash.user->name};
        none.holder_id = clash.user->id;
        const auto engine = std::ranges::find(engines_, clash.user->id, &EngineView::id);
        if (engine != engines_.end() && cannot_be_removed(**engine, seen_)) {
            none.wait = {{}, {}, "remove it by hand: docker rm --force " + clash.user->name};
        }
        return none;
    }
    none.reason = Reason::port_conflict;
    none.message = "port " + port + " in the network of " +
                   (home.name.empty() ? "the engines" : "gateway " + home.name) + " is in use by " +
                   clash.user->name;
    none.wait.remedy = "stop " + clash.user->name + ", or choose other `ports` for this pool";
    return none;
}

NoPlace Places::not_published(const std::string& what, const Home& home) const {
    NoPlace none;
    none.reason = Reason::no_published_port;
    none.message = "no ready gateway publishes " + what;
    none.wait.remedy = "publish " + std::to_string(home.bases.http) + "-" +
                       std::to_string(home.bases.http + pool_.max_active_replicas - 1) + " on " +
                       home.name;
    return none;
}

// Of an engine that may move, behind no ready gateway; ours are named before others, as waiting for
// them helps.
NoPlace Places::why_not(int slot, std::string_view leaving_id, const Home* own) const {
    if (slot >= pool_.max_active_replicas) {
        NoPlace none;
        none.reason = Reason::slot_out_of_range;
        none.message = "slots end at " + std::to_string(pool_.max_active_replicas - 1);
        return none;
    }
    const Home* ready = nullptr;
    std::optional<NoPlace> conflict;
    for (const auto& home : homes_) {
        if (!home.ready) continue;
        if (ready == nullptr || &home == own) ready = &home;
        if (!publishes(home, slot)) continue;
        const auto clash = home.ports.clash_of(slot, leaving_id);
        if (!clash) continue;
        if (clash->user->kind == PortUser::Kind::ours) return in_use(home, *clash);
        conflict = in_use(home, *clash);
    }
    if (conflict) return *conflict;
    if (ready == nullptr) return gateway_not_ready(nullptr);
    return not_published("port " + std::to_string(ready->bases.http + slot), *ready);
}

NoPlace Places::why_no_free_slot(std::string_view leaving_id) const {
    const bool any_ready = std::ranges::any_of(homes_, &Home::ready);
    if (!any_ready) return gateway_not_ready(nullptr);
    std::optional<NoPlace> conflict;
    std::optional<NoPlace> unpublished;
    bool all_taken = true;
    for (int slot = 0; slot < pool_.max_active_replicas; ++slot) {
        if (taken_.contains(slot)) continue;
        all_taken = false;
        if (seen_.foreign_names.contains(slot)) continue;
        for (const auto& home : homes_) {
            if (!home.ready) continue;
            if (!publishes(home, slot)) {
                unpublished = not_published("the HTTP port of a free slot", home);
                continue;
            }
            const auto clash = home.ports.clash_of(slot, leaving_id);
            if (clash && clash->user->kind == PortUser::Kind::ours) return in_use(home, *clash);
            if (clash) conflict = in_use(home, *clash);
        }
    }
    NoPlace none;
    if (all_taken) {
        none.message = "all " + std::to_string(pool_.max_active_replicas) + " slots are taken";
        for (const auto& [slot, step] : seen_.steps_in_flight) {
            if (step.leaving) none.wait.fact = {Fact::step_ended, engine_name(pool_.name, slot)};
        }
        for (const EngineView* engine : engines_) {
            if (*engine->slot >= pool_.max_active_replicas) continue;
            if (!engine->unknown.empty()) none.wait.fact = {Fact::engine_known, engine->name};
            if (!cannot_be_removed(*engine, seen_)) continue;
            none.wait.remedy =
                "remove container " + engine->name + ", which Docker does not remove";
        }
        return none;
    }
    if (conflict) return *conflict;
    if (!passed_over_.empty()) {
        const std::string name = engine_name(pool_.name, *passed_over_.begin());
        none.reason = Reason::name_taken;
        none.message = "containers that are not ours hold the names of " +
                       std::to_string(passed_over_.size()) + " slots";
        none.wait.remedy = "rename or remove container " + name +
                           ", which this pool did not create, or rename the pool";
        return none;
    }
    if (unpublished) return *unpublished;
    return none;
}

}  // namespace roundhouse
