#include "core/forwarding.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/classify.h"
#include "core/drain.h"
#include "core/plan.h"

namespace roundhouse {

namespace {

bool is_among(const std::vector<int>& ports, int port) {
    return std::ranges::binary_search(ports, port);
}

std::string list_of(const std::vector<int>& ports) {
    std::string text = ports.size() == 1 ? "port " : "ports ";
    for (const int port : ports)
        text += (port == ports.front() ? "" : ", ") + std::to_string(port);
    return text;
}

// What an answer of the control server means, whatever engines there are.
PortUse use_of(PortsAnswerKind kind) {
    switch (kind) {
        case PortsAnswerKind::ports: return PortUse::held;
        case PortsAnswerKind::none: return PortUse::none;
        case PortsAnswerKind::unauthorized: return PortUse::unauthorized;
        case PortsAnswerKind::lacks_route: return PortUse::lacks_route;
        case PortsAnswerKind::unsupported: return PortUse::unsupported;
        case PortsAnswerKind::unreachable: return PortUse::unreachable;
        case PortsAnswerKind::malformed: return PortUse::malformed;
    }
    return PortUse::malformed;
}

// Decides who follows a forwarded port of one gateway.
class Follower {
  public:
    Follower(const EnginePool& pool, const Observation& seen, const GatewayView& gateway,
             const PortLedger& ports, const std::vector<const EngineView*>& kept,
             const std::vector<Step>& steps, bool others_come, Time now)
        : pool_(pool),
          seen_(seen),
          gateway_(gateway),
          ledger_(ports),
          kept_(kept),
          steps_(steps),
          others_come_(others_come),
          now_(now) {
        // The idle first, then the holder of a port that is gone, else the lowest slot.
        std::ranges::sort(kept_, {}, [&](const EngineView* engine) {
            return std::make_tuple(in_use(*engine, pool_.drain), !engine->made_with_forwarded_port,
                                   *engine->slot, std::string_view(engine->id));
        });
    }

    PortWishes follow() {
        const PortUse answer = use_of(gateway_.ports_answer.kind);
        if (gateway_.state != GatewayState::ready) {
            say(PortUse::gateway_not_ready, gateway_.detail);
        } else if (answer != PortUse::held) {
            found_.outlook = {gateway_.name, answer,
                              meanwhile(answer) + gateway_.ports_answer.detail};
        } else {
            say(PortUse::held, "forwards " + list_of(gateway_.ports_answer.ports));
            for (const int port : gateway_.ports_answer.ports)
                note_use(port);
            if (pool_.forwarded_port.assign == PortAssignment::shared) {
                share();
            } else {
                separate_those_that_share();
                give_out();
            }
        }
        return std::move(found_);
    }

  private:
    void say(PortUse use, const std::string& message) {
        found_.outlook = {gateway_.name, use, "gateway " + gateway_.name + " " + message};
    }

    // What goes on by itself while no port is known. What a person can do comes after it.
    std::string meanwhile(PortUse answer) const {
        if (answer == PortUse::none)
            return "engines serve, and one takes a port once there is one: ";
        return "engines serve with the ports that they have, and Gluetun is asked again every " +
               format_duration(pool_.check_interval) + ": ";
    }

    // The first trouble is reported.
    void worsen(PortUse use, const std::string& message) {
        if (found_.outlook.use == PortUse::held) say(use, message);
    }

    // Whether a port is of no use to anybody, still on its way to an engine, or closed.
    void note_use(int port) {
        const std::string forwards = "forwards port " + std::to_string(port);
        const int slot_of_port = port - bases_behind(pool_, gateway_.name).p2p;
        if (!may_hold(pool_, gateway_.name, port, slot_of_port)) {
            return worsen(PortUse::in_pool_range,
                          forwards + ", which is one of the pool's own: choose other `ports`");
        }
        for (const auto& engine : seen_.engines) {
            const bool closed = engine.made_with_forwarded_port && engine.ports.p2p == port &&
                                engine.incarnation == gateway_.incarnation &&
                                p2p_refused(pool_, engine);
            if (!closed) continue;
            worsen(PortUse::closed, forwards + ", and " + engine.name + ", which is to have it, " +
                                        describe_refusal(pool_, engine));
        }
        const bool on_its_way = std::ranges::any_of(steps_, [&](const Step& step) {
            return step.placement && step.placement->gateway == gateway_.name &&
                   step.placement->ports.p2p == port;
        });
        if (on_its_way) worsen(PortUse::not_held, forwards + next_takes_it);
    }

