#include "core/forwarding.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/backoff.h"

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

// What an answer of the control server comes to, before anybody looks for the engines.
PortUse use_of(PortsAnswerKind kind) {
    switch (kind) {
        case PortsAnswerKind::ports: return PortUse::held;
        case PortsAnswerKind::none: return PortUse::none;
        case PortsAnswerKind::unauthorized: return PortUse::unauthorized;
        case PortsAnswerKind::unsupported: return PortUse::unsupported;
        case PortsAnswerKind::unreachable: return PortUse::unreachable;
        case PortsAnswerKind::malformed: return PortUse::malformed;
    }
    return PortUse::malformed;
}

// The forwarded ports of one gateway, and the engines behind it.
class Follower {
    struct Candidate {
        const EngineView* engine = nullptr;
        Verdict* verdict = nullptr;
    };

  public:
    Follower(const EnginePool& pool, const Observation& seen, const GatewayView& gateway, Time now,
             bool engines_are_missing)
        : pool_(pool),
          seen_(seen),
          gateway_(gateway),
          ports_(gateway.forwarded.ports),
          now_(now),
          engines_are_missing_(engines_are_missing) {}

    void add(const EngineView& engine, Verdict& verdict) {
        if (!engine.slot) return;
        if (engine.incarnation == gateway_.incarnation) engines_.push_back({&engine, &verdict});
    }

    PortOutlook follow() {
        if (gateway_.state != GatewayState::ready) {
            return tell(PortUse::gateway_not_ready, gateway_.detail);
        }
        const PortUse answer = use_of(gateway_.forwarded.kind);
        if (answer != PortUse::held) return {gateway_.name, answer, gateway_.forwarded.detail};
        // The holder of a port that is gone first, else the lowest slot.
        std::ranges::sort(engines_, {}, [](const Candidate& candidate) {
            const EngineView& engine = *candidate.engine;
            return std::make_tuple(!engine.forwarded, *engine.slot, std::string_view(engine.id));
        });
        outlook_ = tell(PortUse::held, "forwards " + list_of(ports_));
        for (const int port : ports_)
            tell_of_clash(port);
        if (pool_.forwarded_port.assign == PortAssignment::shared) {
            share();
        } else {
            part_those_that_share();
            give_out();
        }
        return std::move(outlook_);
    }

  private:
    PortOutlook tell(PortUse use, const std::string& message) const {
        return {gateway_.name, use, "gateway " + gateway_.name + " " + message};
    }

    // The first trouble is what is told.
    void worsen(PortUse use, const std::string& message) {
        if (outlook_.use == PortUse::held) outlook_ = tell(use, message);
    }

    static void replace(const Candidate& candidate, Reason reason, std::string message) {
        candidate.verdict->fate = Fate::outdated;
        candidate.verdict->reason = reason;
        candidate.verdict->message = std::move(message);
    }

    Duration age(const EngineView& engine) const { return age_of(engine, seen_, now_); }

    // How long until an engine that took another one's place for a port may give way itself. Only
    // what is there can be counted, and one that is replaced twice would count once.
    Duration wait_of(const EngineView& engine) const {
        if (!engine.followed) return Duration{0};
        return remaining(pool_.forwarded_port.min_interval, age(engine));
    }

    // Replaces the engine for the port, unless it has to wait: for the port to settle, or for
    // `held`.
    bool follow_or_wait(const Candidate& candidate, int port, Duration held) {
        const Duration settles = remaining(pool_.forwarded_port.stable_for, reported_for(port));
        if (settles > Duration{0} || held > Duration{0}) {
            hold_back(candidate, port, settles, held);
            return false;
        }
        const std::string number = std::to_string(port);
        replace(candidate, Reason::forwarded_port_changed,
                "forwarded port " + number + " takes the place of " +
                    std::to_string(candidate.engine->ports.p2p));
        worsen(PortUse::not_held,
               "forwards port " + number + ", for which engines are to be replaced");
        return true;
    }

