#include "sim/world.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/launch.h"
#include "core/names.h"
#include "core/numbers.h"
#include "sim/disturber.h"
#include "sim/specs.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

constexpr Duration recent = 60s;

constexpr int control_server_port = 8000;

}  // namespace

World::World(std::uint64_t seed) : dice(seed) {
    if (seed % 4 == 3) docker.set_runtime({"Podman", "4.3.1", "1.41", true});
    const bool quiet = dice.one_in(8);
    // Few kinds at once let a slow story end before another kind spoils it.
    const int one_of = seed % 4 == 1 ? 12 : 3;
    for (int i = 0; i < disturbance_count && !quiet; ++i) {
        if (dice.one_in(one_of)) disturbances.insert(static_cast<Disturbance>(i));
    }
    docker.set_time(clock.now());
    docker.add_network("engines");
    for (const char* image : {"engine:1", "engine:2"})
        docker.offer_image(image);
    viewers.readable = disturbances.contains(Disturbance::viewers_come);
    p2p_ignored = disturbances.contains(Disturbance::p2p_ignored);
    if (!dice.one_in(6)) docker.add_image("engine:1");

    for (int i = dice.one_in(6) ? 0 : dice.between(1, 3); i > 0; --i)
        gateway_names_.push_back("gateway-" + std::to_string(i));
    save(first_spec(dice, gateway_names_));
    // As on one machine: what one gateway publishes no other can.
    if (dice.one_in(2)) {
        for (int slot = 0; slot < spec().max_active_replicas && !gateway_names_.empty(); ++slot) {
            const auto turn = static_cast<std::size_t>(slot) % gateway_names_.size();
            const std::string& name = gateway_names_[turn];
            published_[name].insert(bases_behind(spec(), name).http + slot);
        }
    }
    for (std::size_t i = 0; i < gateway_names_.size(); ++i) {
        run_gateway(gateway_names_[i]);
        Disturber(*this).start_in_parts(i);
    }
    if (disturbances.contains(Disturbance::cap_lowered)) Disturber(*this).hold_low_names();
    for (const auto first :
         {Disturbance::ports_move_one, Disturbance::neighbour_joins, Disturbance::stranger_joins}) {
        if (disturbances.contains(first) && dice.one_in(2)) Disturber(*this).happen(first);
    }
}

World::World(EnginePool spec) : dice(0) {
    viewers.readable = false;
    docker.set_time(clock.now());
    docker.add_network("engines");
    docker.add_image(spec.engine_template.image);
    docker.offer_image(spec.engine_template.image);
    for (const auto& gateway : spec.gateways)
        gateway_names_.push_back(gateway.container);
    save(std::move(spec));
    for (const auto& name : gateway_names_) {
        run_gateway(name);
        control_servers_[name].ports.clear();
    }
}

std::vector<const EnginePool*> World::recent_specs() const {
    std::vector<const EnginePool*> specs;
    for (std::size_t i = 0; i < saved_.size(); ++i) {
        const bool last = i + 1 == saved_.size();
        if (last || saved_[i + 1].at + recent >= clock.elapsed) specs.push_back(&saved_[i].pool);
    }
    return specs;
}

void World::save(EnginePool pool) {
    saved_.push_back({std::move(pool), clock.elapsed});
}

// --- time -------------------------------------------------------------------------------------

void World::later(Duration delay, std::function<void()> what) {
    planned_.push_back({clock.elapsed + delay, std::move(what)});
}

std::optional<Duration> World::next_change() const {
    std::optional<Duration> next;
    const auto consider = [&](Duration at) { next = std::min(next.value_or(at), at); };
    for (const auto& planned : planned_)
        consider(planned.at);
    for (const auto& life : lives_) {
        if (life.ends_at) consider(*life.ends_at);
    }
    return next;
}

void World::advance_to(Duration moment) {
    clock.elapsed = std::max(clock.elapsed, moment);
    docker.set_time(clock.now());
    for (std::size_t i = 0; i < lives_.size(); ++i) {
        EngineLife& one = lives_[i];
        if (!one.ends_at || *one.ends_at > clock.elapsed) continue;
        one.ends_at.reset();
        const auto engine = docker.find(one.id);
        if (!engine || engine->state != EngineState::running) continue;
        note_service();
        docker.kill_container(engine->name, dice.below(3));
        one.ended_by_itself = clock.elapsed;
        tell(engine->name + " ends by itself");
    }
    for (std::size_t i = 0; i < planned_.size();) {
        if (planned_[i].at > clock.elapsed) {
            ++i;
            continue;
        }
        const auto what = std::move(planned_[i].what);
        ++disturbances_so_far_;
        note_service();
        planned_.erase(planned_.begin() + static_cast<std::ptrdiff_t>(i));
        what();
        i = 0;  // it may have planned more
    }
}

// --- engines ----------------------------------------------------------------------------------