    Duration age(const EngineView& engine) const { return age_of(engine, seen_, now_); }

    // The first since the gateway started, or its VPN reconnected, has not moved.
    bool is_first(int port) const { return gateway_.first_ports.contains(port); }

    // How long until an engine that took another one's place for a port may give way itself. Only
    // what is there can be counted, and one that is replaced twice would count once.
    Duration wait_of(const EngineView& engine) const {
        if (!engine.followed) return Duration{0};
        return remaining(pool_.forwarded_port.min_interval, age(engine));
    }

    // The engine should follow the port: now, or when it has settled and `held` is over. Returns
    // whether that is now.
    bool wish(const EngineView& engine, int port, Duration held) {
        const std::string number = std::to_string(port);
        const Duration settles =
            remaining(pool_.forwarded_port.stable_for, ledger_.reported_for(port));
        if (settles > Duration{0} || held > Duration{0}) {
            found_.wishes[&engine] = {Reason::forwarded_port_changed,
                                      "is to take forwarded port " + number,
                                      now_ + std::max(settles, held), port};
            note_delay(number, settles, held);
            return false;
        }
        found_.wishes[&engine] = {
            Reason::forwarded_port_changed,
            "forwarded port " + number + " takes the place of " + std::to_string(engine.ports.p2p),
            std::nullopt, port};
        worsen(PortUse::not_held,
               "forwards port " + number + ", for which engines are to be replaced");
        return true;
    }

    void note_delay(const std::string& port, Duration settles, Duration held) {
        const std::string what = "forwards port " + port + ", ";
        const std::string at_most = "engines are replaced at most once in " +
                                    format_duration(pool_.forwarded_port.min_interval) +
                                    " for each forwarded port";
        if (gateway_.port_changes >= many_port_changes) {
            worsen(PortUse::rotating,
                   what + "others " + std::to_string(gateway_.port_changes) +
                       " times in the last ten minutes, and " + at_most +
                       "; where that lasts for hours, let Gluetun use another VPN server");
        } else if (held > Duration{0}) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(std::max(settles, held));
            worsen(PortUse::held_back,
                   what + "and an engine follows it in " + format_duration(left) + ": " + at_most);
        } else {
            worsen(PortUse::settling,
                   what + "and an engine is replaced for it once it was reported for " +
                       format_duration(pool_.forwarded_port.stable_for));
        }
    }

    // --- exclusive: one engine for each port ---------------------------------------------------

    // A spec that said "shared" before may have left such.
    void separate_those_that_share() {
        std::set<int> taken;
        for (const EngineView* engine : kept_) {
            const int port = engine->ports.p2p;
            if (taken.insert(port).second) continue;
            found_.wishes[engine] = {
                Reason::template_changed,
                "another engine listens on P2P port " + std::to_string(port) + ", too",
                std::nullopt};
        }
    }

    // How long until one more engine may be replaced for a port.
    Duration wait_for_turn(std::size_t replaced_now) const {
        std::vector<Duration> ages(replaced_now, Duration{0});
        for (const auto& engine : seen_.engines) {
            const bool here = engine.slot && engine.incarnation == gateway_.incarnation;
            if (here && wait_of(engine) > Duration{0}) ages.push_back(age(engine));
        }
        const std::size_t turns = gateway_.ports_answer.ports.size();
        if (ages.size() < turns) return Duration{0};
        std::ranges::sort(ages);
        return pool_.forwarded_port.min_interval - ages[turns - 1];
    }

    void give_out() {
        std::vector<const EngineView*> takers;
        bool others = others_come_;
        for (const EngineView* engine : kept_) {
            if (is_among(gateway_.ports_answer.ports, engine->ports.p2p)) continue;
            const bool may = may_come_back(*engine) && !found_.wishes.contains(engine);
            if (may) takers.push_back(engine);
            others = others || !may;
        }
        std::size_t replaced = 0;
        for (const int port : ledger_.free_forwarded_ports()) {
            const auto taker = taker_of(port, takers);
            if (taker == takers.end()) {
                if (others)
                    worsen(PortUse::not_held,
                           "forwards port " + std::to_string(port) + next_takes_it);
                continue;
            }
            const bool first = is_first(port);
            const Duration held = std::max(wait_of(**taker), wait_for_turn(replaced));
            const bool due = wish(**taker, port, first ? Duration{0} : held);
            if (due && !first) ++replaced;
            takers.erase(taker);
        }
    }