    // Not yet: it will be its turn after `settles` and after `held`, whichever is longer.
    void hold_back(const Candidate& candidate, int port, Duration settles, Duration held) {
        const Time turn = now_ + std::max(settles, held);
        auto& due = candidate.verdict->due;
        due = std::min(due.value_or(turn), turn);
        candidate.verdict->message = "is to take forwarded port " + std::to_string(port);
        const std::string what = "forwards port " + std::to_string(port) + ", ";
        const std::string at_most = "engines are replaced at most once in " +
                                    format_duration(pool_.forwarded_port.min_interval) +
                                    " for each forwarded port";
        if (gateway_.port_changes >= many_port_changes) {
            worsen(PortUse::rotating,
                   what + "others " + std::to_string(gateway_.port_changes) +
                       " times in the last ten minutes, and " + at_most +
                       ": where that goes on for hours, let Gluetun use another VPN server");
        } else if (held > Duration{0}) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(std::max(settles, held));
            worsen(PortUse::held_back,
                   what + "and " + at_most + ": next in " + format_duration(left));
        } else {
            worsen(PortUse::settling,
                   what + "and an engine is replaced for it once it was reported for " +
                       format_duration(pool_.forwarded_port.stable_for));
        }
    }

    // --- exclusive: one engine for each port ---------------------------------------------------

    // A spec that said "shared" before may have left such.
    void part_those_that_share() {
        std::unordered_set<int> taken;
        for (const auto& candidate : engines_) {
            const int port = candidate.engine->ports.p2p;
            if (taken.insert(port).second || candidate.verdict->fate != Fate::keep) continue;
            replace(candidate, Reason::template_changed,
                    "another engine listens on P2P port " + std::to_string(port) + ", too");
        }
    }

    // Those that nobody listens on, longest reported first.
    std::vector<int> free_ports() const {
        std::vector<int> free;
        for (const int port : ports_) {
            const auto listens = [&](const Candidate& candidate) {
                return candidate.engine->ports.contain(port);
            };
            const auto will_listen = [&](const auto& entry) {
                const StepInFlight& step = entry.second;
                return step.gateway == gateway_.name && step.ports.contain(port);
            };
            if (std::ranges::any_of(engines_, listens)) continue;
            if (std::ranges::any_of(seen_.steps_in_flight, will_listen)) continue;
            free.push_back(port);
        }
        std::ranges::stable_sort(free, std::greater{},
                                 [&](int port) { return reported_for(port); });
        return free;
    }

    Duration reported_for(int port) const {
        const auto found = gateway_.forwarded_for.find(port);
        return found == gateway_.forwarded_for.end() ? Duration{0} : found->second;
    }

    // How long until one more engine may be replaced for a port.
    Duration wait_for_turn(std::size_t replaced_now) const {
        std::vector<Duration> ages(replaced_now, Duration{0});
        for (const auto& candidate : engines_) {
            const EngineView& engine = *candidate.engine;
            if (wait_of(engine) > Duration{0}) ages.push_back(age(engine));
        }
        if (ages.size() < ports_.size()) return Duration{0};
        std::ranges::sort(ages);
        return pool_.forwarded_port.min_interval - ages[ports_.size() - 1];
    }

    void give_out() {
        std::vector<Candidate> takers;
        bool others = engines_are_missing_;  // that will take one when they are made
        for (const auto& candidate : engines_) {
            if (is_among(ports_, candidate.engine->ports.p2p)) continue;
            const bool kept =
                candidate.verdict->fate == Fate::keep && may_come_back(*candidate.engine);
            if (kept) takers.push_back(candidate);
            others = others || !kept;
        }
        std::size_t replaced = 0;
        for (const int port : free_ports()) {
            const auto taker = std::ranges::find_if(takers, [&](const Candidate& candidate) {
                return may_hold(pool_, port, *candidate.engine->slot);
            });
            if (taker == takers.end()) {
                tell_of_no_taker(port, others);
                continue;
            }
            const Duration held = std::max(wait_of(*taker->engine), wait_for_turn(replaced));
            if (follow_or_wait(*taker, port, held)) ++replaced;
            takers.erase(taker);
        }
    }

    // Where the gateway does not publish its port, its successor would go elsewhere.
    bool may_come_back(const EngineView& engine) const {
        return !publishes_some(pool_, gateway_) ||
               gateway_.published_tcp_ports.contains(pool_.ports.http + *engine.slot);
    }

    void tell_of_no_taker(int port, bool others) {
        if (!others) return;
        worsen(PortUse::not_held,
               "forwards port " + std::to_string(port) + ": the next engine that is made takes it");
    }

    // Of no use to anybody: one of the pool's own HTTP, HTTPS or API ports.
    void tell_of_clash(int port) {
        const int slot = port - pool_.ports.p2p;
        if (may_hold(pool_, port, slot)) return;
        worsen(PortUse::in_pool_range,
               "forwards port " + std::to_string(port) +
                   ", which is one of the pool's own: choose other `ports`");
    }

    // --- shared: the first port for all --------------------------------------------------------

    void share() {
        const auto shared = shared_port(pool_, gateway_, [&](int port) {
            return std::ranges::count(engines_, port, [](const Candidate& candidate) {
                return candidate.engine->ports.p2p;
            });
        });
        if (!shared) return;
        const int port = *shared;
        for (const auto& candidate : engines_) {
            const EngineView& engine = *candidate.engine;
            if (engine.ports.p2p == port || candidate.verdict->fate != Fate::keep) continue;
            follow_or_wait(candidate, port, wait_of(engine));
        }
    }

    const EnginePool& pool_;
    const Observation& seen_;
    const GatewayView& gateway_;
    const std::vector<int>& ports_;
    Time now_;
    std::vector<Candidate> engines_;
    bool engines_are_missing_;
    PortOutlook outlook_;
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
        case PortUse::unsupported: return "NotSupported";
        case PortUse::unreachable: return "ControlServerUnreachable";
        case PortUse::malformed: return "MalformedReply";
        case PortUse::gateway_not_ready: return "GatewayNotReady";
        case PortUse::in_pool_range: return "InPoolRange";
    }
    return "Unknown";
}

