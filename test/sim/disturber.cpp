#include "sim/disturber.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/names.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, disturbance_count> names = {
    "call_fails",      "reply_lost",         "call_slow",           "list_stale",
    "docker_away",     "engine_ends",        "engine_exits_early",  "engine_slow",
    "engine_hangs",    "engine_paused",      "engine_removed",      "engine_renamed",
    "engine_dead",     "p2p_closed",         "gateway_restarted",   "gateway_recreated",
    "gateway_stopped", "gateway_removed",    "gateway_unhealthy",   "gateway_paused",
    "ports_move",      "ports_lost",         "ports_many",          "replies_broken",
    "vpn_lost",        "way_lost",           "stranger_takes_name", "lookalike",
    "image_vanishes",  "image_broken",       "spec_edited",         "bad_edit",
    "clock_set",       "controller_crashes",
};

// Those that ports ask about at each call, or engines when they start.
bool bound_to_a_call(Disturbance one) {
    switch (one) {
        case Disturbance::call_fails:
        case Disturbance::reply_lost:
        case Disturbance::call_slow:
        case Disturbance::list_stale:
        case Disturbance::engine_exits_early:
        case Disturbance::engine_slow:
        case Disturbance::p2p_closed:
        case Disturbance::controller_crashes: return true;
        default: return false;
    }
}

}  // namespace

std::string_view to_string(Disturbance disturbance) {
    return names[static_cast<std::size_t>(disturbance)];
}

Duration Disturber::some_seconds(int first, int last) {
    return Duration{dice_.between(first * 1000, last * 1000)};
}

void Disturber::disturb() {
    std::vector<Disturbance> possible;
    for (const auto each : world_.disturbances) {
        if (!bound_to_a_call(each)) possible.push_back(each);
    }
    if (!possible.empty()) happen(dice_.pick(possible));
}

void Disturber::happen(Disturbance what) {
    world_.tell("disturbance: " + std::string(to_string(what)));
    switch (what) {
        case Disturbance::docker_away:
            world_.docker.set_available(false);
            return world_.later(some_seconds(0, 30),
                                [&world = world_] { world.docker.set_available(true); });
        case Disturbance::spec_edited: return edit_spec();
        case Disturbance::bad_edit: return world_.tell("a spec that is not accepted");
        case Disturbance::clock_set:
            world_.clock.wall_offset += std::chrono::minutes{dice_.between(-90, 90)};
            return world_.docker.set_time(world_.clock.now());
        case Disturbance::image_vanishes:
        case Disturbance::image_broken: return disturb_images(what);
        case Disturbance::stranger_takes_name:
        case Disturbance::lookalike: return add_stranger(what);
        default: break;
    }
    if (what >= Disturbance::ports_move) return disturb_control_server(what);
    if (what >= Disturbance::gateway_restarted) return disturb_gateway(what);
    disturb_engine(what);
}

// --- engines ----------------------------------------------------------------------------------

std::optional<FakeContainer> Disturber::some_engine() {
    if (world_.lives_.empty()) return std::nullopt;
    return world_.docker.find(dice_.pick(world_.lives_).id);
}

void Disturber::disturb_engine(Disturbance what) {
    const auto engine = some_engine();
    if (!engine) return;
    const bool runs = engine->state == EngineState::running;
    EngineLife& life = *world_.life(engine->id);
    switch (what) {
        case Disturbance::engine_ends:
            if (runs) life.ends_at = world_.clock.elapsed;
            return;
        case Disturbance::engine_hangs: life.hangs = life.blemished = true; return;
        case Disturbance::engine_paused:
            if (!runs) return;
            life.blemished = true;
            world_.docker.set_state(engine->name, EngineState::paused);
            return world_.later(some_seconds(1, 40), [&world = world_, id = engine->id] {
                const auto paused = world.docker.find(id);
                if (paused && paused->state == EngineState::paused) {
                    world.docker.set_state(paused->name, EngineState::running);
                }
            });
        case Disturbance::engine_removed:
            world_.docker.remove_container(engine->name);
            return world_.engine_gone(engine->id);
        case Disturbance::engine_renamed: {
            const std::string other = "renamed-" + std::to_string(dice_.below(1000));
            if (!exists(other)) world_.docker.rename_container(engine->name, other);
            return;
        }
        case Disturbance::engine_dead:
            return world_.docker.set_state(engine->name, EngineState::dead);
        default: return;
    }
}

