#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "core/launch.h"
#include "core/names.h"
#include "core/numbers.h"
#include "sim/disturber.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

constexpr Duration recent = 60s;

Duration seconds_between(Dice& dice, int first, int last) {
    return std::chrono::seconds{dice.between(first, last)};
}

EnginePool first_spec(Dice& dice, const std::vector<std::string>& gateways) {
    EnginePool pool;
    pool.name = "acestream";
    pool.max_active_replicas = dice.between(1, 6);
    pool.replicas = dice.between(0, 7);
    pool.max_unavailable = dice.between(1, 2);
    for (const auto& name : gateways)
        pool.gateways.push_back({name, name, {}});
    if (gateways.empty()) pool.network = "engines";
    pool.forwarded_port.stable_for = seconds_between(dice, 1, 10);
    pool.forwarded_port.min_interval = seconds_between(dice, 5, 30);
    if (dice.one_in(4)) {
        pool.forwarded_port.assign = dice.one_in(2) ? PortAssignment::shared : PortAssignment::none;
    }
    pool.restart_engines_on_reconnect = !dice.one_in(3);
    pool.failover_after = seconds_between(dice, 2, 20);
    pool.check_interval = seconds_between(dice, 5, 20);
    EngineTemplate& engine = pool.engine_template;
    engine.image = "engine:1";
    if (dice.one_in(6)) engine.pull_policy = PullPolicy::always;
    engine.stop_timeout = seconds_between(dice, 1, 5);
    engine.probe.period = seconds_between(dice, 1, 5);
    engine.probe.timeout = 1s;
    engine.probe.failure_threshold = dice.between(1, 3);
    engine.probe.startup_timeout = seconds_between(dice, 5, 20);
    return pool;
}

}  // namespace

World::World(std::uint64_t seed) : dice(seed) {
    const bool quiet = dice.one_in(8);
    for (int i = 0; i < disturbance_count && !quiet; ++i) {
        if (dice.one_in(3)) disturbances.insert(static_cast<Disturbance>(i));
    }
    docker.set_time(clock.now());
    docker.add_network("engines");
    for (const char* image : {"engine:1", "engine:2"})
        docker.offer_image(image);
    if (!dice.one_in(6)) docker.add_image("engine:1");

    for (int i = dice.one_in(6) ? 0 : dice.between(1, 3); i > 0; --i)
        gateway_names_.push_back("gateway-" + std::to_string(i));
    save(first_spec(dice, gateway_names_));
    // As on one machine: what one gateway publishes no other can.
    if (dice.one_in(2)) {
        for (int slot = 0; slot < spec().max_active_replicas && !gateway_names_.empty(); ++slot) {
            const auto turn = static_cast<std::size_t>(slot) % gateway_names_.size();
            published_[gateway_names_[turn]].insert(spec().ports.http + slot);
        }
    }
    for (const auto& name : gateway_names_)
        run_gateway(name);
}

World::World(EnginePool spec) : dice(0) {
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
    lives_.push_back(std::move(life));
}

void World::engine_started(const std::string& id) {
    EngineLife* started = life(id);
    if (started == nullptr || started->serves_from) return;
    const bool slow = has(Disturbance::engine_slow) && dice.one_in(4);
    started->serves_from =
        clock.elapsed + (slow ? seconds_between(dice, 2, 40) : Duration{dice.between(20, 900)});
    started->blemished = slow;
    if (has(Disturbance::engine_exits_early) && dice.one_in(4)) {
        started->ends_at = clock.elapsed + Duration{dice.between(5, 5000)};
    }
    if (has(Disturbance::p2p_closed) && dice.one_in(5)) {
        started->p2p_closed = started->blemished = true;
    }
}

void World::engine_gone(const std::string& id) {
    std::erase_if(lives_, [&](const EngineLife& each) { return each.id == id; });
}

EngineLife* World::life(const std::string& id) {
    const auto found = std::ranges::find(lives_, id, &EngineLife::id);
    return found == lives_.end() ? nullptr : &*found;
}

bool World::serves(const EngineLife& life) const {
    return life.serves_from && *life.serves_from <= clock.elapsed && !life.hangs &&
           docker.has_network(life.id);
}

bool World::someone_has_address(const std::string& host) const {
    bool found = false;
    docker.visit([&](const FakeContainer& each) {
        const bool up = each.state == EngineState::running || each.state == EngineState::paused;
        found = found || (up && each.address == host);
    });
    return found;
}

const EngineLife* World::behind(const std::string& host, int port, bool p2p) const {
    for (const auto& life : lives_) {
        if ((p2p ? life.ports.p2p : life.ports.http) != port || !serves(life)) continue;
        if (p2p && life.p2p_closed) continue;  // another may listen on a port that they share
        const std::string& namespace_of = life.gateway_id.empty() ? life.id : life.gateway_id;
        bool here = false;
        docker.visit([&](const FakeContainer& each) {
            here = here || (each.id == namespace_of && each.address == host);
        });
        if (here) return &life;
    }
    return nullptr;
}

// --- gateways ---------------------------------------------------------------------------------

void World::run_gateway(const std::string& name) {
    docker.run_gateway(name, published_[name]);
    note_gateway(name);
}

void World::note_gateway(const std::string& name) {
    gateway_ids_.insert(docker.find(name)->id);
    ControlServerLife& server = control_servers_[name];
    if (server.reading.vpn_status == VpnStatus::unknown) {
        server.reading.vpn_status = VpnStatus::running;
        server.reading.public_ip = "198.51.100.1";
        if (dice.one_in(2)) server.ports = {40000 + dice.below(3)};
    }
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

// --- disturbances -----------------------------------------------------------------------------

void World::disturb() {
    Disturber(*this).disturb();
}

void World::come_to_rest() {
    calm = true;
    planned_.clear();
    Disturber(*this).repair();
}

}  // namespace roundhouse::test
