#include "fakes/plan_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "core/backoff.h"
#include "core/classify.h"
#include "core/engine_facts.h"
#include "core/forwarding.h"
#include "core/gateway_index.h"
#include "fakes/drain_rules.h"
#include "fakes/surplus_rules.h"

namespace roundhouse::test {

namespace {

using Broken = std::optional<std::string>;

// One plan under examination, and the first rule that it was found to break.
class Examiner {
  public:
    Examiner(const EnginePool& pool, const Observation& seen, const Plan& plan, Time now)
        : pool_(pool), seen_(seen), plan_(plan), now_(now) {}

    Broken examine() {
        for (const auto& step : plan_.steps) {
            if (step.action == Action::pull) {
                require(!seen_.image.present ||
                            pool_.engine_template.pull_policy != PullPolicy::if_not_present,
                        step, "pulls an image that is there");
                continue;
            }
            examine_step(step);
            examine_failover(step);
            if (step.placement) examine_placement(step, *step.placement);
        }
        examine_waiting();
        examine_ends();
        examine_numbers();
        examine_rollout();
        examine_words();
        for (const auto& gateway : seen_.gateways)
            examine_idle_ports(gateway);
        if (!broken_) broken_ = broken_surplus_rule(pool_, seen_, plan_);
        return broken_ ? broken_ : broken_drain_rule(pool_, seen_, plan_);
    }

  private:
    void require(bool kept, const Step& step, const std::string& otherwise) {
        if (!kept && !broken_) {
            broken_ = std::string(to_string(step.action)) + " of slot " +
                      std::to_string(step.slot) + " " + otherwise;
        }
    }

    void examine_step(const Step& step) {
        if (!step.engine_id.empty()) {
            require(ids_.insert(step.engine_id).second, step, "is a second step for an engine");
            const auto engine = std::ranges::find(seen_.engines, step.engine_id, &EngineView::id);
            require(engine != seen_.engines.end(), step, "is for an engine that was not listed");
            if (engine != seen_.engines.end()) {
                require(engine->slot == step.slot, step, "is for an engine of another slot");
            }
        }
        require(!seen_.steps_in_flight.contains(step.slot), step, "has a step in flight already");
        const auto is_over = [](const auto& troubles, const auto& subject) {
            const auto met = troubles.find(subject);
            return met == troubles.end() ||
                   met->second.since_last_failure >= backoff_after(met->second.failures + 1);
        };
        require(is_over(seen_.troubles, step.slot), step, "comes before its backoff is over (A6)");
        require(is_over(seen_.failed_removals, step.engine_id), step,
                "comes before the backoff of its removal is over (A6)");
        examine_knowledge(step);
        const bool creates = step.action == Action::create || step.action == Action::replace;
        require(creates == step.placement.has_value(), step, "has no place, or needs none");
        require(step.engine_id.empty() == (step.action == Action::create), step,
                "names no engine, or needs none");
    }

    // What is not known is left as it is, and so is what may serve behind a gateway that is not
    // known. No other engine is started in its slot.
    void examine_knowledge(const Step& step) {
        const bool beside_unknown =
            step.action != Action::remove &&
            std::ranges::any_of(seen_.engines, [&](const EngineView& each) {
                return each.slot == step.slot && !each.unknown.empty() && each.id != step.engine_id;
            });
        require(!beside_unknown, step, "is in the slot of an engine that is not known (A3)");
        const auto engine = std::ranges::find(seen_.engines, step.engine_id, &EngineView::id);
        if (step.engine_id.empty() || engine == seen_.engines.end()) return;
        require(engine->unknown.empty(), step, "is for an engine that is not known (A7)");
        const GatewayView* gateway = GatewayIndex(seen_.gateways).of(*engine);
        const bool known = gateway == nullptr || gateway->state != GatewayState::unknown;
        const bool up =
            engine->state == EngineState::running || engine->state == EngineState::paused;
        if (known || !up) return;
        require(step.reason == Reason::surplus || step.reason == Reason::outside_gateway ||
                    step.reason == Reason::duplicate_slot,
                step, "is for an engine whose gateway is not known (A7)");
    }