// --- gateways ---------------------------------------------------------------------------------

void Disturber::disturb_gateway(Disturbance what) {
    if (world_.gateway_names_.empty()) return;
    const std::string name = dice_.pick(world_.gateway_names_);
    const auto gateway = world_.docker.find(name);
    const bool runs = gateway && gateway->state == EngineState::running;
    const auto repaired_later = [&] {
        world_.later(some_seconds(0, 40),
                     [&world = world_, name] { Disturber(world).repair_gateway(name); });
    };
    if (!runs) return;
    switch (what) {
        case Disturbance::gateway_restarted: return world_.docker.restart_container(name);
        case Disturbance::gateway_recreated:
            world_.docker.recreate_container(name);
            return world_.note_gateway(name);
        case Disturbance::gateway_stopped:
            world_.docker.stop_container(name);
            return repaired_later();
        case Disturbance::gateway_removed:
            world_.docker.remove_container(name);
            return repaired_later();
        case Disturbance::gateway_unhealthy: {
            using Health = GatewayContainer::Health;
            world_.docker.set_health(name, dice_.one_in(3) ? Health::starting : Health::unhealthy);
            world_.unhealthy_gateways.emplace(gateway->id, world_.clock.elapsed);
            return world_.later(some_seconds(0, 120),
                                [&world = world_, name] { Disturber(world).repair_gateway(name); });
        }
        case Disturbance::gateway_paused:
            world_.docker.set_state(name, EngineState::paused);
            for (auto& life : world_.lives_)
                life.blemished = true;
            return repaired_later();
        default: return;
    }
}

void Disturber::repair_gateway(const std::string& name) {
    using Health = GatewayContainer::Health;
    const auto gateway = world_.docker.find(name);
    if (!gateway) return world_.run_gateway(name);
    world_.unhealthy_gateways.erase(gateway->id);
    if (gateway->state == EngineState::paused) {
        world_.docker.set_state(name, EngineState::running);
    } else if (gateway->state != EngineState::running) {
        world_.docker.start_container(name);
    }
    if (world_.docker.find(name)->health != Health::none) {
        world_.docker.set_health(name, Health::healthy);
    }
}

void Disturber::disturb_control_server(Disturbance what) {
    if (world_.gateway_names_.empty()) return;
    const std::string name = dice_.pick(world_.gateway_names_);
    World::ControlServerLife& server = world_.control_servers_[name];
    switch (what) {
        case Disturbance::ports_move: server.ports = {40000 + dice_.below(6)}; return;
        case Disturbance::ports_lost: server.ports.clear(); return;
        case Disturbance::ports_many:
            server.ports.clear();
            for (int port = 40000; port < 40006; ++port) {
                if (dice_.one_in(2)) server.ports.push_back(port);
            }
            return;
        case Disturbance::replies_broken:
            server.broken = static_cast<PortsAnswerKind>(2 + dice_.below(4));
            return world_.later(some_seconds(1, 40), [&server] { server.broken.reset(); });
        case Disturbance::vpn_lost:
            server.reading.vpn_status = static_cast<VpnStatus>(dice_.between(1, 6));
            return world_.later(some_seconds(0, 20), [&server, number = dice_.below(9)] {
                server.reading.vpn_status = VpnStatus::running;
                server.reading.public_ip = "198.51.100." + std::to_string(number);
            });
        case Disturbance::way_lost:
            world_.way_is_lost = true;
            return world_.later(some_seconds(1, 60),
                                [&world = world_] { world.way_is_lost = false; });
        default: return;
    }
}

// --- the rest of the world --------------------------------------------------------------------

