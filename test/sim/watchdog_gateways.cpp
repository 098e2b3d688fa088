// What must hold of every round as to gateways, their VPNs and their forwarded ports.
#include <algorithm>
#include <utility>

#include "sim/watchdog.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

}  // namespace

void Watchdog::check_gateways(const RoundView& view) {
    const Duration now = world_.clock.elapsed;
    std::erase_if(gateways_, [&](const auto& entry) {  // what has another name is another one
        return std::ranges::find(view.seen.gateways, entry.first, &GatewayView::name) ==
               view.seen.gateways.end();
    });
    for (const auto& gateway : view.seen.gateways) {
        if (gateway.incarnation.id.empty()) continue;
        GatewaySeen& seen = gateways_[gateway.name];
        const bool runs = gateway.state == GatewayState::ready ||
                          gateway.state == GatewayState::starting ||
                          gateway.state == GatewayState::unhealthy;
        if (runs && seen.started_at != gateway.incarnation.started_at) {
            if (!seen.started_at.empty()) seen.restarts.push_back(now);
            seen.started_at = gateway.incarnation.started_at;
            seen.incarnation_seen_at = now;
        }
        std::erase_if(seen.restarts, [&](Duration at) { return at + 10min < now; });
        check_rotation(view, gateway, seen.run);
        check_ip_comes_back(gateway, seen.run);
        check_announced(gateway);
        check_made_once(view, gateway, seen.run);
        check_wait_ends(view, gateway, seen.run);
        // Row 18: a gateway that is started again and again has to stay up for a while first.
        const bool creates = std::ranges::any_of(view.plan.steps, [&](const Step& step) {
            return step.placement && step.placement->gateway == gateway.name;
        });
        if (creates && seen.restarts.size() >= 3 && now - seen.incarnation_seen_at < 45s) {
            violated("row 18: engines are created behind gateway " + gateway.name +
                     ", which was just restarted once more");
        }
    }
}

// Row 7: whatever a VPN does, at most one rotation of its engines in reconnect.minInterval.
void Watchdog::check_rotation(const RoundView& view, const GatewayView& gateway, Run& run) {
    const Duration now = world_.clock.elapsed;
    // All engines of a gateway that started again are replaced anyway.
    if (run.incarnation != gateway.incarnation) {
        const bool is_new = run.incarnation.id.empty();
        run = {};
        run.incarnation = gateway.incarnation;
        run.first_seen = is_new ? process_began_ : look_began_;
    }
    // By its present name: it may have been renamed since the look. If it was removed, too, nobody
    // knows what its name was.
    const auto container = world_.docker.find(gateway.incarnation.id);
    if (!container) return;
    const std::string& name = container->name;
    const auto connected = world_.last_connect(name);
    const bool told =
        gateway.vpn_status == VpnStatus::running && !gateway.public_ip.value_or("").empty();
    if (connected != run.connected_at) {
        run.connected_at = connected;
        run.connect_seen_at.reset();
    }
    if (connected && told && !run.connect_seen_at && look_began_ > *connected) {
        run.connect_seen_at = now;
    }
    if (!gateway.reconnected_ago) return;
    // The age was measured at some moment of the look, after it began.
    const Duration earliest = look_began_ - *gateway.reconnected_ago;
    const Duration latest = now - *gateway.reconnected_ago;
    if (run.rotation_sign && earliest < run.rotation_sign->second) {
        run.rotation_sign->first = std::max(run.rotation_sign->first, earliest);
        run.rotation_sign->second = std::min(run.rotation_sign->second, latest);
        return;
    }
    Duration interval = view.pool->reconnect_min_interval;
    for (const auto* spec : world_.recent_specs())
        interval = std::min(interval, spec->reconnect_min_interval);
    if (run.rotation_sign && now - run.rotation_sign->first < interval) {
        violated("row 7: the VPN of gateway " + gateway.name +
                 " is said to have reconnected twice within reconnect.minInterval");
    }
    run.rotation_sign = {earliest, latest};
    // One reconnect is one rotation, whatever of it arrives when. The first look may come between.
    const int connects = world_.connects_since(name, run.first_seen - 2min);
    if (++run.rotations > connects) {
        violated("row 7: engines behind gateway " + gateway.name + " are restarted for " +
                 std::to_string(run.rotations) + " reconnects, and there were " +
                 std::to_string(connects));
    }
}