    void examine_placement(const Step& step, const Placement& place) {
        require(slots_.insert(step.slot).second, step, "is the second to fill the slot (P4)");
        require(place.slot == step.slot, step, "is placed in another slot");
        require(place.slot >= 0 && place.slot < pool_.max_active_replicas, step,
                "is out of range (A4)");
        require(seen_.image.present, step, "has no image");
        examine_gateway(step, place);
        if (step.action == Action::create) {
            require(!seen_.foreign_names.contains(place.slot), step, "has a stranger's name (A1)");
        }
        for (const auto& engine : seen_.engines) {
            if (!engine.slot || engine.id == step.engine_id) continue;
            if (step.action == Action::create) {
                require(engine.slot != place.slot, step, "fills a slot that is taken (A3)");
            }
            if (engine.gateway != place.gateway || engine.incarnation != place.incarnation) {
                continue;
            }
            if (is_leftover(engine, seen_)) continue;
            const bool shared = pool_.forwarded_port.assign == PortAssignment::shared;
            require(engine.ports.http != place.ports.http &&
                        (shared || engine.ports.p2p != place.ports.p2p),
                    step, "has a port of " + engine.name + " (A3)");
        }
    }

    void examine_gateway(const Step& step, const Placement& place) {
        if (pool_.gateways.empty()) {
            require(place.gateway.empty(), step, "is behind a gateway that nobody declared");
            return;
        }
        const GatewayView* gateway = gateway_named(place.gateway);
        require(gateway != nullptr, step, "is behind no gateway (A5)");
        if (gateway == nullptr) return;
        const bool vpn_is_up =
            gateway->vpn_status == VpnStatus::unknown || gateway->vpn_status == VpnStatus::running;
        require(gateway->declared && gateway->state == GatewayState::ready && vpn_is_up, step,
                "is behind a gateway that is not ready");
        require(gateway->incarnation == place.incarnation, step,
                "is for another incarnation of its gateway (A5)");
        examine_publication(step, place, *gateway);
        examine_forwarding(step, place, *gateway);
        if (step.reason == Reason::rebalanced) {
            require(gateway->ready_for >= pool_.failover_after, step,
                    "moves to a gateway that is only just back");
        }
    }

    void examine_publication(const Step& step, const Placement& place, const GatewayView& gateway) {
        const auto& published = gateway.published_tcp_ports;
        const int base = bases_behind(pool_, gateway.name).http;
        const auto first = published.lower_bound(base);
        const bool some = first != published.end() && *first < base + pool_.max_active_replicas;
        require(place.ports.http == base + place.slot, step,
                "has not the HTTP port of its slot behind that gateway");
        require(!some || published.contains(place.ports.http), step,
                "is in a slot whose port its gateway does not publish");
    }

    void examine_forwarding(const Step& step, const Placement& place, const GatewayView& gateway) {
        const bool exclusive = pool_.forwarded_port.assign == PortAssignment::exclusive;
        const bool first = p2p_ports_.emplace(place.gateway, place.ports.p2p).second;
        require(first || !exclusive, step, "gets a P2P port that another new engine gets (A3)");
        if (step.reason != Reason::forwarded_port_changed) return;
        const auto reported = gateway.reported_for.find(place.ports.p2p);
        require(reported != gateway.reported_for.end() &&
                    reported->second >= pool_.forwarded_port.stable_for,
                step, "follows a port that has not settled");
        if (gateway.first_ports.contains(place.ports.p2p)) {
            return require(!place.followed, step, "counts the first port as a move");
        }
        const std::size_t turns = ++followers_[gateway.name] + followed_lately(gateway);
        require(!exclusive || turns <= gateway.ports_answer.ports.size(), step,
                "follows ports more often than minInterval allows");
    }

    // A time without an outcome helps nobody.
    void examine_ends() {
        for (const auto& decision : plan_.decisions) {
            const bool ends_by_itself = decision.wait.until || decision.wait.fact;
            require(!ends_by_itself || decision.wait.then, Step{}, "waits, and for what follows?");
        }
    }

    // While a port may still come, one engine of the gateway waits for it, and only one.
    void examine_waiting() {
        for (const auto& gateway : seen_.gateways) {
            const bool may_come = gateway.expects_port && gateway.declared &&
                                  gateway.state == GatewayState::ready &&
                                  gateway.ports_answer.kind == PortsAnswerKind::none &&
                                  gateway.port_awaited_for < pool_.forwarded_port.wait_for &&
                                  pool_.forwarded_port.assign == PortAssignment::exclusive;
            const auto waits = std::ranges::count_if(plan_.decisions, [&](const Decision& each) {
                return each.reason == Reason::forwarded_port_awaited && each.wait.fact &&
                       each.wait.fact->subject == gateway.name;
            });
            require(waits <= (may_come ? 1 : 0), Step{}, "lets too many engines wait for a port");
            const auto placed = std::ranges::find_if(plan_.steps, [&](const Step& step) {
                return step.placement && step.placement->gateway == gateway.name;
            });
            if (!may_come || waits > 0 || placed == plan_.steps.end()) continue;
            const bool taken =
                std::ranges::any_of(seen_.engines,
                                    [&](const EngineView& engine) {
                                        return engine.made_with_forwarded_port &&
                                               engine.incarnation == gateway.incarnation;
                                    }) ||
                std::ranges::any_of(seen_.steps_in_flight, [&](const auto& step) {
                    const StepInFlight& other = step.second;
                    return other.gateway_id.empty() ? other.gateway == gateway.name
                                                    : other.gateway_id == gateway.incarnation.id;
                });
            // It would have waited, and is held back by something else already.
            const bool backs_off = std::ranges::any_of(plan_.decisions, [](const Decision& each) {
                return each.reason == Reason::backoff;
            });
            // Or it is removed now, and its successor waits in a later round.
            const bool makes_room = std::ranges::any_of(
                plan_.steps, [](const Step& step) { return step.next_place.has_value(); });
            require(taken || backs_off || makes_room, *placed,
                    "makes an engine, and none waits for the port");
        }
    }