void World::engine_created(const EngineRequest& request, const std::string& id) {
    EngineLife life;
    life.id = id;
    life.created_at = clock.elapsed;
    life.image = request.image;
    for (const auto& variable : request.env) {
        if (variable.starts_with("EDIT=")) life.edit = variable;
    }
    const auto number = [](const std::string& text) { return parse_number(text).value_or(0); };
    for (const auto& [key, value] : request.labels) {
        if (key == label::gateway_started_at) life.made_for = value;
        if (key == label::slot) life.slot = number(value);
        if (key == label::http_port) life.ports.http = number(value);
        if (key == label::https_port) life.ports.https = number(value);
        if (key == label::api_port) life.ports.api = number(value);
        if (key == label::p2p_port) life.ports.p2p = number(value);
    }
    const std::string joiner = "container:";
    if (request.network_mode.starts_with(joiner)) {
        life.gateway_id = request.network_mode.substr(joiner.size());
    }
    life.shown_outside = networks_shown_wrong;
    lives_.push_back(std::move(life));
    ours_.insert(id);
}

void World::engine_started(const std::string& id) {
    EngineLife* started = life(id);
    if (started == nullptr || started->serves_from) return;
    const bool slow = has(Disturbance::engine_slow) && dice.one_in(4);
    started->serves_from =
        clock.elapsed + Duration{slow ? 1000 * dice.between(2, 40) : dice.between(20, 900)};
    started->blemished = slow;
    if (has(Disturbance::viewers_come)) viewers.come(id, *started->serves_from, dice);
    if (has(Disturbance::engine_exits_early) && dice.one_in(4)) {
        started->ends_at = clock.elapsed + Duration{dice.between(5, 5000)};
    }
    const bool forwarded = started->ports.p2p != bases_of(*started).p2p + started->slot;
    if ((has(Disturbance::p2p_closed) && dice.one_in(5)) || (p2p_ignored && forwarded)) {
        started->p2p_closed = started->blemished = true;
    }
    bind_ports(*started);
}

// What another listens on already, an engine does not get: some end then, some stay up.
void World::bind_ports(EngineLife& life) {
    if (life.gateway_id.empty()) return;
    if (is_bound(life.gateway_id, life.ports.p2p)) life.p2p_closed = life.blemished = true;
    if (!is_bound(life.gateway_id, life.ports.http)) return;
    life.deaf = life.blemished = true;
    if (dice.one_in(2)) life.ends_at = clock.elapsed + Duration{dice.between(5, 2000)};
}

void World::engine_gone(const std::string& id) {
    std::erase_if(lives_, [&](const EngineLife& each) { return each.id == id; });
}

EngineLife* World::life(const std::string& id) {
    const auto found = std::ranges::find(lives_, id, &EngineLife::id);
    return found == lives_.end() ? nullptr : &*found;
}

PortBases World::bases_of(const EngineLife& life) const {
    const auto gateway = docker.find(life.gateway_id);
    return bases_behind(spec(), gateway ? gateway->name : "");
}

bool World::serves(const EngineLife& life) const {
    return life.serves_from && *life.serves_from <= clock.elapsed && !life.hangs && !life.deaf &&
           docker.has_network(life.id);
}

void World::note_service() {
    for (auto& life : lives_) {
        if (serves(life)) life.served_at = clock.elapsed;
    }
}

// The container whose namespace has that address; empty: none.
std::string World::namespace_at(const std::string& host) const {
    std::string found;
    docker.visit([&](const FakeContainer& each) {
        const bool up = each.state == EngineState::running || each.state == EngineState::paused;
        if (up && each.address == host) found = each.id;
    });
    return found;
}

bool World::reaches(const std::string& host) const {
    const std::string where = namespace_at(host);
    return !way_is_lost && !where.empty() && !unreachable.contains(where);
}

Duration World::in_reach_for() const {
    return way_is_lost || !unreachable.empty() ? Duration{0} : clock.elapsed - in_reach_since_;
}

Contact World::contact(const std::string& host, int port) const {
    return reaches(host) ? contact_within(namespace_at(host), port) : Contact::silence;
}

Contact World::contact_within(const std::string& where, int port) const {
    if (is_bound(where, port)) return Contact::replied;
    Contact met =
        port == control_server_port && was_gateway(where) ? Contact::replied : Contact::refused;
    for (const auto& life : lives_) {
        if ((life.gateway_id.empty() ? life.id : life.gateway_id) != where) continue;
        const bool up = life.serves_from && *life.serves_from <= clock.elapsed;
        if (!up || !docker.has_network(life.id)) continue;
        // Several may share a P2P port, and one of them listens on it.
        if (life.ports.p2p == port && !life.p2p_closed) met = Contact::connected;
        if (life.ports.http != port || life.deaf) continue;
        if (life.queue_full) return Contact::silence;
        met = life.hangs ? Contact::connected : Contact::replied;
    }
    return met;
}

// --- others -----------------------------------------------------------------------------------

bool World::is_bound(const std::string& gateway_id, int port) const {
    return held_by_other(gateway_id, port, Duration{0});
}