// Row 26: Gluetun forgets its public IP when its VPN stops. An IP that is forgotten and known again
// is a reconnect, be it the same one: of this moment, or of another sign shortly before. Another IP
// puts that off, as the latest sign counts.
void Watchdog::check_ip_comes_back(const GatewayView& gateway, Run& run) {
    const Duration now = world_.clock.elapsed;
    if (world_.disturbances.contains(Disturbance::ip_flaps)) return;
    if (gateway.public_ip && gateway.public_ip->empty()) {
        if (!run.public_ip.empty() && !run.ip_gone_at) run.ip_gone_at = look_began_;
    } else if (gateway.public_ip) {
        const bool is_other = std::exchange(run.public_ip, *gateway.public_ip) != run.public_ip;
        if (run.reconnect_due && is_other) run.reconnect_due->second = now;
        if (run.ip_gone_at) run.reconnect_due = {*run.ip_gone_at, now};
        run.ip_gone_at.reset();
    }
    if (!run.reconnect_due) return;
    const auto [gone_at, back_at] = *run.reconnect_due;
    const bool told = gateway.next_rotation_in ||
                      (gateway.reconnected_ago && now - *gateway.reconnected_ago >= gone_at - 2min);
    if (told) return run.reconnect_due.reset();
    // It is declared once the gateway is ready and its ports are there, after 30 s at the latest;
    // a look may take a while.
    const Duration waited = std::min(now - back_at, gateway.ready_for);
    if (waited < 45s) return;
    violated("row 26: the VPN of gateway " + gateway.name +
             " had lost its public IP and has it again, and that counts as no reconnect");
}

// Row 26 again: a reconnect that Gluetun's command tells of is seen, however long the check
// interval is: the command ends before the VPN stops, so one look at once is too early. Only in
// worlds where nothing else keeps the controller from asking, or the control server from answering.
void Watchdog::check_announced(const GatewayView& gateway) {
    constexpr Duration long_enough = 3s;
    const bool hindered = std::ranges::any_of(world_.disturbances, [](Disturbance each) {
        return each <= Disturbance::inspect_hangs || each == Disturbance::controller_crashes ||
               each == Disturbance::spec_edited || each == Disturbance::cap_lowered ||
               (each >= Disturbance::gateway_restarted && each <= Disturbance::way_lost &&
                each != Disturbance::vpn_blinks);
    });
    if (hindered) return;
    std::vector<Announced>& announced = world_.control_server(gateway.name).announced;
    for (const auto& reconnect : std::exchange(announced, {})) {
        if (reconnect.ip_back_at >= look_began_) {
            announced.push_back(reconnect);
            continue;
        }
        const bool is_short = reconnect.ip_back_at - reconnect.ip_gone_at < long_enough;
        const bool seen = std::ranges::any_of(world_.told[gateway.name], [&](const Told& each) {
            return each.at >= reconnect.ip_gone_at && each.reading.public_ip == "";
        });
        if (seen || is_short || reconnect.at <= process_began_) continue;
        violated("row 26: the VPN of gateway " + gateway.name +
                 " reconnects, as its command told the controller, and no look saw it");
    }
}

// Row 28: whatever a gateway does, its engines do not wait for a port again and again: for waitFor
// after it is ready, and once more where it is ready anew a minute later, but for the time that
// passes between two looks. A plan goes by what the look found, which may have taken long.
void Watchdog::check_wait_ends(const RoundView& view, const GatewayView& gateway, Run& run) {
    const Duration now = world_.clock.elapsed;
    const bool waits = std::ranges::any_of(view.plan.decisions, [&](const Decision& each) {
        return each.reason == Reason::forwarded_port_awaited && each.wait.fact &&
               each.wait.fact->subject == gateway.name;
    });
    if (gateway.state == GatewayState::ready) {
        const bool anew = gateway.ready_for == Duration{0};
        const bool again = anew && run.may_wait && now - run.may_wait->first >= 60s;
        const bool for_sure = again && look_began_ - run.may_wait->second >= 60s;
        if (again && !for_sure) run.may_wait->second = now;
        if (!run.may_wait || for_sure) run.may_wait = {look_began_, now};
    }
    if (!waits) return;
    Duration longest{0};
    for (const auto* spec : world_.recent_specs())
        longest = std::max(longest, spec->forwarded_port.wait_for);
    if (look_began_ - run.may_wait->second <= longest + view.pool->check_interval) return;
    violated("row 28: an engine of gateway " + gateway.name +
             " waits for a forwarded port for longer than waitFor");
}