void Disturber::disturb_images(Disturbance what) {
    const std::string image = world_.spec().engine_template.image;
    if (what == Disturbance::image_vanishes) return world_.docker.remove_image(image);
    FakeImage broken;
    if (dice_.one_in(2)) {
        broken.exits_with = 1;
    } else {
        broken.start_error = "exec: no such file";
    }
    world_.docker.add_image(image, broken);
    world_.later(some_seconds(1, 30), [&world = world_, image] { world.docker.add_image(image); });
}

void Disturber::add_stranger(Disturbance what) {
    FakeContainer stranger;
    const int slot = dice_.below(world_.spec().max_active_replicas);
    stranger.name = engine_name(world_.spec().name, slot);
    if (what == Disturbance::lookalike) {
        stranger.name = "lookalike-" + std::to_string(dice_.below(1000));
        stranger.labels = {{std::string(label::pool), world_.spec().name}};
        if (dice_.one_in(2)) stranger.labels.begin()->second += "2";
        if (dice_.one_in(2)) stranger.name = world_.spec().name + "-0" + std::to_string(slot);
    }
    stranger.image = "other";
    stranger.network_mode = "bridge";
    if (!exists(stranger.name)) world_.docker.run_container(std::move(stranger));
}

void Disturber::edit_spec() {
    EnginePool pool = world_.spec();
    const int most = world_.saved_.front().pool.max_active_replicas;  // what gateways publish
    switch (dice_.below(9)) {
        case 0:
        case 1:
        case 2: pool.replicas = dice_.below(8); break;
        case 3: pool.max_active_replicas = dice_.between(1, most); break;
        case 4: pool.engine_template.env = {{"EDIT", std::to_string(dice_.below(3))}}; break;
        case 5: pool.engine_template.image = dice_.one_in(2) ? "engine:1" : "engine:2"; break;
        case 6: pool.max_unavailable = dice_.between(1, 3); break;
        case 7: pool.forwarded_port.assign = static_cast<PortAssignment>(dice_.below(3)); break;
        default: {
            if (world_.gateway_names_.size() < 2) break;
            pool.gateways.clear();
            for (const auto& name : world_.gateway_names_) {
                if (!dice_.one_in(3)) pool.gateways.push_back({name, name, {}});
            }
            const auto& first = world_.gateway_names_.front();
            if (pool.gateways.empty()) pool.gateways.push_back({first, first, {}});
        }
    }
    world_.save(std::move(pool));
}

// --- rest -------------------------------------------------------------------------------------

// Those that hold names of slots; all of them, or as many as it takes to make room.
void Disturber::remove_strangers() {
    const EnginePool& spec = world_.spec();
    int free = spec.max_active_replicas - spec.replicas;
    const bool all = !world_.published_.empty() || dice_.one_in(2);
    for (int slot = 0; slot < 10; ++slot) {
        const auto holder = world_.docker.find(engine_name(spec.name, slot));
        const bool ours = holder && world_.life(holder->id) != nullptr;
        if (!holder || ours) continue;
        if (!all && slot < spec.max_active_replicas && free-- > 0) continue;
        world_.docker.remove_container(holder->name);
    }
}

void Disturber::repair() {
    world_.docker.set_available(true);
    world_.way_is_lost = false;
    for (const auto& name : world_.gateway_names_) {
        repair_gateway(name);
        World::ControlServerLife& server = world_.control_servers_[name];
        server.broken.reset();
        server.reading.vpn_status = VpnStatus::running;
    }
    for (const char* image : {"engine:1", "engine:2"}) {
        world_.docker.offer_image(image);
        world_.docker.add_image(image);
    }
    for (auto& life : world_.lives_)
        life.ends_at.reset();
    // Published slots belong to gateways: what one of them lost, no other can take.
    if (!world_.published_.empty() && !world_.gateway_names_.empty()) {
        EnginePool pool = world_.saved_.front().pool;
        pool.replicas = world_.spec().replicas;
        world_.save(std::move(pool));
    }
    remove_strangers();
}

}  // namespace roundhouse::test
