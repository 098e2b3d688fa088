#include "core/classify.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/backoff.h"
#include "core/fingerprint.h"
#include "core/forwarding.h"
#include "core/gateway_index.h"
#include "core/launch.h"
#include "core/names.h"

namespace roundhouse {

namespace {

// Of several containers for one slot the best keeps it: the one of the right name, then a running
// one, then the oldest.
auto claim(const EnginePool& pool, const EngineView& engine) {
    const bool right_name = engine.name == engine_name(pool.name, *engine.slot);
    return std::make_tuple(!right_name, engine.state != EngineState::running, engine.created_at,
                           engine.id);
}

class Classifier {
    using Match = std::optional<Verdict>;

  public:
    Classifier(const EnginePool& pool, const Observation& seen, Time now)
        : pool_(pool),
          seen_(seen),
          now_(now),
          hash_(template_hash(pool)),
          gateways_(seen.gateways) {
        std::unordered_map<int, const EngineView*> holders;
        holders.reserve(seen.engines.size());
        for (const auto& engine : seen.engines) {
            if (!engine.slot) continue;
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
            &Classifier::unreadable,  &Classifier::busy,         &Classifier::outside,
            &Classifier::duplicate,   &Classifier::out_of_range, &Classifier::gateway_over,
            &Classifier::displaced,   &Classifier::undeclared,   &Classifier::outdated,
            &Classifier::stood_still, &Classifier::unanswering,  &Classifier::p2p_closed,
            &Classifier::reconnected,
        };
        Match match;
        for (const auto rule : rules) {
            match = (this->*rule)(engine);
            if (match) break;
        }
        Verdict verdict = match ? std::move(*match) : kept(engine);
        verdict.ready = ready(engine, verdict.fate);
        verdict.available = verdict.ready || out_of_reach(engine);
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

    const GatewayView* gateway_of(const EngineView& engine) const {
        return gateways_.find(engine.gateway);
    }

    bool has_way_out(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        return gateway == nullptr ? pool_.gateways.empty() : gateway->state == GatewayState::ready;
    }

    bool ready(const EngineView& engine, Fate fate) const {
        if (fate != Fate::keep && fate != Fate::outdated && fate != Fate::surplus) return false;
        return has_way_out(engine) && serving(engine, pool_.engine_template.probe) == Serving::yes;
    }

    bool out_of_reach(const EngineView& engine) const {
        return engine.probe.unreachable && engine.state == EngineState::running &&
               has_way_out(engine) &&
               age_of(engine, seen_, now_) >= pool_.engine_template.probe.startup_timeout;
    }

    Match unreadable(const EngineView& engine) const {
        if (engine.slot) return {};
        return say(Fate::foreign, Reason::unreadable_labels,
                   "carries this pool's label, but its other labels cannot be read: left alone");
    }

    Match busy(const EngineView& engine) const {
        if (seen_.steps_in_flight.contains(*engine.slot)) {
            return say(Fate::busy, Reason::in_flight, "a step is under way");
        }
        if (engine.state == EngineState::removing) {
            return say(Fate::busy, Reason::being_removed, "is being removed");
        }
        return {};
    }

    Match outside(const EngineView& engine) const {
        if (pool_.gateways.empty()) return {};
        constexpr std::string_view prefix = "container:";
        const std::string_view mode = engine.network_mode;
        const bool joins = mode.starts_with(prefix) && !engine.incarnation.id.empty();
        if (joins && mode.substr(prefix.size()) == engine.incarnation.id) return {};
        return say(
            Fate::outside, Reason::outside_gateway,
            "runs with network mode '" + engine.network_mode + "', outside every declared gateway");
    }

    Match duplicate(const EngineView& engine) const {
        if (!duplicates_.contains(&engine)) return {};
        return say(Fate::duplicate, Reason::duplicate_slot,
                   "another container holds slot " + std::to_string(*engine.slot));
    }

    Match out_of_range(const EngineView& engine) const {
        if (*engine.slot < pool_.max_active_replicas) return {};
        return say(Fate::surplus, Reason::slot_out_of_range,
                   "slots end at " + std::to_string(pool_.max_active_replicas - 1));
    }

    Match gateway_over(const EngineView& engine) const {
        if (pool_.gateways.empty()) return {};
        const GatewayView* gateway = gateway_of(engine);
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
        if (gateway->not_ready_for < pool_.failover_after) return {};
        return say(Fate::displaced, Reason::gateway_not_ready,
                   "gateway " + gateway->name + " " + gateway->detail + " for more than " +
                       format_duration(pool_.failover_after));
    }

    Match undeclared(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway == nullptr || gateway->declared) return {};
        return say(Fate::outdated, Reason::gateway_undeclared,
                   "the spec does not name gateway " + gateway->name);
    }

    // Stands before the failures: a changed template is a fresh start, without backoff.
    Match outdated(const EngineView& engine) const {
        EnginePorts ports = ports_of_slot(pool_.ports, *engine.slot);
        const int p2p = engine.ports.p2p;
        if (engine.forwarded && may_hold(pool_, p2p, *engine.slot)) ports.p2p = p2p;
        if (engine.template_hash != hash_ || engine.ports != ports) {
            return say(Fate::outdated, Reason::template_changed,
                       "was made from an earlier template");
        }
        if (engine.forwarded && pool_.forwarded_port.assign == PortAssignment::none) {
            return say(Fate::outdated, Reason::template_changed,
                       "listens on a forwarded port, which forwardedPort.assign does not allow");
        }
        return {};
    }

