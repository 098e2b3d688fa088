#include "core/classify.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/backoff.h"
#include "core/fingerprint.h"
#include "core/forwarding.h"
#include "core/last_lines.h"
#include "core/launch.h"
#include "core/names.h"

namespace roundhouse {

namespace {

// Of several containers for one slot the best keeps it: one that answers, then a running one, then
// a paused one, which may serve again at any moment, then the one of the right name, then the
// oldest.
auto claim(const EnginePool& pool, const EngineView& engine) {
    const bool runs = engine.state == EngineState::running;
    const bool paused = engine.state == EngineState::paused;
    return std::make_tuple(!(runs && engine.probe.answered_last), !runs, !paused,
                           engine.name != engine_name(pool.name, *engine.slot), engine.created_at,
                           engine.id);
}

class Classifier {
    using Match = std::optional<Verdict>;

  public:
    Classifier(const EnginePool& pool, const Observation& seen, const GatewayIndex& gateways,
               Time now)
        : pool_(pool), seen_(seen), now_(now), hash_(template_hash(pool)), gateways_(gateways) {
        std::map<int, const EngineView*> holders;
        for (const auto& engine : seen.engines) {
            if (engine.probe.answered_ever) reached_.insert(gateways_.of(engine));
            // Nobody gives way to what is not known.
            if (!engine.slot || !engine.unknown.empty()) continue;
            const auto [held, first] = holders.try_emplace(*engine.slot, &engine);
            if (first) continue;
            const EngineView* loser = &engine;
            if (claim(pool, engine) < claim(pool, *held->second)) {
                std::swap(loser, held->second);
            }
            duplicates_.insert(loser);
        }
    }

    Verdict verdict(const EngineView& engine) const {
        // The table. Its order is the rule: what says more about an engine's place stands first.
        static constexpr std::array rules = {
            &Classifier::not_understood, &Classifier::unreadable, &Classifier::busy,
            &Classifier::stuck,          &Classifier::outside,    &Classifier::duplicate,
            &Classifier::pinning,        &Classifier::cut_off,    &Classifier::displaced,
            &Classifier::out_of_sight,   &Classifier::portless,   &Classifier::contested,
            &Classifier::out_of_range,   &Classifier::undeclared, &Classifier::outdated,
            &Classifier::ended,          &Classifier::silent,     &Classifier::p2p_closed,
            &Classifier::reconnected,
        };
        Match match;
        for (const auto rule : rules) {
            match = (this->*rule)(engine);
            if (match) break;
        }
        Verdict verdict = match ? std::move(*match) : kept(engine);
        verdict.ready = ready(engine, verdict.fate);
        const bool stays = verdict.fate == Fate::keep || verdict.fate == Fate::outdated;
        verdict.available = verdict.ready || (stays && out_of_reach(engine));
        return verdict;
    }

  private:
    static Verdict say(Fate fate, Reason reason, std::string message = {}) {
        Verdict verdict;
        verdict.fate = fate;
        verdict.reason = reason;
        verdict.message = std::move(message);
        return verdict;
    }

    const GatewayView* gateway_of(const EngineView& engine) const { return gateways_.of(engine); }

    bool has_way_out(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        return gateway == nullptr ? pool_.gateways.empty() : gateway->state == GatewayState::ready;
    }

    bool ready(const EngineView& engine, Fate fate) const {
        if (fate != Fate::keep && fate != Fate::outdated) return false;
        return has_way_out(engine) && serving(engine, pool_.engine_template.probe) == Serving::yes;
    }

    bool out_of_reach(const EngineView& engine) const {
        if (engine.ports.http == 0) return engine.state == EngineState::running;
        return engine.probe.unreachable && engine.state == EngineState::running &&
               has_way_out(engine) && !reached_.contains(gateway_of(engine)) &&
               age_of(engine, seen_, now_) >= pool_.engine_template.probe.startup_timeout;
    }

    static Wait awaiting(Fact fact, const std::string& subject) {
        return {std::nullopt, Awaited{fact, subject}, ""};
    }

    Match not_understood(const EngineView& engine) const {
        if (engine.unknown.empty()) return {};
        if (engine.slot && seen_.steps_in_flight.contains(*engine.slot)) return {};
        Verdict verdict = say(Fate::unknown, Reason::not_understood, engine.unknown);
        verdict.wait = awaiting(Fact::engine_known, engine.name);
        return verdict;
    }

    Match unreadable(const EngineView& engine) const {
        if (engine.slot) return {};
        return say(Fate::foreign, Reason::unreadable_labels,
                   "carries this pool's label, but its other labels cannot be read: left alone");
    }