// Row 27: no engine is made without the port that its gateway is to forward, and made again for it,
// if the port comes within waitFor: one was to wait. With several gateways it may go behind
// another.
void Watchdog::check_made_once(const RoundView& view, const GatewayView& gateway, Run& run) {
    const ForwardedPortSpec& spec = view.pool->forwarded_port;
    const Duration now = world_.clock.elapsed;
    const ForwardedPortsAnswer& answer = gateway.ports_answer;
    // The one that was to wait may be one that Docker does not remove.
    const bool none_stays = std::ranges::none_of(
        view.seen.engines, [&](const EngineView& each) { return world_.stuck.contains(each.id); });
    const bool expected = none_stays && gateway.state == GatewayState::ready &&
                          gateway.expects_port && spec.assign == PortAssignment::exclusive &&
                          view.pool->gateways.size() == 1 && run.spec_saves == world_.saves();
    if (run.spec_saves != world_.saves()) run.spec_seen_at = look_began_;
    run.spec_saves = world_.saves();
    const auto placeless = std::ranges::count_if(
        view.plan.decisions, [](const Decision& each) { return each.wait.needs_person(); });
    const bool held = std::ranges::any_of(view.seen.engines, [&](const EngineView& engine) {
        return engine.made_with_forwarded_port && engine.incarnation == gateway.incarnation;
    });
    if (!expected) {
        run.port_awaited_since.reset();
        run.late_port.reset();
    } else if (answer.kind == PortsAnswerKind::none) {
        run.late_port.reset();
        const bool in_time = gateway.port_awaited_for < spec.wait_for && !held;
        // What was made for the spec before is made again for another reason, and while the answer
        // was not known, nothing was to wait.
        const Duration since = std::max(look_began_, run.spec_seen_at);
        run.placeless = run.port_awaited_since ? std::min(run.placeless, placeless) : placeless;
        run.port_awaited_since =
            in_time ? std::optional(run.port_awaited_since.value_or(since)) : std::nullopt;
    } else {
        const bool came = run.port_awaited_since && answer.ports.size() == 1;
        if (came) run.late_port = LatePort{answer.ports[0], *run.port_awaited_since, now};
        run.port_awaited_since.reset();
    }
    if (!run.late_port) return;
    // The one that was to wait may have lost its place since; whoever has had it may lose it again.
    if (held || placeless > run.placeless) return run.late_port.reset();
    for (const auto& step : view.plan.steps) {
        const EngineLife* life = step.engine_id.empty() ? nullptr : world_.life(step.engine_id);
        if (life == nullptr || life->gateway_id != gateway.incarnation.id) continue;
        const bool again = step.reason == Reason::forwarded_port_changed &&
                           life->created_at >= run.late_port->awaited_since &&
                           life->created_at <= run.late_port->seen_at;
        if (!again) continue;
        violated("row 27: " + step.engine + " was made while gateway " + gateway.name +
                 " was to forward a port, and is made again for that port");
    }
}

// Whatever control servers are slow to answer: nothing goes by an answer older than two check
// intervals, and while Docker does not know yet whether a gateway is healthy, it is ready only by
// an answer that its VPN runs and has a public IP.
void Watchdog::check_is_told(const RoundView& view) {
    const auto was_told = [&](const std::string& gateway, const auto& what) {
        const Duration oldest = look_began_ - 2 * view.pool->check_interval;
        return std::ranges::any_of(world_.told[gateway], [&](const Told& told) {
            return told.at >= oldest && what(told.reading);
        });
    };
    for (const auto& gateway : view.seen.gateways) {
        const bool ports_told = was_told(gateway.name, [&](const GatewayReading& reading) {
            return reading.forwarded_ports.ports == gateway.ports_answer.ports;
        });
        if (!gateway.ports_answer.ports.empty() && !ports_told) {
            violated("gateway " + gateway.name +
                     " has not reported its ports for two check intervals");
        }
        const auto container = world_.docker.find(gateway.incarnation.id);
        const bool starts = container && container->health == GatewayContainer::Health::starting;
        const auto since = world_.unhealthy_gateways.find(gateway.incarnation.id);
        const bool is_new =
            since == world_.unhealthy_gateways.end() || since->second >= look_began_;
        if (gateway.state != GatewayState::ready || !starts || is_new) continue;
        const bool told = was_told(gateway.name, [](const GatewayReading& reading) {
            return reading.vpn_status == VpnStatus::running &&
                   !reading.public_ip.value_or("").empty();
        });
        if (!told) violated("gateway " + gateway.name + " counts as ready before it is known");
    }
}

}  // namespace roundhouse::test
