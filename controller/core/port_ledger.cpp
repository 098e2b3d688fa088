#include "core/port_ledger.h"

#include <algorithm>
#include <array>
#include <functional>

#include "core/forwarding.h"
#include "core/launch.h"

namespace roundhouse {

namespace {

std::array<int, 4> all_of(const EnginePorts& ports) {
    return {ports.http, ports.https, ports.api, ports.p2p};
}

}  // namespace

PortLedger::PortLedger(const EnginePool& pool, const GatewayView* gateway)
    : pool_(pool),
      gateway_(gateway),
      gateway_name_(gateway == nullptr ? "" : gateway->name),
      bases_(bases_behind(pool, gateway_name_)) {
    if (gateway == nullptr) return;
    const auto declared = std::ranges::find(pool.gateways, gateway->name, &GatewaySpec::container);
    if (declared != pool.gateways.end()) {
        add_user(declared->control_server.port,
                 {PortUser::Kind::other, "", "the control server of " + gateway->name});
    }
    for (const int port : gateway->strangers_ports) {
        add_user(port, {PortUser::Kind::other, "", describe_stranger(*gateway)});
    }
}

void PortLedger::add_user(int port, PortUser user) {
    users_[port].push_back(std::move(user));
}

void PortLedger::add(const EngineView& engine) {
    for (const int port : all_of(engine.ports))
        add_user(port, {PortUser::Kind::ours, engine.id, engine.name});
    if (engine.made_with_forwarded_port) ++holders_[engine.ports.p2p];
}

void PortLedger::add(const EnginePorts& ports, const std::string& name) {
    for (const int port : all_of(ports))
        add_user(port, {PortUser::Kind::ours, "", name});
    ++holders_[ports.p2p];
}

void PortLedger::add(const NeighbourView& neighbour) {
    for (const int port : all_of(neighbour.ports)) {
        add_user(port, {PortUser::Kind::other, neighbour.id,
                        "container " + neighbour.name + " of pool " + neighbour.pool});
    }
}

const PortUser* PortLedger::user_of(int port, std::string_view leaving_id) const {
    const auto users = users_.find(port);
    if (users == users_.end()) return nullptr;
    const auto other = std::ranges::find_if(users->second, [&](const PortUser& user) {
        return leaving_id.empty() || user.id != leaving_id;
    });
    return other == users->second.end() ? nullptr : &*other;
}

std::optional<PortLedger::Clash> PortLedger::clash_of(int slot, std::string_view leaving_id) const {
    for (const int port : all_of(ports_of_slot(bases_, slot))) {
        if (const PortUser* user = user_of(port, leaving_id)) return Clash{port, user};
    }
    return std::nullopt;
}

bool PortLedger::may_hold_here(int port, int slot) const {
    return may_hold(pool_, gateway_name_, port, slot);
}

std::optional<int> PortLedger::forwarded_port(int slot, const EngineView* leaving,
                                              int wished) const {
    const PortAssignment assign = pool_.forwarded_port.assign;
    if (gateway_ == nullptr || assign == PortAssignment::none) return std::nullopt;
    if (assign == PortAssignment::shared) return shared_port();
    const std::string_view leaving_id = leaving == nullptr ? std::string_view() : leaving->id;
    const bool had_one = leaving != nullptr && leaving->made_with_forwarded_port &&
                         leaving->incarnation == gateway_->incarnation &&
                         may_hold_here(leaving->ports.p2p, slot);
    const bool still_forwarded =
        had_one && (!ports_known(*gateway_) || gateway_->reported_for.contains(leaving->ports.p2p));
    if (still_forwarded && user_of(leaving->ports.p2p, leaving_id) == nullptr) {
        return leaving->ports.p2p;
    }
    if (one_is_unknown_) return std::nullopt;
    std::optional<int> best;
    Duration longest{-1};
    for (const auto& [port, reported] : gateway_->reported_for) {
        if (!may_hold_here(port, slot) || user_of(port, leaving_id) != nullptr) continue;
        if (port == wished) return port;
        if (reported <= longest) continue;
        best = port;
        longest = reported;
    }
    return best;
}

std::vector<int> PortLedger::free_forwarded_ports() const {
    std::vector<int> free;
    if (one_is_unknown_) return free;
    for (const int port : gateway_->ports_answer.ports) {
        if (user_of(port) == nullptr) free.push_back(port);
    }
    std::ranges::stable_sort(free, std::greater{}, [&](int port) { return reported_for(port); });
    return free;
}

std::optional<int> PortLedger::shared_port() const {
    constexpr int no_slot = -1;
    std::optional<int> best;
    int most = -1;
    const auto consider = [&](int port, int holders) {
        if (holders <= most || !may_hold_here(port, no_slot)) return;
        best = port;
        most = holders;
    };
    // While the ports are not known, the last that was known counts.
    if (!ports_known(*gateway_)) {
        for (const auto& [port, holders] : holders_)
            consider(port, holders);
        return best;
    }
    for (const int port : gateway_->ports_answer.ports) {
        const auto holders = holders_.find(port);
        consider(port, holders == holders_.end() ? 0 : holders->second);
    }
    return best;
}

Duration PortLedger::reported_for(int port) const {
    const auto found = gateway_->reported_for.find(port);
    return found == gateway_->reported_for.end() ? Duration{0} : found->second;
}

}  // namespace roundhouse
