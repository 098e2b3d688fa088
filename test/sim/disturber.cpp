#include "sim/disturber.h"

#include <algorithm>
#include <utility>

#include "core/names.h"
#include "sim/specs.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

// Those that ports ask about at each call, or engines when they start.
bool bound_to_a_call(Disturbance one) {
    switch (one) {
        case Disturbance::call_fails:
        case Disturbance::reply_lost:
        case Disturbance::call_slow:
        case Disturbance::list_stale:
        case Disturbance::list_doubled:
        case Disturbance::event_lost:
        case Disturbance::event_late:
        case Disturbance::inspect_hangs:
        case Disturbance::reply_late:
        case Disturbance::route_hangs:
        case Disturbance::start_slow:
        case Disturbance::engine_exits_early:
        case Disturbance::engine_slow:
        case Disturbance::p2p_closed:
        case Disturbance::p2p_ignored:
        case Disturbance::gateway_starts_in_parts:
        case Disturbance::controller_crashes: return true;
        default: return false;
    }
}

}  // namespace

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
        case Disturbance::answer_bad: {
            std::vector about{Operation::inspect_gateway, Operation::inspect_gateway,
                              Operation::inspect_end,     Operation::list_names,
                              Operation::has_image,       Operation::list_engines};
            BadAnswer bad;
            bad.operation = dice_.pick(about);
            if (!world_.gateway_names_.empty()) bad.gateway = dice_.pick(world_.gateway_names_);
            if (const auto engine = some_engine()) bad.engine = engine->id;
            if (dice_.one_in(2)) bad.kind = FaultKind::rejected;
            bad.slot_only = dice_.one_in(3);
            world_.bad_answer = bad;
            return world_.later(some_seconds(5, 90),
                                [&world = world_] { world.bad_answer.reset(); });
        }
        case Disturbance::create_in_vain:
            world_.networks_shown_wrong = true;
            return world_.later(some_seconds(5, 60),
                                [&world = world_] { world.networks_shown_wrong = false; });
        case Disturbance::pull_in_vain:
            world_.images_hidden = true;
            return world_.later(some_seconds(5, 60),
                                [&world = world_] { world.images_hidden = false; });
        case Disturbance::viewers_come:
            if (const auto engine = some_engine()) {
                world_.viewers.come(engine->id, world_.clock.elapsed, dice_);
            }
            return;
        case Disturbance::tables_hidden:
            world_.viewers.readable = false;
            return world_.later(some_seconds(1, 100), [&world = world_] {
                world.viewers.readable = world.has(Disturbance::viewers_come);
            });
        case Disturbance::spec_edited: {
            EnginePool pool = world_.spec();
            edit_something(pool, dice_, world_.gateway_names_);
            return world_.save(std::move(pool));
        }
        case Disturbance::template_refused:
            return is_refused(world_.spec()) ? mend_template() : refuse_template();
        case Disturbance::bad_edit: return world_.tell("a spec that is not accepted");
        case Disturbance::clock_set:
            world_.clock.wall_offset += std::chrono::minutes{dice_.between(-90, 90)};
            return world_.docker.set_time(world_.clock.now());
        case Disturbance::image_vanishes:
        case Disturbance::image_broken: return disturb_images(what);
        case Disturbance::stranger_takes_name:
        case Disturbance::lookalike: return add_stranger(what);
        case Disturbance::cap_lowered: return lower_cap();
        default: break;
    }
    if (what >= Disturbance::neighbour_joins) return disturb_namespace(what);
    if (what >= Disturbance::ports_move) return disturb_control_server(what);
    if (what >= Disturbance::gateway_restarted) return disturb_gateway(what);
    disturb_engine(what);
}

void Disturber::refuse_template() {
    EnginePool pool = world_.spec();
    switch (dice_.below(3)) {
        case 0: pool.engine_template.resources.pids = refused_pids; break;
        case 1: pool.engine_template.user = FakeRuntime::absent_user; break;
        default: pool.engine_template.image = mistyped_image;
    }
    world_.save(std::move(pool));
}