    Match busy(const EngineView& engine) const {
        if (seen_.steps_in_flight.contains(*engine.slot)) {
            Verdict verdict = say(Fate::busy, Reason::in_flight, "a step is under way");
            verdict.wait = awaiting(Fact::step_ended, engine.name);
            return verdict;
        }
        if (engine.state == EngineState::removing) {
            Verdict verdict = say(Fate::busy, Reason::being_removed, "is being removed");
            verdict.wait = awaiting(Fact::engine_gone, engine.name);
            return verdict;
        }
        return {};
    }

    // A leftover uses no place among the engines. What still runs does: the cap counts it.
    Match stuck(const EngineView& engine) const {
        if (!is_leftover(engine, seen_)) return {};
        return say(Fate::stuck, Reason::cannot_be_removed,
                   seen_.failed_removals.at(engine.id).detail);
    }

    Match outside(const EngineView& engine) const {
        if (pool_.gateways.empty()) return {};
        const std::string& joined = engine.network.joins;
        if (!joined.empty() && joined == engine.incarnation.id) return {};
        return say(Fate::outside, Reason::outside_gateway,
                   "runs in " + describe(engine.network) + ", outside every declared gateway");
    }

    Match duplicate(const EngineView& engine) const {
        if (!duplicates_.contains(&engine)) return {};
        return say(Fate::duplicate, Reason::duplicate_slot,
                   "another container holds slot " + std::to_string(*engine.slot));
    }

    // It has no network, and its gateway cannot be made again while it is there.
    Match pinning(const EngineView& engine) const {
        Match match = seen_.runtime.pins_gateways ? cut_off(engine) : Match();
        if (!match || has_way_out(engine)) return {};
        const bool runs = match->reason == Reason::gateway_restarted &&
                          gateway_of(engine)->state != GatewayState::stopped;
        if (runs) return {};
        match->fate = Fate::pinning;
        match->message += "; " + seen_.runtime.name + " keeps that gateway while engines joined it";
        return match;
    }

    Match cut_off(const EngineView& engine) const {
        if (pool_.gateways.empty()) return {};
        const GatewayView* gateway = gateway_of(engine);
        if (gateway != nullptr && gateway->state == GatewayState::unknown) return {};
        const auto stranded = [&](Reason reason, const std::string& what) {
            return say(Fate::stranded, reason, "gateway " + engine.gateway + " " + what);
        };
        if (gateway == nullptr || gateway->state == GatewayState::missing) {
            return stranded(Reason::gateway_gone, "is gone");
        }
        if (gateway->incarnation.id != engine.incarnation.id) {
            return stranded(Reason::gateway_recreated, "was made again: the engine is cut off");
        }
        if (gateway->incarnation.started_at != engine.incarnation.started_at) {
            return stranded(Reason::gateway_restarted, "was restarted: the engine is cut off");
        }
        if (gateway->state == GatewayState::stopped) {
            return stranded(Reason::gateway_not_ready, gateway->detail);
        }
        return {};
    }

    Match displaced(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway == nullptr || gateway->state == GatewayState::ready || !gateway->declared) {
            return {};
        }
        if (gateway->state == GatewayState::unknown) return {};
        if (gateway->not_ready_for < pool_.failover_after) return {};
        return say(Fate::displaced, Reason::gateway_not_ready,
                   "gateway " + gateway->name + " " + gateway->detail + " for more than " +
                       format_duration(pool_.failover_after));
    }

    // It may serve: nothing is done about it by choice. One that has ended is replaced elsewhere.
    Match out_of_sight(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway == nullptr || gateway->state != GatewayState::unknown) return {};
        const bool up = engine.state == EngineState::running || engine.state == EngineState::paused;
        return up ? Match(kept(engine)) : Match();
    }

    // Such an engine cannot be probed. It may serve all the same.
    Match portless(const EngineView& engine) const {
        if (engine.ports.http != 0) return {};
        return say(Fate::outdated, Reason::unreadable_labels,
                   "its label " + std::string(label::http_port) + " cannot be read");
    }

    // Of two engines in one namespace that were made with the same port the older has it, and one
    // that runs before one that does not. Whatever answers there answers for that one.
    Match contested(const EngineView& engine) const {
        const bool runs = engine.state == EngineState::running;
        const auto age = [](const auto& each) { return std::tie(each.created_at, each.id); };
        for (const auto& other : seen_.neighbours) {
            const bool has_it = !runs || age(other) < age(engine);
            if (!has_it || other.gateway_id != engine.incarnation.id) continue;
            const EnginePorts& ports = engine.ports;
            for (const int port : {ports.http, ports.https, ports.api}) {
                if (other.ports.contain(port)) {
                    return conflict(engine, port,
                                    "container " + other.name + " of pool " + other.pool);
                }
            }
        }
        const GatewayView* gateway = gateway_of(engine);
        const bool stranger =
            !runs && gateway != nullptr && gateway->strangers_ports.contains(engine.ports.http);
        if (stranger) return conflict(engine, engine.ports.http, describe_stranger(*gateway));
        return {};
    }