    std::size_t followed_lately(const GatewayView& gateway) const {
        const auto lately = [&](const EngineView& engine) {
            return engine.followed && engine.slot && engine.incarnation == gateway.incarnation &&
                   age_of(engine, seen_, now_) < pool_.forwarded_port.min_interval;
        };
        return static_cast<std::size_t>(std::ranges::count_if(seen_.engines, lately));
    }

    const GatewayView* gateway_named(const std::string& name) const {
        const auto gateway = std::ranges::find(seen_.gateways, name, &GatewayView::name);
        return gateway == seen_.gateways.end() ? nullptr : &*gateway;
    }

    // An engine leaves a gateway that is not ready after failover.after, and not before.
    void examine_failover(const Step& step) {
        if (step.reason != Reason::gateway_not_ready || !step.placement) return;
        const auto engine = std::ranges::find(seen_.engines, step.engine_id, &EngineView::id);
        if (engine == seen_.engines.end()) return;
        const GatewayView* left = gateway_named(engine->gateway);
        const bool given_up = left == nullptr || !left->declared;
        require(given_up || left->not_ready_for >= pool_.failover_after, step,
                "leaves a gateway before failover.after is over");
    }

    // Engines that are there or on their way.
    int existing() const {
        const auto arriving = std::ranges::count_if(seen_.steps_in_flight, [&](const auto& entry) {
            const auto& [slot, step] = entry;
            return !step.leaving && !is_listed(step, slot, pool_, seen_);
        });
        const auto there = std::ranges::count_if(seen_.engines, [&](const EngineView& engine) {
            return engine.slot && !is_leftover(engine, seen_);
        });
        return static_cast<int>(there + arriving);
    }

    bool gives_up_one_that_serves(const Step& step) const {
        constexpr std::array by_choice = {
            Reason::template_changed,    Reason::gateway_undeclared, Reason::forwarded_port_changed,
            Reason::gateway_reconnected, Reason::rebalanced,         Reason::drain_requested};
        if (std::ranges::find(by_choice, step.reason) == by_choice.end()) return false;
        return std::ranges::any_of(plan_.decisions, [&](const Decision& each) {
            return each.engine == step.engine && each.action == step.action && each.ready;
        });
    }

    void examine_numbers() {
        int creates = 0;
        int given_up = 0;
        for (const auto& step : plan_.steps) {
            creates += step.action == Action::create ? 1 : 0;
            given_up += gives_up_one_that_serves(step) ? 1 : 0;
            require(step.action != Action::replace || existing() <= plan_.wanted, step,
                    "creates an engine while there are too many (A4)");
        }
        const Step whole;
        require(creates == 0 || existing() + creates <= plan_.wanted, whole,
                "exceeds the cap (A4)");
        require(plan_.wanted <= std::min(pool_.replicas, pool_.max_active_replicas), whole,
                "wants more than the spec (A4)");
        require(given_up <= pool_.max_unavailable, whole, "gives up too many that serve (A2)");
    }

    // Enough of those that can serve go on serving (A2).
    void examine_rollout() {
        int ready = 0;
        int in_vain = 0;
        for (const auto& decision : plan_.decisions) {
            ready += decision.ready ? 1 : 0;
            in_vain += !decision.ready && is_in_vain(decision) ? 1 : 0;
        }
        const auto given_up = static_cast<int>(std::ranges::count_if(
            plan_.steps, [&](const Step& step) { return gives_up_one_that_serves(step); }));
        const int needed = plan_.wanted - pool_.max_unavailable - in_vain;
        require(given_up == 0 || ready - given_up >= needed, Step{},
                "leaves too few that serve (A2)");
    }