    // Of those that may hold the port, the first whose own turn has come; else the first.
    std::vector<const EngineView*>::iterator taker_of(
        int port, std::vector<const EngineView*>& takers) const {
        const auto able = [&](const EngineView* engine) {
            return may_hold(pool_, gateway_.name, port, *engine->slot);
        };
        const auto now = std::ranges::find_if(takers, [&](const EngineView* engine) {
            return able(engine) && (is_first(port) || wait_of(*engine) == Duration{0});
        });
        return now != takers.end() ? now : std::ranges::find_if(takers, able);
    }

    // Where the gateway does not publish its port, its successor would go elsewhere.
    bool may_come_back(const EngineView& engine) const {
        const int http = bases_behind(pool_, gateway_.name).http + *engine.slot;
        return !publishes_some(pool_, gateway_) || gateway_.published_tcp_ports.contains(http);
    }

    // --- shared: the first port for all --------------------------------------------------------

    void share() {
        const auto port = ledger_.shared_port();
        if (!port) return;
        for (const EngineView* engine : kept_) {
            const Duration held = is_first(*port) ? Duration{0} : wait_of(*engine);
            if (engine->ports.p2p != *port) wish(*engine, *port, held);
        }
    }

    static constexpr const char* next_takes_it = ": the next engine that is created takes it";

    const EnginePool& pool_;
    const Observation& seen_;
    const GatewayView& gateway_;
    const PortLedger& ledger_;
    std::vector<const EngineView*> kept_;
    const std::vector<Step>& steps_;
    bool others_come_;
    Time now_;
    PortWishes found_;
};

}  // namespace

std::string_view to_string(PortUse use) {
    switch (use) {
        case PortUse::held: return "Held";
        case PortUse::not_held: return "NotHeld";
        case PortUse::settling: return "Settling";
        case PortUse::held_back: return "HeldBack";
        case PortUse::rotating: return "Rotating";
        case PortUse::none: return "NoForwardedPort";
        case PortUse::unauthorized: return "Unauthorized";
        case PortUse::lacks_route: return "RoleLacksRoute";
        case PortUse::unsupported: return "NotSupported";
        case PortUse::unreachable: return "ControlServerUnreachable";
        case PortUse::malformed: return "MalformedReply";
        case PortUse::gateway_not_ready: return "GatewayNotReady";
        case PortUse::in_pool_range: return "InPoolRange";
        case PortUse::closed: return "PortClosed";
    }
    return "Unknown";
}

bool ports_known(const GatewayView& gateway) {
    return gateway.ports_answer.kind == PortsAnswerKind::ports ||
           gateway.ports_answer.kind == PortsAnswerKind::none;
}

bool may_hold(const EnginePool& pool, const std::string& gateway, int port, int slot) {
    const PortBases bases = bases_behind(pool, gateway);
    for (const int base : {bases.http, bases.https, bases.api, bases.p2p}) {
        const bool inside = port >= base && port < base + pool.max_active_replicas;
        if (inside) return base == bases.p2p && slot >= 0 && port == base + slot;
    }
    return true;
}

bool publishes_some(const EnginePool& pool, const GatewayView& gateway) {
    const std::set<int>& published = gateway.published_tcp_ports;
    const int base = bases_behind(pool, gateway.name).http;
    const auto first = published.lower_bound(base);
    return first != published.end() && *first < base + pool.max_active_replicas;
}

bool holds_forwarded_port(const EngineView& engine, const GatewayView* gateway) {
    if (gateway == nullptr) return false;
    const ForwardedPortsAnswer& answer = gateway->ports_answer;
    if (answer.kind != PortsAnswerKind::ports) return engine.made_with_forwarded_port;
    return is_among(answer.ports, engine.ports.p2p);
}

PortWishes wishes_for_ports(const EnginePool& pool, const Observation& seen,
                            const GatewayView& gateway, const PortLedger& ports,
                            const std::vector<const EngineView*>& kept,
                            const std::vector<Step>& steps, bool others_come, Time now) {
    return Follower(pool, seen, gateway, ports, kept, steps, others_come, now).follow();
}

}  // namespace roundhouse