    Match stood_still(const EngineView& engine) const {
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
        verdict.message += ": see docker logs " + engine.name;
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

    Match unanswering(const EngineView& engine) const {
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
        verdict.failed_for = seen.failing_for;
        return verdict;
    }

    // A healthy HTTP API does not prove that P2P got its port, so the port is asked for, too. Only
    // refusals count, and only of an engine that has a forwarded port to itself: the others serve
    // as well as they can behind a VPN.
    Match p2p_closed(const EngineView& engine) const {
        if (!engine.forwarded || !p2p_refused(engine)) return {};
        const Duration startup = pool_.engine_template.probe.startup_timeout;
        if (age_of(engine, seen_, now_) < startup) return {};
        Verdict verdict = say(Fate::failed, Reason::p2p_port_closed, about_p2p(engine));
        verdict.failed_for = engine.probe.p2p_refused_for;
        return verdict;
    }

    bool p2p_refused(const EngineView& engine) const {
        return engine.probe.answered_last &&
               engine.probe.p2p_refusals >= pool_.engine_template.probe.failure_threshold;
    }

    static std::string about_p2p(const EngineView& engine) {
        return "answers over HTTP, but does not listen on P2P port " +
               std::to_string(engine.ports.p2p) +
               ": was the port in use, or does the image not take it from P2P_PORT (see "
               "template.args)?";
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
                   "the VPN of gateway " + gateway->name + " connected anew");
    }

    Verdict kept(const EngineView& engine) const {
        const GatewayView* gateway = gateway_of(engine);
        if (gateway != nullptr && gateway->state != GatewayState::ready) {
            Verdict verdict = say(Fate::keep, Reason::gateway_not_ready,
                                  "gateway " + gateway->name + " " + gateway->detail);
            const bool may_move = pool_.gateways.size() > 1;
            if (may_move) {
                verdict.due = now_ + remaining(pool_.failover_after, gateway->not_ready_for);
            } else {
                verdict.message += "; there is no other gateway to move to";
            }
            return verdict;
        }
        if (engine.state == EngineState::paused) {
            return say(Fate::keep, Reason::paused,
                       "is paused: it is replaced once its probe has failed " +
                           std::to_string(pool_.engine_template.probe.failure_threshold) +
                           " times in a row");
        }
        if (engine.probe.unreachable) {
            return say(Fate::keep, Reason::probe_unreachable,
                       "the probe does not get there: " + engine.probe.detail);
        }
        if (!engine.probe.probed()) return say(Fate::keep, Reason::not_probed);
        if (!engine.probe.answered_ever) {
            Verdict verdict = say(Fate::keep, Reason::starting, engine.probe.detail);
            const Duration left = startup_left(engine);
            if (left > Duration{0}) verdict.due = now_ + left;
            return verdict;
        }
        if (p2p_refused(engine)) {
            return say(Fate::keep, Reason::p2p_port_closed, about_p2p(engine));
        }
        if (engine.probe.answered_last) return say(Fate::keep, Reason::up_to_date);
        return say(Fate::keep, Reason::probe_failing, engine.probe.detail);
    }

    const EnginePool& pool_;
    const Observation& seen_;
    Time now_;
    std::string hash_;
    GatewayIndex gateways_;
    std::unordered_set<const EngineView*> duplicates_;
};

}  // namespace

std::string_view to_string(Fate fate) {
    switch (fate) {
        case Fate::keep: return "keep";
        case Fate::busy: return "busy";
        case Fate::unstarted: return "unstarted";
        case Fate::stranded: return "stranded";
        case Fate::displaced: return "displaced";
        case Fate::failed: return "failed";
        case Fate::outdated: return "outdated";
        case Fate::surplus: return "surplus";
        case Fate::duplicate: return "duplicate";
        case Fate::outside: return "outside";
        case Fate::foreign: return "foreign";
        case Fate::missing: return "missing";
    }
    return "unknown";
}

Serving serving(const EngineView& engine, const ProbeSpec& probe) {
    if (engine.state == EngineState::created || engine.state == EngineState::exited ||
        engine.state == EngineState::dead || engine.state == EngineState::removing ||
        engine.state == EngineState::restarting || engine.state == EngineState::paused) {
        return Serving::no;
    }
    const ProbeView& seen = engine.probe;
    if (!seen.probed() || seen.unreachable) return Serving::unknown;
    if (seen.answered_last) return Serving::yes;
    return seen.answered_ever && seen.failures < probe.failure_threshold ? Serving::yes
                                                                         : Serving::no;
}

Duration age_of(const EngineView& engine, const Observation& seen, Time now) {
    const Duration age = elapsed_since(engine.created_at, now);
    const auto made_here = seen.created_ago.find(engine.slot.value_or(-1));
    return made_here == seen.created_ago.end() ? age : std::min(age, made_here->second);
}

std::vector<Verdict> classify(const EnginePool& pool, const Observation& seen, Time now) {
    const Classifier classifier(pool, seen, now);
    std::vector<Verdict> verdicts;
    verdicts.reserve(seen.engines.size());
    for (const auto& engine : seen.engines)
        verdicts.push_back(classifier.verdict(engine));
    return verdicts;
}

}  // namespace roundhouse
