#include "sim/specs.h"

#include <array>
#include <chrono>

#include "fakes/fake_runtime.h"

namespace roundhouse::test {

namespace {

void set_probe(ProbeSpec& probe, Dice& dice) {
    probe.period = seconds_between(dice, 1, 5);
    probe.timeout = std::chrono::seconds{1};
    probe.failure_threshold = dice.between(1, 3);
    probe.startup_timeout = seconds_between(dice, 5, 20);
}

void set_forwarding(ForwardedPortSpec& forwarding, Dice& dice) {
    forwarding.stable_for = seconds_between(dice, 1, 10);
    forwarding.min_interval = seconds_between(dice, 5, 30);
    forwarding.wait_for = seconds_between(dice, 0, 30);
}

void set_reconnect(EnginePool& pool, Dice& dice) {
    pool.restart_engines_on_reconnect = !dice.one_in(3);
    pool.reconnect_min_interval = seconds_between(dice, 20, 60);
}

void set_drain(DrainSpec& drain, Dice& dice) {
    drain.timeout = dice.one_in(5) ? Duration{0} : seconds_between(dice, 5, 60);
    drain.idle_for = seconds_between(dice, 0, 20);
}

// Behind some gateways another range, as gateways on one machine publish.
void choose_own_ports(EnginePool& pool, Dice& dice) {
    for (auto& gateway : pool.gateways) {
        gateway.ports = {0, 0, 0, 0};
        if (!dice.one_in(2)) continue;
        gateway.ports.http = PortBases{}.http + 100 * dice.between(1, 2);
        if (dice.one_in(2)) gateway.ports.p2p = PortBases{}.p2p + 100;
    }
}

void choose_gateways(EnginePool& pool, Dice& dice, const std::vector<std::string>& declared) {
    if (declared.size() < 2) return;
    pool.gateways.clear();
    for (const auto& name : declared) {
        if (!dice.one_in(3)) pool.gateways.push_back({name, name, {}});
    }
    if (pool.gateways.empty()) pool.gateways.push_back({declared.front(), declared.front(), {}});
}

// Ranges that overlap with the one before, that gateways publish in part, or not at all.
void move_ports(EnginePool& pool, Dice& dice) {
    const PortBases first;
    const std::array steps{0, 0, 1, 2, 100};
    const int by = dice.pick(steps);
    pool.ports = {first.http + by, first.https + by, first.api + by, first.p2p + by};
}

void edit_template(EngineTemplate& engine, Dice& dice) {
    switch (dice.below(6)) {
        case 0:
        case 1: engine.env = {{"EDIT", std::to_string(dice.below(3))}}; break;
        case 2: engine.image = dice.one_in(2) ? "engine:1" : "engine:2"; break;
        case 3: set_probe(engine.probe, dice); break;
        case 4: engine.stop_timeout = seconds_between(dice, 1, 5); break;
        default:
            engine.pull_policy = dice.one_in(2) ? PullPolicy::always : PullPolicy::if_not_present;
    }
}

}  // namespace

EnginePool first_spec(Dice& dice, const std::vector<std::string>& gateways) {
    EnginePool pool;
    pool.name = "acestream";
    pool.max_active_replicas = dice.between(1, 6);
    pool.replicas = dice.between(0, 7);
    pool.max_unavailable = dice.between(1, 2);
    for (const auto& name : gateways)
        pool.gateways.push_back({name, name, {}});
    if (dice.one_in(4)) choose_own_ports(pool, dice);
    if (gateways.empty()) pool.network = "engines";
    set_forwarding(pool.forwarded_port, dice);
    if (dice.one_in(4)) {
        pool.forwarded_port.assign = dice.one_in(2) ? PortAssignment::shared : PortAssignment::none;
    }
    set_reconnect(pool, dice);
    set_drain(pool.drain, dice);
    pool.failover_after = seconds_between(dice, 2, 20);
    pool.check_interval = seconds_between(dice, 5, 20);
    EngineTemplate& engine = pool.engine_template;
    engine.image = "engine:1";
    if (dice.one_in(6)) engine.pull_policy = PullPolicy::always;
    engine.stop_timeout = seconds_between(dice, 1, 5);
    set_probe(engine.probe, dice);
    return pool;
}

void edit_something(EnginePool& pool, Dice& dice, const std::vector<std::string>& gateways) {
    switch (dice.below(16)) {
        case 0:
        case 1:
        case 2: pool.replicas = dice.below(8); break;
        case 3: pool.max_active_replicas = dice.between(1, 8); break;
        case 4:
        case 5:
        case 6: return edit_template(pool.engine_template, dice);
        case 7: pool.max_unavailable = dice.between(1, 3); break;
        case 8: pool.forwarded_port.assign = static_cast<PortAssignment>(dice.below(3)); break;
        case 9: set_forwarding(pool.forwarded_port, dice); break;
        case 10: set_reconnect(pool, dice); break;
        case 11:
            pool.failover_after = seconds_between(dice, 2, 20);
            pool.check_interval = seconds_between(dice, 5, 20);
            break;
        case 12: return move_ports(pool, dice);
        case 13: return choose_own_ports(pool, dice);
        case 14: return set_drain(pool.drain, dice);
        default: return choose_gateways(pool, dice, gateways);
    }
}

bool is_refused(const EnginePool& pool) {
    const EngineTemplate& shape = pool.engine_template;
    return shape.resources.pids == refused_pids || shape.user == FakeRuntime::absent_user ||
           shape.image == mistyped_image;
}

void mend(EngineTemplate& shape) {
    shape.resources.pids = 0;
    shape.user.clear();
    if (shape.image == mistyped_image) shape.image = "engine:1";
}

std::string edit_of(const EnginePool& pool) {
    for (const auto& [key, value] : pool.engine_template.env) {
        if (key == "EDIT") return "EDIT=" + value;
    }
    return "";
}

}  // namespace roundhouse::test
