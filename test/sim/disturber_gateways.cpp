// What happens to gateways, to their VPNs, and in their network namespaces.
#include <algorithm>
#include <utility>

#include "core/launch.h"
#include "core/names.h"
#include "sim/disturber.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;
using Health = GatewayContainer::Health;

// What a gateway is called before and after it was renamed.
std::string other_name(const std::string& name) {
    const std::string before = "gateway-";
    const std::string after = "vpn-";
    return name.starts_with(before) ? after + name.substr(before.size())
                                    : before + name.substr(after.size());
}

// Unless another connection has brought one meanwhile.
void learn_ip(ControlServerLife& server, const std::optional<std::string>& ip) {
    if (server.reading.public_ip == "") server.reading.public_ip = ip;
}

}  // namespace

// --- containers -------------------------------------------------------------------------------

void Disturber::disturb_gateway(Disturbance what) {
    if (world_.gateway_names_.empty()) {
        // The namespaces are the engines' own then.
        const auto engine = some_engine();
        if (what != Disturbance::gateway_unreachable || !engine) return;
        world_.unreachable.insert(engine->id);
        return world_.later(some_seconds(1, 60), [&world = world_, id = engine->id] {
            world.unreachable.erase(id);
            world.back_in_reach();
        });
    }
    const auto index =
        static_cast<std::size_t>(dice_.below(static_cast<int>(world_.gateway_names_.size())));
    const auto gateway = world_.docker.find(world_.gateway_names_[index]);
    if (!gateway || gateway->state != EngineState::running) return;
    disturb_running_gateway(what, index);
}

void Disturber::disturb_running_gateway(Disturbance what, std::size_t index) {
    const std::string name = world_.gateway_names_[index];
    const auto repaired_later = [&](int seconds) {
        later_to(index, some_seconds(0, seconds),
                 [index](Disturber& disturber, const auto&) { disturber.repair_gateway(index); });
    };
    switch (what) {
        case Disturbance::gateway_restarted:
            world_.docker.restart_container(name);
            return start_in_parts(index);
        case Disturbance::gateway_recreated:
            return once_unpinned(index, [index](Disturber& disturber, const std::string& called) {
                disturber.world_.docker.recreate_container(called);
                disturber.world_.note_gateway(called);
                disturber.start_in_parts(index);
            });
        case Disturbance::gateway_republished:
            return once_unpinned(index, [index](Disturber& disturber, const std::string&) {
                disturber.republish(index);
            });
        case Disturbance::gateway_renamed: return rename(index);
        case Disturbance::gateway_restarts_often: {
            Duration at{0};
            for (int i = dice_.between(3, 6); i > 0; --i) {
                at += some_seconds(2, 15);
                later_to(index, at, [](Disturber& disturber, const std::string& now_called) {
                    const auto found = disturber.world_.docker.find(now_called);
                    const bool runs = found && found->state == EngineState::running;
                    if (runs) disturber.world_.docker.restart_container(now_called);
                });
            }
            return;
        }
        case Disturbance::gateway_stopped:
            world_.docker.stop_container(name);
            return repaired_later(40);
        case Disturbance::gateway_removed:
            once_unpinned(index, [](Disturber& disturber, const std::string& called) {
                disturber.world_.docker.remove_container(called);
                disturber.world_.missing_since_[called] = disturber.world_.clock.elapsed;
            });
            return repaired_later(dice_.one_in(2) ? 5 : 40);
        case Disturbance::gateway_unhealthy: {
            const bool starts = dice_.one_in(3);
            set_health(index, false);
            if (starts) world_.docker.set_health(name, Health::starting);
            return repaired_later(120);
        }
        case Disturbance::health_flaps: {
            Duration at{0};
            for (int i = dice_.between(1, 4); i > 0; --i) {
                const auto set_later = [&](bool well) {
                    later_to(index, at, [index, well](Disturber& disturber, const auto&) {
                        disturber.set_health(index, well);
                    });
                };
                set_later(false);
                at += some_seconds(1, 6);
                set_later(true);
                at += some_seconds(2, 20);
            }
            return;
        }
        case Disturbance::gateway_paused:
            world_.docker.set_state(name, EngineState::paused);
            for (auto& life : world_.lives_)
                life.blemished = true;
            return repaired_later(40);
        case Disturbance::gateway_unreachable:
            world_.unreachable.insert(world_.docker.find(name)->id);
            return world_.later(some_seconds(1, 60),
                                [&world = world_, id = world_.docker.find(name)->id] {
                                    world.unreachable.erase(id);
                                    world.back_in_reach();
                                });
        default: return;
    }
}