// While a gateway is paused its namespace lives on, and so does what else listens in it.
bool World::is_up(const Other& other) const {
    const auto container = docker.find(other.id);
    const auto gateway = docker.find(other.gateway_id);
    const bool alive = gateway && (gateway->state == EngineState::running ||
                                   gateway->state == EngineState::paused);
    return alive && container && container->state == EngineState::running &&
           container->joined_life == gateway->started_at;
}

bool World::held_by_other(const std::string& gateway_id, int port, Duration for_at_least) const {
    return std::ranges::any_of(others_, [&](const Other& other) {
        return other.gateway_id == gateway_id && other.bound.contains(port) &&
               clock.elapsed - other.since >= for_at_least && is_up(other);
    });
}

bool World::has_place(int slot) const {
    const EnginePool& pool = spec();
    const auto holder = docker.find(engine_name(pool.name, slot));
    if (holder && (!is_ours(holder->id) || stuck.contains(holder->id))) return false;
    const auto is_here = [&](const std::string& id) {
        const auto container = docker.find(id);
        if (!container) return false;
        const auto label = container->labels.find(std::string(label::slot));
        return label != container->labels.end() && label->second == std::to_string(slot);
    };
    if (std::ranges::any_of(stuck, is_here)) return false;
    if (pool.gateways.empty()) return true;
    return std::ranges::any_of(pool.gateways, [&](const GatewaySpec& each) {
        const auto gateway = docker.find(each.container);
        if (!gateway || gateway->state != EngineState::running) return false;
        if (!publishes(each.container, slot)) return false;
        const EnginePorts ports = ports_of_slot(bases_behind(pool, each.container), slot);
        return std::ranges::none_of(std::array{ports.http, ports.https, ports.api, ports.p2p},
                                    [&](int port) { return is_bound(gateway->id, port); });
    });
}

bool World::publishes(const std::string& gateway, int slot) const {
    const auto container = docker.find(gateway);
    if (!container) return false;
    const int first = bases_behind(spec(), gateway).http;
    const auto& published = container->published_tcp_ports;
    const auto some = published.lower_bound(first);
    const bool none = some == published.end() || *some >= first + spec().max_active_replicas;
    return none || published.contains(first + slot);
}

int World::places() const {
    int count = 0;
    for (int slot = 0; slot < spec().max_active_replicas; ++slot)
        count += has_place(slot) ? 1 : 0;
    return count;
}

// --- gateways ---------------------------------------------------------------------------------

void World::run_gateway(const std::string& name) {
    docker.run_gateway(name, published_[name]);
    note_gateway(name);
}

void World::note_gateway(const std::string& name) {
    gateway_ids_.insert(docker.find(name)->id);
    missing_since_.erase(name);
    ControlServerLife& server = control_servers_[name];
    if (server.reading.vpn_status == VpnStatus::unknown) {
        server.reading.vpn_status = VpnStatus::running;
        server.reading.public_ip = "198.51.100.1";
        if (dice.one_in(2)) server.ports = {40000 + dice.below(3)};
    }
    if (!server.ports.empty() && dice.one_in(2)) docker.ask_for_port(name);
}

GatewayReading World::reading(const std::string& gateway) const {
    const auto found = control_servers_.find(gateway);
    if (found == control_servers_.end()) return {};
    const ControlServerLife& server = found->second;
    if (server.broken) {
        GatewayReading reading;
        reading.forwarded_ports = {*server.broken, {}, "broken"};
        return reading;
    }
    GatewayReading reading = server.reading;
    const bool up = reading.vpn_status == VpnStatus::running && !server.ports.empty();
    reading.forwarded_ports.kind = up ? PortsAnswerKind::ports : PortsAnswerKind::none;
    if (up) reading.forwarded_ports.ports = server.ports;
    return reading;
}

const std::vector<int>& World::forwarded_ports(const std::string& gateway) const {
    return control_servers_.at(gateway).ports;
}

std::optional<Duration> World::last_connect(const std::string& gateway) const {
    const auto found = control_servers_.find(gateway);
    if (found == control_servers_.end() || found->second.connects.empty()) return std::nullopt;
    return found->second.connects.back();
}

int World::connects_since(const std::string& gateway, Duration moment) const {
    const auto found = control_servers_.find(gateway);
    if (found == control_servers_.end()) return 0;
    const auto lately = [&](Duration at) { return at >= moment; };
    return static_cast<int>(std::ranges::count_if(found->second.connects, lately));
}

std::optional<Duration> World::missing_since(const std::string& gateway) const {
    const auto found = missing_since_.find(gateway);
    return found == missing_since_.end() ? std::nullopt : std::optional(found->second);
}

// --- disturbances -----------------------------------------------------------------------------

void World::disturb() {
    ++disturbances_so_far_;
    note_service();
    Disturber(*this).disturb();
}

void World::come_to_rest() {
    calm = true;
    planned_.clear();
    viewers.leave_all(clock.elapsed);
    viewers.readable = disturbances.contains(Disturbance::viewers_come);
    Disturber(*this).repair();
}

}  // namespace roundhouse::test