    // Nobody can say whether the engine serves, or no step of ours lets it serve.
    bool is_in_vain(const Decision& decision) const {
        const bool for_rollout =
            decision.wait.fact && decision.wait.fact->fact == Fact::engine_gone;
        const bool for_person = !decision.wait.remedy.empty() &&
                                (!decision.wait.fact || decision.fate == Fate::missing);
        const bool for_gateway = decision.wait.fact && !decision.wait.until &&
                                 decision.wait.fact->fact == Fact::gateway_ready;
        const auto engine = std::ranges::find(seen_.engines, decision.engine_id, &EngineView::id);
        const bool unseen =
            engine != seen_.engines.end() && (engine->probe.unreachable || engine->ports.http == 0);
        return for_rollout || for_gateway || for_person || unseen || stays(decision);
    }

    // Whatever is decided, Docker does not remove it.
    bool stays(const Decision& decision) const {
        return std::ranges::any_of(seen_.engines, [&](const EngineView& engine) {
            return engine.id == decision.engine_id && cannot_be_removed(engine, seen_);
        });
    }

    // What is said of an engine is so: one that does not answer yet is not up to date.
    void examine_words() {
        for (const auto& decision : plan_.decisions) {
            if (decision.reason != Reason::up_to_date || decision.ready) continue;
            const auto engine = std::ranges::find_if(seen_.engines, [&](const EngineView& each) {
                return each.name == decision.engine && each.slot == decision.slot;
            });
            require(engine == seen_.engines.end() || engine->probe.answered_last, Step{},
                    "calls " + decision.engine + " up to date, and it does not answer");
        }
    }

    // Row 11: where a turn is left, a settled port that nobody uses goes to an engine whose own
    // turn has come, although others would come before it and have to wait.
    void examine_idle_ports(const GatewayView& gateway) {
        const bool exclusive = pool_.forwarded_port.assign == PortAssignment::exclusive;
        const bool quiet = seen_.steps_in_flight.empty() && seen_.neighbours.empty() &&
                           gateway.strangers_ports.empty() && plan_.steps.empty();
        const bool left = followed_lately(gateway) < gateway.ports_answer.ports.size();
        const bool ready = gateway.declared && gateway.state == GatewayState::ready;
        if (!exclusive || !quiet || !left || !ready) return;
        const auto all_kept = std::ranges::all_of(
            plan_.decisions, [](const Decision& each) { return each.fate == Fate::keep; });
        if (!all_kept) return;
        for (const int port : gateway.ports_answer.ports) {
            const auto reported = gateway.reported_for.find(port);
            const bool settled = reported != gateway.reported_for.end() &&
                                 reported->second >= pool_.forwarded_port.stable_for;
            const bool used = port == control_server_port(gateway) ||
                              std::ranges::any_of(seen_.engines, [&](const EngineView& engine) {
                                  return engine.ports.contain(port);
                              });
            if (!settled || used) continue;
            for (const auto& engine : seen_.engines)
                require(!can_take(engine, port, gateway), Step{},
                        "leaves a forwarded port idle, and " + engine.name + " could take it");
        }
    }

    int control_server_port(const GatewayView& gateway) const {
        const auto declared =
            std::ranges::find(pool_.gateways, gateway.name, &GatewaySpec::container);
        return declared == pool_.gateways.end() ? 0 : declared->control_server.port;
    }

    bool can_take(const EngineView& engine, int port, const GatewayView& gateway) const {
        if (!engine.slot || engine.incarnation != gateway.incarnation) return false;
        const bool has_one =
            std::ranges::binary_search(gateway.ports_answer.ports, engine.ports.p2p);
        const bool followed =
            engine.followed && age_of(engine, seen_, now_) < pool_.forwarded_port.min_interval;
        const int base = bases_behind(pool_, gateway.name).http;
        const auto first = gateway.published_tcp_ports.lower_bound(base);
        const bool published = first == gateway.published_tcp_ports.end() ||
                               *first >= base + pool_.max_active_replicas ||
                               gateway.published_tcp_ports.contains(base + *engine.slot);
        return !has_one && !followed && published &&
               may_hold(pool_, gateway.name, port, *engine.slot);
    }

    const EnginePool& pool_;
    const Observation& seen_;
    const Plan& plan_;
    Time now_;
    std::set<std::pair<std::string, int>> p2p_ports_;
    std::map<std::string, std::size_t> followers_;  // by gateway
    std::set<int> slots_;
    std::set<std::string> ids_;
    Broken broken_;
};

}  // namespace

Broken broken_rule(const EnginePool& pool, const Observation& seen, const Plan& plan, Time now) {
    const Broken broken = Examiner(pool, seen, plan, now).examine();
    return broken ? broken : broken_rule_of_pins(seen, plan);
}

}  // namespace roundhouse::test