// What removes the gateway's container. Where others joined it and so keep it, people stop it, and
// try again until they can, or somebody starts it.
void Disturber::once_unpinned(std::size_t index, const GatewayChange& change) {
    const auto gateway = world_.docker.find(world_.gateway_names_[index]);
    if (!world_.docker.is_pinned(gateway->name)) return change(*this, gateway->name);
    if (gateway->state == EngineState::running) world_.docker.stop_container(gateway->name);
    for (std::size_t i = world_.others_.size(); i-- > 0;) {
        if (world_.others_[i].gateway_id == gateway->id) remove_other(i);
    }
    later_to(index, 1s, [index, change](Disturber& disturber, const std::string& called) {
        const auto still = disturber.world_.docker.find(called);
        const bool waits = still && still->state == EngineState::exited;
        if (waits) disturber.once_unpinned(index, change);
    });
}

// Gluetun is called healthy, and learns its public IP and its ports after that.
void Disturber::start_in_parts(std::size_t index) {
    ControlServerLife& server = world_.control_servers_[world_.gateway_names_[index]];
    const bool has_ports = !server.ports.empty();
    if (!world_.has(Disturbance::gateway_starts_in_parts) || !has_ports) return;
    server.reading.public_ip = "";
    server.ports.clear();
    const Duration ip_after = some_seconds(0, 10);
    world_.later(ip_after, [&server] { learn_ip(server, "198.51.100.1"); });
    world_.later(ip_after + some_seconds(0, 30), [&server, moved = dice_.below(6)] {
        if (server.ports.empty()) server.ports = {40000 + moved};
    });
}

// Docker's. Where the control server could not be asked meanwhile, it may be taken for a reconnect.
void Disturber::set_health(std::size_t index, bool well) {
    const std::string& name = world_.gateway_names_[index];
    const auto gateway = world_.docker.find(name);
    if (!gateway) return;
    if (!well) {
        if (gateway->health != Health::unhealthy)
            world_.unhealthy_gateways[gateway->id] = world_.clock.elapsed;
        return world_.docker.set_health(name, Health::unhealthy);
    }
    const bool silent_at_times = world_.disturbances.contains(Disturbance::replies_broken) ||
                                 world_.disturbances.contains(Disturbance::way_lost) ||
                                 world_.disturbances.contains(Disturbance::gateway_unreachable);
    // Nor is that of a gateway asked that the spec does not name.
    const auto lacks_it = [&](const EnginePool* spec) {
        return std::ranges::find(spec->gateways, name, &GatewaySpec::container) ==
               spec->gateways.end();
    };
    const bool asked = std::ranges::none_of(world_.recent_specs(), lacks_it);
    if (silent_at_times || !asked)
        world_.control_servers_[name].connects.push_back(world_.clock.elapsed);
    world_.unhealthy_gateways.erase(gateway->id);
    if (gateway->health != Health::none) world_.docker.set_health(name, Health::healthy);
}