void Disturber::mend_template() {
    EnginePool pool = world_.spec();
    mend(pool.engine_template);
    world_.save(std::move(pool));
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
        case Disturbance::queue_full: life.hangs = life.queue_full = life.blemished = true; return;
        case Disturbance::removal_stuck:
            if (!world_.stuck.empty()) return hold_another_in_its_slot();
            world_.stuck.insert(engine->id);
            if (dice_.one_in(4)) return hold_two_in_a_slot(*engine);
            if (dice_.one_in(2)) world_.unstoppable.insert(engine->id);
            return;
        case Disturbance::engine_doubled: return double_engine(*engine);
        case Disturbance::labels_broken: return break_labels(*engine);
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
            world_.removed_by_others.insert(life.slot);
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

// Beside the one container that cannot be removed another one of its slot cannot, either.
void Disturber::hold_another_in_its_slot() {
    const auto first = world_.docker.find(*world_.stuck.begin());
    if (world_.stuck.size() > 1 || !first) return;
    const std::string of_slot(label::slot);
    for (const auto& other : world_.docker.containers()) {
        const auto slot = other.labels.find(of_slot);
        const bool same = slot != other.labels.end() && *slot == *first->labels.find(of_slot);
        if (same && other.id != first->id) world_.stuck.insert(other.id);
    }
}

// Both have to go, as neither serves, and neither can be removed.
void Disturber::hold_two_in_a_slot(const FakeContainer& engine) {
    double_engine(engine);
    const auto copy = world_.docker.find(engine.name);
    if (!copy || copy->id == engine.id) return;
    world_.stuck.insert(copy->id);
    world_.docker.kill_container(world_.docker.find(engine.id)->name, 1);
}

// A copy that never serves has the name now, and the engine another one.
void Disturber::double_engine(const FakeContainer& engine) {
    if (!world_.docker.has_network(engine.id)) return;
    const std::string other = "moved-" + std::to_string(dice_.below(1000));
    if (exists(other)) return;
    world_.docker.rename_container(engine.name, other);
    FakeContainer copy = engine;
    copy.image = "other";  // whose containers start, whatever happened to the engine's
    copy.published_tcp_ports.clear();
    world_.ours_.insert(world_.docker.run_container(std::move(copy)));
    world_.docker.kill_container(engine.name, 1);
}

// The same engine, as something else would have created it.
void Disturber::break_labels(const FakeContainer& engine) {
    if (!world_.docker.has_network(engine.id) || world_.stuck.contains(engine.id)) return;
    EngineLife& life = *world_.life(engine.id);
    FakeContainer odd = engine;
    odd.image = "other";  // whose containers start, whatever happened to the engine's
    if (dice_.one_in(3)) {
        odd.labels[std::string(label::failures)] = "2147483647";
    } else {
        odd.labels[std::string(label::http_port)] = "19000/tcp";
        life.odd_labels = life.blemished = true;
    }
    world_.docker.remove_container(engine.name);
    life.id = world_.docker.run_container(std::move(odd));
    life.created_at = world_.clock.elapsed;
    life.by_others = true;
    world_.ours_.insert(life.id);
}

// --- the rest of the world --------------------------------------------------------------------

void Disturber::disturb_images(Disturbance what) {
    const std::string image = world_.spec().engine_template.image;
    if (image == mistyped_image) return;
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

void Disturber::hold_low_names() {
    const EnginePool& pool = world_.spec();
    for (int slot = 0; slot < std::min(pool.replicas, pool.max_active_replicas - 2); ++slot) {
        FakeContainer stranger;
        stranger.name = engine_name(pool.name, slot);
        stranger.image = "other";
        stranger.network_mode = "bridge";
        world_.docker.run_container(std::move(stranger));
    }
}

void Disturber::lower_cap() {
    EnginePool pool = world_.spec();
    for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
        const auto holder = world_.docker.find(engine_name(pool.name, slot));
        if (holder && !world_.is_ours(holder->id)) world_.docker.remove_container(holder->name);
    }
    pool.max_active_replicas = std::clamp(pool.replicas, 1, pool.max_active_replicas);
    world_.save(std::move(pool));
}

// --- rest -------------------------------------------------------------------------------------

// Some of those that hold names of slots.
void Disturber::remove_strangers() {
    for (int slot = 0; slot < 10; ++slot) {
        const auto holder = world_.docker.find(engine_name(world_.spec().name, slot));
        if (!holder || world_.is_ours(holder->id) || dice_.one_in(3)) continue;
        world_.docker.remove_container(holder->name);
    }
}

void Disturber::repair() {
    world_.docker.set_available(true);
    world_.way_is_lost = world_.images_hidden = world_.networks_shown_wrong = false;
    world_.bad_answer.reset();
    // Creates have to go on without that answer.
    const bool stays = world_.disturbances.contains(Disturbance::answer_bad) && dice_.one_in(2);
    if (stays) world_.bad_answer = BadAnswer{Operation::has_image, "", "", FaultKind::rejected};
    world_.unreachable.clear();
    world_.back_in_reach();
    if (dice_.one_in(2)) {
        world_.stuck.clear();
        world_.unstoppable.clear();
    }
    for (std::size_t i = 0; i < world_.gateway_names_.size(); ++i) {
        repair_gateway(i);
        ControlServerLife& server = world_.control_servers_[world_.gateway_names_[i]];
        server.broken.reset();
        server.announced.clear();  // what was to be away for longer
        const bool comes_back =
            server.reading.vpn_status != VpnStatus::running || server.reading.public_ip->empty();
        if (comes_back) server.connects.push_back(world_.clock.elapsed);
        server.reading.vpn_status = VpnStatus::running;
        if (server.reading.public_ip->empty()) server.reading.public_ip = "198.51.100.1";
    }
    follow_renames();
    for (const char* image : {"engine:1", "engine:2"}) {
        world_.docker.offer_image(image);
        world_.docker.add_image(image);
    }
    for (auto& life : world_.lives_)
        life.ends_at.reset();
    remove_strangers();
    remove_contested_others();
    const bool may_stay = world_.template_accepted && dice_.one_in(2);
    if (is_refused(world_.spec()) && !may_stay) mend_template();
}

}  // namespace roundhouse::test
