#include "loop/gateway_sensor.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/forwarding.h"

namespace roundhouse {

namespace {

using Health = GatewayContainer::Health;

// What happened within this time is "lately".
constexpr std::chrono::minutes lately{10};
// Gluetun reports its public IP some seconds after its VPN is back, and its forwarded ports after
// that: a reconnect waits for both, so that engines are restarted once.
constexpr std::chrono::seconds longest_settling{30};
// A public IP that changes this soon after another sign of a reconnect belongs to that reconnect.
constexpr std::chrono::minutes latest_ip{2};
// What a control server said counts for this long while it does not answer.
constexpr std::chrono::seconds recent{60};
// A container that was started this often lately has to run for a while before it is used again.
constexpr std::size_t many_starts = 3;
constexpr std::chrono::seconds proving{60};

void note(std::deque<Monotonic>& events, Monotonic now) {
    constexpr std::size_t most = 1000;
    events.push_back(now);
    if (events.size() > most) events.pop_front();
}

void forget_old(std::deque<Monotonic>& events, Monotonic now) {
    while (!events.empty() && now - events.front() > lately)
        events.pop_front();
}

bool is_down(VpnStatus status) {
    return status != VpnStatus::unknown && status != VpnStatus::running;
}

VpnStatus vpn_status_of(const GatewayReading& reading, const GatewayMemory& memory) {
    return reading.vpn_status == VpnStatus::unknown ? memory.vpn_status : reading.vpn_status;
}

// Empty for a VPN that is up, as far as is known.
std::string describe(VpnStatus status) {
    switch (status) {
        case VpnStatus::starting: return "is starting its VPN";
        case VpnStatus::stopping: return "is stopping its VPN";
        case VpnStatus::stopped: return "runs, but its VPN is stopped";
        case VpnStatus::crashed: return "runs, but its VPN has crashed";
        case VpnStatus::completed: return "runs, but its VPN has ended";
        case VpnStatus::running:
        case VpnStatus::unknown: break;
    }
    return "";
}

std::string describe_stop(const GatewayContainer& docker) {
    std::string text = "is not running (" + docker.state + ")";
    if (docker.restarts > 0) {
        text += "; Docker has restarted it " + std::to_string(docker.restarts) + " times";
    }
    return docker.error.empty() ? text : text + ": " + docker.error;
}

// Nothing but its first run shows that a health check passes, and that may be far off.
std::string describe_start(const GatewayContainer& docker) {
    constexpr std::chrono::minutes soon{2};
    if (docker.first_check_after.value_or(Duration{0}) <= soon) return "is starting";
    return "is starting: its health check has not run yet, and runs only every " +
           format_duration(*docker.first_check_after) + ": shorten its `interval`";
}

// Gluetun fetches its public IP through the tunnel: so this shows no less than a health check.
bool is_connected(const GatewayReading& reading) {
    return reading.vpn_status == VpnStatus::running && !reading.public_ip.value_or("").empty();
}

Incarnation incarnation_of(const GatewaySighting& sighting) {
    if (!sighting.container) return {};
    return {sighting.container->id, sighting.container->started_at};
}

GatewayView view_of(const GatewaySighting& sighting, const GatewayMemory& memory) {
    GatewayView view;
    view.name = sighting.name;
    view.declared = sighting.declared;
    view.incarnation = incarnation_of(sighting);
    if (sighting.container) {
        view.address = sighting.address;
        view.published_tcp_ports = sighting.container->published_tcp_ports;
        view.host_ports = sighting.container->host_ports;
    }
    auto judgement =
        sighting.unknown.empty()
            ? judge_gateway(sighting.container, sighting.reading, memory)
            : GatewayJudgement{GatewayState::unknown, "is left as it is: " + sighting.unknown};
    if (sighting.reading_awaited && judgement.state == GatewayState::ready)
        judgement = {GatewayState::unknown,
                     "is left as it is: its control server has not answered yet"};
    view.state = judgement.state;
    view.detail = std::move(judgement.detail);
    view.vpn_status = vpn_status_of(sighting.reading, memory);
    view.vpn_detail = sighting.reading.vpn_detail;
    view.public_ip = sighting.reading.public_ip;
    view.ports_answer = sighting.reading.forwarded_ports;
    return view;
}

}  // namespace

// Docker's health lags: it says "healthy" for minutes after the VPN was lost, and until the VPN
// runs again where it was stopped through the control server (Gluetun v3.41). So the VPN's status
// counts, too.
GatewayJudgement judge_gateway(const std::optional<GatewayContainer>& docker,
                               const GatewayReading& reading, const GatewayMemory& memory) {
    if (!docker) return {GatewayState::missing, "does not exist"};
    if (!docker->running && docker->state == "paused") return {GatewayState::paused, "is paused"};
    if (!docker->running) return {GatewayState::stopped, describe_stop(*docker)};
    if (docker->health == Health::unhealthy) return {GatewayState::unhealthy, "is unhealthy"};
    if (docker->health == Health::starting && !is_connected(reading))
        return {GatewayState::starting, describe_start(*docker)};
    const VpnStatus vpn = vpn_status_of(reading, memory);
    if (vpn == VpnStatus::starting) return {GatewayState::starting, describe(vpn)};
    if (is_down(vpn)) return {GatewayState::unhealthy, describe(vpn)};
    const bool restarts = memory.starts >= static_cast<int>(many_starts);
    if (restarts && memory.running_for < proving) {
        return {GatewayState::starting, "was started " + std::to_string(memory.starts) +
                                            " times in the last ten minutes: it is used again "
                                            "once it has run for 60 s"};
    }
    return {GatewayState::ready, ""};
}

GatewaySensor::Measurement GatewaySensor::measure(const std::vector<GatewaySighting>& sightings,
                                                  Duration rotation_interval, Monotonic now) {
    Measurement measured;
    std::map<std::string, Memory> next;
    for (const auto& seen : sightings) {
        auto known = memory_.extract(seen.name);
        Memory& memory = next[seen.name];
        const bool first_look = known.empty();
        if (!first_look) memory = std::move(known.mapped());
        GatewaySighting sighting = seen;
        if (!sighting.unknown.empty()) {
            sighting.container = memory.run.container;
            sighting.address = memory.run.address;
        }
        // A gateway that is missing may come back as it was, when a container was only renamed.
        Run missing;
        Run& run = sighting.container ? memory.run : missing;
        if (run.incarnation != incarnation_of(sighting)) {
            run = {};
            run.incarnation = incarnation_of(sighting);
            run.awaits_first_ports = !first_look;
            memory.ready_since.reset();  // it may have started anew between two looks
        }
        run.container = sighting.container;
        run.address = sighting.address;
        note_start(memory, sighting, first_look, now);
        GatewayView gateway = view_of(sighting, recall(memory, now));
        measure_readiness(memory, gateway, now);
        measure_port_wait(run, gateway, rotation_interval, now);
        if (measure_ports(run, gateway, now, now - sighting.reading_age)) {
            measured.with_other_ports.push_back(gateway.name);
        }
        note_reconnect_signs(run, sighting, now, now - sighting.reading_age);
        measure_reconnects(run, gateway, rotation_interval, now);
        measure_first_ports(run, gateway);
        memory.had_port = memory.had_port || !gateway.ports_answer.ports.empty();
        gateway.expects_port =
            memory.had_port || (sighting.container && sighting.container->asks_for_port);
        measured.gateways.push_back(std::move(gateway));
    }
    memory_ = std::move(next);
    return measured;
}

// A VPN that was down when last asked is not up for a lost reply; but after a minute without any
// reply Docker's health counts again.
GatewayMemory GatewaySensor::recall(const Memory& memory, Monotonic now) {
    GatewayMemory recalled;
    const bool counts = is_down(memory.run.vpn_status) && now - memory.run.vpn_status_at < recent;
    if (counts) recalled.vpn_status = memory.run.vpn_status;
    recalled.starts = static_cast<int>(memory.starts.size());
    recalled.running_for = now - memory.running_since;
    return recalled;
}

void GatewaySensor::note_start(Memory& memory, const GatewaySighting& sighting, bool first_look,
                               Monotonic now) {
    forget_old(memory.starts, now);
    const bool runs = sighting.container && sighting.container->running;
    if (!runs || memory.running == incarnation_of(sighting)) return;
    memory.running = incarnation_of(sighting);
    memory.running_since = now;
    if (!first_look) note(memory.starts, now);
}

void GatewaySensor::measure_readiness(Memory& memory, GatewayView& gateway, Monotonic now) {
    const bool ready = gateway.state == GatewayState::ready;
    // What it was while nobody knew does not count against it.
    const bool unknown = gateway.state == GatewayState::unknown;
    if (std::exchange(memory.unknown, unknown) && !unknown) memory.not_ready_since.reset();
    auto& since = ready ? memory.ready_since : memory.not_ready_since;
    (ready ? memory.not_ready_since : memory.ready_since).reset();
    if (!since) since = now;
    (ready ? gateway.ready_for : gateway.not_ready_for) = now - *since;
    if (gateway.state != GatewayState::missing) return memory.missing_since.reset();
    if (!memory.missing_since) memory.missing_since = now;
    gateway.missing_for = now - *memory.missing_since;
}

// A gateway that is ready only now and then does not begin the wait anew each time: an engine would
// wait for ever.
void GatewaySensor::measure_port_wait(Run& run, GatewayView& gateway, Duration rotation_interval,
                                      Monotonic now) {
    if (gateway.state != GatewayState::ready) return;
    const bool is_new = gateway.ready_for == Duration{0};
    const Duration shortest = std::max<Duration>(rotation_interval, recent);
    const bool is_over = run.port_wait_began && now - *run.port_wait_began >= shortest;
    if (!run.port_wait_began || (is_new && is_over)) run.port_wait_began = now;
    gateway.port_awaited_for = now - *run.port_wait_began;
}

bool GatewaySensor::measure_ports(Run& run, GatewayView& gateway, Monotonic now,
                                  Monotonic read_at) {
    forget_old(run.port_changes, now);
    bool changed = false;
    if (ports_known(gateway)) {
        const std::vector<int>& ports = gateway.ports_answer.ports;
        // None for a while, and then the same ones again: these have not changed.
        changed = !ports.empty() && !run.last_ports.empty() && ports != run.last_ports;
        if (changed) note(run.port_changes, now);
        if (!ports.empty()) run.last_ports = ports;
        if (ports.empty() && !run.ports) run.awaits_first_ports = true;
        std::map<int, Monotonic> still;
        for (const int port : ports) {
            const bool known = run.ports && run.ports->contains(port);
            still.emplace(port, known ? run.ports->at(port) : read_at);
            gateway.reported_for.emplace(port, read_at - still.at(port));
        }
        run.ports = std::move(still);
    }
    gateway.port_changes = static_cast<int>(run.port_changes.size());
    return changed;
}

void GatewaySensor::measure_first_ports(Run& run, GatewayView& gateway) {
    const std::vector<int>& ports = gateway.ports_answer.ports;
    if (run.awaits_first_ports && !ports.empty()) {
        run.first_ports = {ports.begin(), ports.end()};
        run.awaits_first_ports = false;
    }
    for (const int port : ports) {
        if (run.first_ports.contains(port)) gateway.first_ports.insert(port);
    }
}

// Compares with what was last known. Four things are signs of a reconnect: the VPN runs again,
// Docker's health check passes again, the public IP is another one, or it was unknown and is known
// again: Gluetun forgets it whenever its VPN stops, which may take less time than passes between
// two looks.
void GatewaySensor::note_reconnect_signs(Run& run, const GatewaySighting& sighting, Monotonic now,
                                         Monotonic read_at) {
    const GatewayReading& reading = sighting.reading;
    bool back = false;
    if (reading.vpn_status != VpnStatus::unknown) {
        const VpnStatus before = std::exchange(run.vpn_status, reading.vpn_status);
        back = is_down(before) && reading.vpn_status == VpnStatus::running;
        run.vpn_status_at = read_at;
    }
    const bool runs = sighting.container && sighting.container->running;
    if (runs && sighting.container->health == Health::unhealthy && !run.unhealthy_since) {
        run.unhealthy_since = now;
    }
    const bool is_well = runs && sighting.container->health == Health::healthy;
    const bool is_known = sighting.unknown.empty() && !sighting.reading_awaited;
    if (is_well && run.unhealthy_since && is_known) {
        // Health checks fail on a busy machine, too: a control server that answers knows better.
        const bool asked = run.vpn_status != VpnStatus::unknown &&
                           run.vpn_status_at + recent >= *run.unhealthy_since;
        back = back || !asked;
        run.unhealthy_since.reset();
    }
    if (back) run.waiting_sign = run.sign_without_ip = now;

    if (!reading.public_ip) return;
    if (reading.public_ip->empty()) {
        run.public_ip_gone = !run.public_ip.empty();
        return;
    }
    const bool was_gone = std::exchange(run.public_ip_gone, false);
    const std::string before = std::exchange(run.public_ip, *reading.public_ip);
    const bool is_other = before != *reading.public_ip;
    if (before.empty() || (!is_other && !was_gone)) return;
    const bool is_new = !run.sign_without_ip || now - *run.sign_without_ip > latest_ip;
    if (is_new) run.waiting_sign = run.sign_without_ip = now;
    if (is_other) run.sign_without_ip.reset();
}

void GatewaySensor::measure_reconnects(Run& run, GatewayView& gateway, Duration rotation_interval,
                                       Monotonic now) {
    if (run.waiting_sign) {
        const bool ip_is_due =
            gateway.public_ip && gateway.public_ip->empty() && !run.public_ip.empty();
        const bool ports_are_due =
            gateway.ports_answer.kind == PortsAnswerKind::none && !run.last_ports.empty();
        const bool settled =
            (!ip_is_due && !ports_are_due) || now - *run.waiting_sign >= longest_settling;
        const Duration left = run.reconnect
                                  ? remaining(rotation_interval, now - run.reconnect->declared)
                                  : Duration{0};
        if (left > Duration{0}) {
            gateway.next_rotation_in = left;
        } else if (settled && gateway.state == GatewayState::ready) {
            run.reconnect = Reconnect{*run.waiting_sign, now};
            run.waiting_sign.reset();
            run.awaits_first_ports = true;
        }
    }
    if (run.reconnect) gateway.reconnected_ago = now - run.reconnect->first_sign;
}

}  // namespace roundhouse