// As on one machine: what one gateway publishes no other can.
void Disturber::republish(std::size_t index) {
    const std::string& name = world_.gateway_names_[index];
    std::set<int> ports;
    const int base = dice_.one_in(4) ? PortBases{}.http : bases_behind(world_.spec(), name).http;
    const int gateways = static_cast<int>(world_.gateway_names_.size());
    for (int slot = static_cast<int>(index); slot < 10; slot += gateways) {
        if (!dice_.one_in(3)) ports.insert(base + slot);
    }
    for (const auto& [other, taken] : world_.published_) {
        if (other == name) continue;
        for (const int port : taken)
            ports.erase(port);
    }
    if (dice_.one_in(6)) ports.clear();
    FakeContainer gateway = *world_.docker.find(name);
    gateway.published_tcp_ports = world_.published_[name] = std::move(ports);
    world_.docker.remove_container(name);
    world_.docker.run_container(std::move(gateway));
    world_.note_gateway(name);
}

void Disturber::rename(std::size_t index) {
    const std::string before = world_.gateway_names_[index];
    const std::string after = other_name(before);
    if (exists(after)) return;
    world_.docker.rename_container(before, after);
    world_.gateway_names_[index] = after;
    for (auto* by_name : {&world_.published_}) {
        auto node = by_name->extract(before);
        if (node.empty()) continue;
        node.key() = after;
        by_name->insert(std::move(node));
    }
    auto server = world_.control_servers_.extract(before);
    server.key() = after;
    world_.control_servers_.insert(std::move(server));
    world_.missing_since_[before] = world_.clock.elapsed;
    world_.missing_since_.erase(after);
    world_.later(some_seconds(0, 2), [&world = world_] { Disturber(world).follow_renames(); });
}

void Disturber::follow_renames() {
    EnginePool pool = world_.spec();
    for (auto& gateway : pool.gateways) {
        const auto& names = world_.gateway_names_;
        const bool known = std::ranges::find(names, gateway.container) != names.end();
        if (!known) gateway.container = gateway.host = other_name(gateway.container);
    }
    if (!(pool == world_.spec())) world_.save(std::move(pool));
}

void Disturber::repair_gateway(std::size_t index) {
    const std::string& name = world_.gateway_names_[index];
    const auto gateway = world_.docker.find(name);
    if (!gateway) {
        world_.run_gateway(name);
        return start_in_parts(index);
    }
    if (gateway->state == EngineState::paused) {
        world_.docker.set_state(name, EngineState::running);
    } else if (gateway->state != EngineState::running) {
        world_.docker.start_container(name);
        start_in_parts(index);
    }
    set_health(index, true);
}

// --- control servers --------------------------------------------------------------------------

void Disturber::disturb_control_server(Disturbance what) {
    if (world_.gateway_names_.empty()) return;
    const auto index =
        static_cast<std::size_t>(dice_.below(static_cast<int>(world_.gateway_names_.size())));
    ControlServerLife& server = world_.control_servers_[world_.gateway_names_[index]];
    switch (what) {
        case Disturbance::ports_move: server.ports = {40000 + dice_.below(6)}; return;
        case Disturbance::ports_lost: server.ports.clear(); return;
        case Disturbance::ports_many:
            server.ports.clear();
            for (int port = 40000; port < 40006; ++port) {
                if (dice_.one_in(2)) server.ports.push_back(port);
            }
            return;
        case Disturbance::ports_move_one: {
            Duration at{0};
            const int stays = server.ports.empty() ? 40000 : server.ports.front();
            for (int i = dice_.between(3, 8); i > 0; --i) {
                world_.later(at, [&server, stays, number = dice_.between(1, 9)] {
                    server.ports = {stays, stays + number};
                });
                at += some_seconds(6, 20);
            }
            return;
        }
        case Disturbance::replies_broken:
            server.broken = static_cast<PortsAnswerKind>(2 + dice_.below(4));
            return world_.later(some_seconds(1, 40), [&server] { server.broken.reset(); });
        case Disturbance::vpn_lost: return lose_vpn(index, some_seconds(0, 20), {}, {});
        case Disturbance::vpn_back_in_parts:
            return lose_vpn(index, some_seconds(1, 20), some_seconds(10, 60), some_seconds(0, 20));
        case Disturbance::vpn_blinks: return blink(index);
        case Disturbance::ip_flaps: {
            Duration at{0};
            for (int i = dice_.between(2, 8); i > 0; --i) {
                world_.later(at, [&world = world_, &server, number = i % 2] {
                    server.reading.public_ip = "198.51.100." + std::to_string(100 + number);
                    server.connects.push_back(world.clock.elapsed);
                });
                at += some_seconds(3, 12);
            }
            return;
        }
        case Disturbance::way_lost:
            world_.way_is_lost = true;
            return world_.later(some_seconds(1, 60), [&world = world_] {
                world.way_is_lost = false;
                world.back_in_reach();
            });
        default: return;
    }
}