    Verdict conflict(const EngineView& engine, int port, const std::string& other) const {
        Verdict verdict = say(Fate::failed, Reason::port_conflict,
                              "port " + std::to_string(port) + " belongs to " + other);
        verdict.failed_for = age_of(engine, seen_, now_);
        return verdict;
    }

    Match out_of_range(const EngineView& engine) const {
        if (*engine.slot < pool_.max_active_replicas) return {};
        return say(Fate::outdated, Reason::slot_out_of_range,
                   "slots end at " + std::to_string(pool_.max_active_replicas - 1));
    }

    Match undeclared(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway == nullptr || gateway->declared) return {};
        return say(Fate::outdated, Reason::gateway_undeclared,
                   "the spec does not name gateway " + gateway->name);
    }

    // Stands before the failures: a changed template is a fresh start, without backoff.
    Match outdated(const EngineView& engine) const {
        EnginePorts ports = ports_of_slot(bases_behind(pool_, engine.gateway), *engine.slot);
        const int p2p = engine.ports.p2p;
        const bool holds_forwarded =
            engine.made_with_forwarded_port && may_hold(pool_, engine.gateway, p2p, *engine.slot);
        if (holds_forwarded) ports.p2p = p2p;
        if (engine.template_hash != hash_ || engine.ports != ports) {
            return say(Fate::outdated, Reason::template_changed,
                       "was made from an earlier template");
        }
        if (engine.made_with_forwarded_port &&
            pool_.forwarded_port.assign == PortAssignment::none) {
            return say(Fate::outdated, Reason::template_changed,
                       "listens on a forwarded port, which forwardedPort.assign does not allow");
        }
        return {};
    }

    Match ended(const EngineView& engine) const {
        // Only somebody else's restart policy makes Docker restart an engine; it counts as ended.
        const bool over = engine.state == EngineState::exited ||
                          engine.state == EngineState::dead ||
                          engine.state == EngineState::restarting;
        if (!over && engine.state != EngineState::created) return {};
        const EngineEnd end = engine.end.value_or(EngineEnd{});
        if (!over && end.start_error.empty() && end.exit_code == 0) {
            return say(Fate::unstarted, Reason::not_started);
        }
        Verdict verdict =
            say(Fate::failed, Reason::exited,
                end.out_of_memory ? "was killed: out of memory"
                                  : "exited with code " + std::to_string(end.exit_code));
        if (!end.start_error.empty()) {
            verdict.reason = Reason::start_failed;
            verdict.message = "could not be started: " + end.start_error;
        }
        verdict.message += ": see " + log_command(pool_, engine.name, *engine.slot) +
                           describe_words(pool_, seen_, engine);
        // It cannot have failed before it was created.
        verdict.failed_for =
            std::min(elapsed_since(end.finished_at.value_or(engine.created_at), now_),
                     age_of(engine, seen_, now_));
        return verdict;
    }

    // Of an engine that has not answered yet. It may have been created long before it was started,
    // so it also has to have been asked in vain for that long.
    Duration startup_left(const EngineView& engine) const {
        return remaining(pool_.engine_template.probe.startup_timeout,
                         std::min(age_of(engine, seen_, now_), engine.probe.failing_for));
    }

    Match silent(const EngineView& engine) const {
        const ProbeSpec& probe = pool_.engine_template.probe;
        const ProbeView& seen = engine.probe;
        if (seen.failures < probe.failure_threshold || seen.answered_last || seen.unreachable) {
            return {};
        }
        // Silence of a gateway that is not ready is the gateway's, not the engine's.
        const GatewayView* gateway = gateway_of(engine);
        if (gateway != nullptr && gateway->state != GatewayState::ready) return {};
        if (!seen.answered_ever && startup_left(engine) > Duration{0}) return {};
        Verdict verdict =
            seen.answered_ever
                ? say(Fate::failed, Reason::probe_failed,
                      std::to_string(seen.failures) + " probes in a row failed: " + seen.detail)
                : say(Fate::failed, Reason::startup_timed_out,
                      "did not answer within " + format_duration(probe.startup_timeout) + ": " +
                          seen.detail);
        verdict.message += describe_words(pool_, seen_, engine);
        verdict.failed_for = seen.failing_for;
        return verdict;
    }

    // A healthy HTTP API does not prove that P2P got its port, so the port is looked at, too.
    // Silence does not count, and only an engine that has a forwarded port to itself does: the
    // others serve as well as they can behind a VPN.
    Match p2p_closed(const EngineView& engine) const {
        if (!engine.made_with_forwarded_port || !p2p_refused(pool_, engine)) return {};
        if (engine.failures >= many_closed_ports) return {};
        const Duration startup = pool_.engine_template.probe.startup_timeout;
        if (age_of(engine, seen_, now_) < startup) return {};
        Verdict verdict =
            say(Fate::failed, Reason::p2p_port_closed, describe_refusal(pool_, engine));
        verdict.failed_for = p2p_refused_for(engine);
        return verdict;
    }

    Match reconnected(const EngineView& engine) const {
        if (!pool_.restart_engines_on_reconnect) return {};
        const GatewayView* gateway = gateway_of(engine);
        if (gateway == nullptr || !gateway->reconnected_ago) return {};
        if (gateway->state != GatewayState::ready) return {};
        // What this controller did not create was there before all that it saw.
        const auto made_here = seen_.created_ago.find(*engine.slot);
        const bool older =
            made_here == seen_.created_ago.end() || made_here->second > *gateway->reconnected_ago;
        if (!older) return {};
        return say(Fate::outdated, Reason::gateway_reconnected,
                   "the VPN of gateway " + gateway->name + " reconnected");
    }

    Verdict kept(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway != nullptr && gateway->state != GatewayState::ready) {
            Verdict verdict = say(Fate::keep, Reason::gateway_not_ready,
                                  "gateway " + gateway->name + " " + gateway->detail);
            verdict.wait = awaiting(Fact::gateway_ready, gateway->name);
            if (gateway->state == GatewayState::unknown) return verdict;
            const bool may_move = pool_.gateways.size() > 1;
            verdict.wait.then = may_move ? AfterWait::moved_unless_ready : AfterWait::used_again;
            if (may_move) {
                verdict.wait.until = now_ + remaining(pool_.failover_after, gateway->not_ready_for);
            } else {
                verdict.message += "; there is no other gateway to move to";
            }
            return verdict;
        }
        if (ready(engine, Fate::keep)) return kept_ready(engine, gateway);
        Verdict verdict = kept_unready(engine);
        if (!verdict.wait.ends()) verdict.wait = awaiting(Fact::probe_ended, engine.name);
        return verdict;
    }

    Verdict kept_ready(const EngineView& engine, const GatewayView* gateway) const {
        if (!engine.probe.answered_last) {
            return say(Fate::keep, Reason::probe_failing, engine.probe.detail);
        }
        if (p2p_refused(pool_, engine)) {
            return say(Fate::keep, Reason::p2p_port_closed, describe_refusal(pool_, engine));
        }
        if (gateway != nullptr && gateway->next_rotation_in) {
            Verdict verdict =
                say(Fate::keep, Reason::rotating,
                    "the VPN of gateway " + gateway->name +
                        " reconnected again, and engines are restarted for that at most once in " +
                        format_duration(pool_.reconnect_min_interval));
            verdict.wait = {now_ + *gateway->next_rotation_in, {}, "", AfterWait::replaced};
            return verdict;
        }
        return say(Fate::keep, Reason::up_to_date);
    }

    Verdict kept_unready(const EngineView& engine) const {
        if (engine.state == EngineState::paused) {
            return say(Fate::keep, Reason::paused,
                       "is paused: it is replaced once its probe has failed " +
                           std::to_string(pool_.engine_template.probe.failure_threshold) +
                           " times in a row");
        }
        if (engine.probe.unreachable) {
            return say(Fate::keep, Reason::probe_unreachable,
                       "is left alone, as nothing shows whether it serves: " + engine.probe.detail +
                           ": run roundhouse on the host, or on the same network");
        }
        if (!engine.probe.probed()) return say(Fate::keep, Reason::not_probed);
        if (engine.probe.answered_ever) {
            return say(Fate::keep, Reason::probe_failing, engine.probe.detail);
        }
        Verdict verdict = say(Fate::keep, Reason::starting, engine.probe.detail);
        const Duration left = startup_left(engine);
        if (left > Duration{0})
            verdict.wait = {now_ + left, {}, "", AfterWait::replaced_unless_ready};
        return verdict;
    }

    const EnginePool& pool_;
    const Observation& seen_;
    Time now_;
    std::string hash_;
    const GatewayIndex& gateways_;
    std::set<const EngineView*> duplicates_;
    std::set<const GatewayView*> reached_;  // behind which an engine has answered
};

}  // namespace

std::vector<Verdict> classify(const EnginePool& pool, const Observation& seen,
                              const GatewayIndex& gateways, Time now) {
    const Classifier classifier(pool, seen, gateways, now);
    std::vector<Verdict> verdicts;
    verdicts.reserve(seen.engines.size());
    for (const auto& engine : seen.engines)
        verdicts.push_back(classifier.verdict(engine));
    return verdicts;
}

}  // namespace roundhouse