bool ports_known(const GatewayView& gateway) {
    return gateway.forwarded.kind == PortsAnswerKind::ports ||
           gateway.forwarded.kind == PortsAnswerKind::none;
}

bool may_hold(const EnginePool& pool, int port, int slot) {
    const PortBases& bases = pool.ports;
    for (const int base : {bases.http, bases.https, bases.api, bases.p2p}) {
        const bool inside = port >= base && port < base + pool.max_active_replicas;
        if (inside) return base == bases.p2p && slot >= 0 && port == base + slot;
    }
    return true;
}

bool publishes_some(const EnginePool& pool, const GatewayView& gateway) {
    const std::set<int>& published = gateway.published_tcp_ports;
    const auto first = published.lower_bound(pool.ports.http);
    return first != published.end() && *first < pool.ports.http + pool.max_active_replicas;
}

std::optional<int> shared_port(const EnginePool& pool, const GatewayView& gateway,
                               const std::function<std::ptrdiff_t(int)>& listeners) {
    constexpr int no_slot = -1;
    std::optional<int> best;
    std::ptrdiff_t most = -1;
    for (const int port : gateway.forwarded.ports) {
        const std::ptrdiff_t here = listeners(port);
        if (here <= most || !may_hold(pool, port, no_slot)) continue;
        best = port;
        most = here;
    }
    return best;
}

bool holds_forwarded_port(const EngineView& engine, const GatewayView* gateway) {
    if (gateway == nullptr) return false;
    const ForwardedPortsAnswer& answer = gateway->forwarded;
    if (answer.kind != PortsAnswerKind::ports) return engine.forwarded;
    return is_among(answer.ports, engine.ports.p2p);
}

std::vector<PortOutlook> follow_forwarded_ports(const EnginePool& pool, const Observation& seen,
                                                Time now, std::vector<Verdict>& verdicts) {
    std::vector<PortOutlook> outlooks;
    if (pool.forwarded_port.assign == PortAssignment::none) return outlooks;
    const int wanted = std::min(pool.replicas, pool.max_active_replicas);
    const bool missing = static_cast<int>(seen.engines.size()) < wanted;
    std::vector<Follower> followers;
    std::unordered_map<std::string_view, std::size_t> by_gateway;
    followers.reserve(seen.gateways.size());
    for (const auto& gateway : seen.gateways) {
        if (!gateway.declared) continue;
        by_gateway.emplace(gateway.name, followers.size());
        followers.emplace_back(pool, seen, gateway, now, missing);
    }
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const auto found = by_gateway.find(seen.engines[i].gateway);
        if (found != by_gateway.end()) followers[found->second].add(seen.engines[i], verdicts[i]);
    }
    for (auto& follower : followers)
        outlooks.push_back(follower.follow());
    return outlooks;
}

}  // namespace roundhouse