// Gluetun says that its VPN runs again, then knows its public IP, then its forwarded ports.
void Disturber::lose_vpn(std::size_t index, Duration down_for, Duration ip_after,
                         Duration ports_after) {
    ControlServerLife& server = world_.control_servers_[world_.gateway_names_[index]];
    const VpnStatus before = server.reading.vpn_status;
    server.reading.vpn_status = static_cast<VpnStatus>(dice_.between(1, 6));
    const bool is_back =
        before != VpnStatus::running && server.reading.vpn_status == VpnStatus::running;
    if (is_back) server.connects.push_back(world_.clock.elapsed);
    const bool in_parts = ip_after > Duration{0};
    // Until the new public IP is known Gluetun says none, or the former one.
    if (in_parts && dice_.one_in(2)) server.reading.public_ip = "";
    const auto ports = server.ports;
    if (in_parts) server.ports.clear();
    world_.later(down_for, [&world = world_, &server] {
        server.reading.vpn_status = VpnStatus::running;
        server.connects.push_back(world.clock.elapsed);
    });
    world_.later(down_for + ip_after, [&server, number = dice_.below(9)] {
        server.reading.public_ip = "198.51.100." + std::to_string(number);
    });
    if (!in_parts) return;
    world_.later(down_for + ip_after + ports_after, [&server, ports, moved = dice_.below(6)] {
        if (server.ports.empty() && !ports.empty()) server.ports = {40000 + moved};
    });
}

// The VPN is restarted within a moment, as WireGuard's is, and gets the same public IP.
// Gluetun's command may tell the controller of it, and ends before the VPN stops.
void Disturber::blink(std::size_t index) {
    if (dice_.one_in(2)) return lose_vpn_shortly(index, std::nullopt);
    world_.tell("its command calls the controller");
    world_.call_controller();
    later_to(index, Duration{dice_.between(5, 200)},
             [index, told_at = world_.clock.elapsed](Disturber& disturber, const auto&) {
                 disturber.lose_vpn_shortly(index, told_at);
             });
}

void Disturber::lose_vpn_shortly(std::size_t index, std::optional<Duration> told_at) {
    ControlServerLife& server = world_.control_servers_[world_.gateway_names_[index]];
    if (server.reading.vpn_status != VpnStatus::running) return;
    const auto ip = server.reading.public_ip;
    const auto ports = std::exchange(server.ports, {});
    server.reading.vpn_status = VpnStatus::stopping;
    server.reading.public_ip = "";
    const Duration down_for{dice_.between(100, 800)};
    const Duration ip_after = down_for + some_seconds(0, 15);
    world_.later(down_for, [&world = world_, &server] {
        server.reading.vpn_status = VpnStatus::running;
        server.connects.push_back(world.clock.elapsed);
    });
    if (told_at && !world_.calm && !ip.value_or("").empty()) {
        const Duration now = world_.clock.elapsed;
        server.announced.push_back({*told_at, now, now + ip_after});
    }
    world_.later(ip_after, [&server, ip] { learn_ip(server, ip); });
    world_.later(ip_after + some_seconds(0, 5), [&server, ports, moved = dice_.below(6)] {
        if (server.ports.empty() && !ports.empty()) server.ports = {40000 + moved};
    });
}

// --- others in a namespace --------------------------------------------------------------------

void Disturber::disturb_namespace(Disturbance what) {
    if (what == Disturbance::other_leaves) {
        if (world_.others_.empty()) return;
        return remove_other(
            static_cast<std::size_t>(dice_.below(static_cast<int>(world_.others_.size()))));
    }
    join(what == Disturbance::neighbour_joins);
}

void Disturber::join(bool labelled) {
    if (world_.gateway_names_.empty() || world_.others_.size() >= 4) return;
    const std::string& name = dice_.pick(world_.gateway_names_);
    const auto gateway = world_.docker.find(name);
    FakeContainer container;
    container.name = (labelled ? "other-" : "player-") + std::to_string(dice_.below(1000));
    if (!gateway || gateway->state != EngineState::running || exists(container.name)) return;
    container.image = "other";
    container.network_mode = "container:" + gateway->id;
    const int slot = dice_.below(world_.spec().max_active_replicas);
    EnginePorts ports = ports_of_slot(bases_behind(world_.spec(), name), slot);
    const auto& forwarded = world_.control_servers_[name].ports;
    if (!forwarded.empty() && dice_.one_in(3)) ports.p2p = forwarded.front();
    if (labelled) {
        container.labels = {{std::string(label::pool), "other"},
                            {std::string(label::slot), std::to_string(slot)},
                            {std::string(label::gateway), name},
                            {std::string(label::gateway_id), gateway->id},
                            {std::string(label::gateway_started_at), gateway->started_at},
                            {std::string(label::http_port), std::to_string(ports.http)},
                            {std::string(label::https_port), std::to_string(ports.https)},
                            {std::string(label::api_port), std::to_string(ports.api)},
                            {std::string(label::p2p_port), std::to_string(ports.p2p)}};
    }
    Other other;
    other.gateway_id = gateway->id;
    other.labelled = labelled;
    other.since = world_.clock.elapsed;
    other.claims = {ports.http};
    if (labelled) other.claims = {ports.http, ports.https, ports.api, ports.p2p};
    for (const int port : other.claims) {
        const bool taken = std::ranges::any_of(world_.lives_, [&](const EngineLife& life) {
            // While a container is paused its ports stay taken.
            const auto engine = world_.docker.find(life.id);
            const bool paused = engine && engine->state == EngineState::paused;
            return life.gateway_id == gateway->id && life.serves_from && !life.deaf &&
                   life.ports.contain(port) && (paused || world_.docker.has_network(life.id));
        });
        if (!taken && !world_.is_bound(gateway->id, port)) other.bound.insert(port);
    }
    other.id = world_.docker.run_container(std::move(container));
    world_.others_.push_back(std::move(other));
}

void Disturber::remove_other(std::size_t index) {
    const auto container = world_.docker.find(world_.others_[index].id);
    if (container) world_.docker.remove_container(container->name);
    world_.others_.erase(world_.others_.begin() + static_cast<std::ptrdiff_t>(index));
}

// Those whose ports our engines had first, those that were cut off, and what replies in the place
// of one of our engines without anything that says so. Of the rest about half.
void Disturber::remove_contested_others() {
    for (std::size_t i = world_.others_.size(); i-- > 0;) {
        const Other& other = world_.others_[i];
        const bool whole = other.bound == other.claims && world_.docker.has_network(other.id);
        const bool mistaken =
            !other.labelled && std::ranges::any_of(world_.lives_, [&](const EngineLife& life) {
                return life.gateway_id == other.gateway_id && other.bound.contains(life.ports.http);
            });
        if (!whole || mistaken || dice_.one_in(2)) remove_other(i);
    }
}

}  // namespace roundhouse::test
