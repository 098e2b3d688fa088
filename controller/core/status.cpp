#include "core/status.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/forwarding.h"
#include "core/names.h"
#include "core/port_ledger.h"
#include "core/publication.h"
#include "core/stability.h"

namespace roundhouse {

namespace {

Condition condition(std::string type, bool holds, std::string reason, std::string message) {
    Condition result;
    result.type = std::move(type);
    result.status = holds ? Truth::yes : Truth::no;
    result.reason = std::move(reason);
    result.message = std::move(message);
    return result;
}

std::string count_ready(const Plan& plan) {
    // While surplus engines go, more may be ready than are wanted.
    return std::to_string(std::min(plan.ready(), plan.wanted)) + " of " +
           std::to_string(plan.wanted) + " engines ready";
}

// What is awaited, engines of one kind together: "; acestream-0 and 2 more: Starting until
// 2026-01-01T00:01:00Z, then replaced unless it is ready (...)". The time is the first at which one
// of them is judged again. What happens by itself stands first, what a person has to do last.
std::string awaited(const Plan& plan) {
    struct Group {
        const Decision* first = nullptr;
        int engines = 0;
        Wait wait;
    };
    std::vector<Group> groups;
    for (const auto& decision : plan.decisions) {
        const bool well = decision.fate == Fate::keep && decision.ready;
        if (well || decision.fate == Fate::foreign) continue;
        const auto known = std::ranges::find_if(groups, [&](const Group& group) {
            return group.first->reason == decision.reason && group.first->fate == decision.fate;
        });
        if (known == groups.end()) {
            groups.push_back({&decision, 1, decision.wait});
            continue;
        }
        ++known->engines;
        const auto& until = decision.wait.until;
        if (until) known->wait.until = std::min(known->wait.until.value_or(*until), *until);
    }
    std::string text;
    for (const auto& [first, engines, wait] : groups) {
        text += "; " + (first->engine.empty() ? "a new engine" : first->engine);
        if (engines > 1) text += " and " + std::to_string(engines - 1) + " more";
        text += ": " + std::string(to_string(first->reason));
        const bool for_person = wait.needs_person();
        if (wait.ends() && !for_person) text += " " + describe_end(wait);
        if (!first->message.empty()) text += " (" + first->message + ")";
        if (for_person) text += "; " + describe_end(wait);
        if (!wait.remedy.empty()) text += (for_person ? ": " : "; or do this: ") + wait.remedy;
    }
    return text;
}

// Whether all that is still to be done waits for a person.
bool needs_person(const Plan& plan) {
    return plan.steps.empty() && std::ranges::all_of(plan.decisions, [](const Decision& decision) {
               const bool well = decision.fate == Fate::keep && decision.ready;
               return well || decision.fate == Fate::foreign || decision.wait.needs_person();
           });
}

// What a person can do about a gateway that is not ready. The detail of a missing one may already
// say which container was meant.
std::string remedy_for(const GatewayView& gateway) {
    const std::string& name = gateway.name;
    switch (gateway.state) {
        case GatewayState::missing:
            return gateway.detail.find('?') != std::string::npos
                       ? ""
                       : "start a container named " + name + ", or correct the name in `gateways`";
        case GatewayState::stopped:
            return "docker start " + name + ", and see docker logs " + name + " if it stops again";
        case GatewayState::paused: return "docker unpause " + name;
        case GatewayState::starting: return "if it takes minutes, see docker logs " + name;
        case GatewayState::unhealthy:
            return "see docker logs " + name + " for why its VPN does not work";
        case GatewayState::unknown: return "see docker inspect " + name;
        case GatewayState::ready: break;
    }
    return "";
}

Condition gateway_ready(const EnginePool& pool, const Observation& seen) {
    if (pool.gateways.empty()) {
        return condition("GatewayReady", true, "NoGateways",
                         "the pool runs on network " + pool.network + ", without a VPN");
    }
    std::string trouble;
    std::string to_do;
    for (const auto& gateway : seen.gateways) {
        if (!gateway.declared || gateway.state == GatewayState::ready) continue;
        trouble +=
            (trouble.empty() ? "gateway " : "; gateway ") + gateway.name + " " + gateway.detail;
        const std::string remedy = remedy_for(gateway);
        if (!remedy.empty()) to_do += (to_do.empty() ? "; to do: " : ", ") + remedy;
    }
    if (trouble.empty()) return condition("GatewayReady", true, "AllReady", "");
    return condition("GatewayReady", false, "GatewayNotReady",
                     trouble + "; engines start by themselves once it is ready" + to_do);
}

// Whether each control server says that its VPN runs, or does not. Why it cannot be asked is the
// matter of ForwardedPortReady, unless the pool ignores ports.
Condition vpn_status_known(const EnginePool& pool, const Observation& seen) {
    if (pool.gateways.empty()) {
        return condition("VpnStatusKnown", true, "NoGateways", "the pool runs without a VPN");
    }
    const bool ports_are_ignored = pool.forwarded_port.assign == PortAssignment::none;
    std::string trouble;
    std::string not_asked;
    for (const auto& gateway : seen.gateways) {
        const bool runs =
            gateway.state == GatewayState::ready || gateway.state == GatewayState::unhealthy;
        if (!gateway.declared || !runs || gateway.vpn_status != VpnStatus::unknown) continue;
        const std::string& detail = gateway.vpn_detail.empty() && ports_are_ignored
                                        ? gateway.ports_answer.detail
                                        : gateway.vpn_detail;
        if (!detail.empty()) trouble += (trouble.empty() ? "" : "; ") + detail;
        if (detail.empty()) not_asked += (not_asked.empty() ? "" : " and ") + gateway.name;
    }
    if (!trouble.empty()) return condition("VpnStatusKnown", false, "NotReadable", trouble);
    if (not_asked.empty()) return condition("VpnStatusKnown", true, "Known", "");
    Condition unknown = condition("VpnStatusKnown", false, "NotReadable",
                                  "only Docker's health check shows whether the VPN of " +
                                      not_asked + " runs; ForwardedPortReady says why");
    unknown.status = Truth::unknown;
    return unknown;
}

// Whether anybody else in a gateway's network uses a port of a slot.
Condition ports_free(const EnginePool& pool, const Observation& seen) {
    std::string trouble;
    for (const auto& gateway : seen.gateways) {
        if (!gateway.declared) continue;
        PortLedger others(pool, &gateway);
        for (const auto& neighbour : seen.neighbours) {
            if (neighbour.gateway_id == gateway.incarnation.id) others.add(neighbour);
        }
        for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
            const auto clash = others.clash_of(slot);
            if (!clash) continue;
            trouble += (trouble.empty() ? "in the network of gateway " : "; in that of ") +
                       gateway.name + " port " + std::to_string(clash->port) + " is in use by " +
                       clash->user->name;
            break;
        }
    }
    if (trouble.empty()) return condition("PortsFree", true, "Free", "");
    return condition("PortsFree", false, "PortConflict",
                     trouble +
                         ": no engine is placed on such a port; stop what uses it, or "
                         "choose other `ports`");
}

// Not known rather than not so, where the control server could not be asked or understood.
Truth truth_of(PortUse use) {
    switch (use) {
        case PortUse::held: return Truth::yes;
        case PortUse::unreachable:
        case PortUse::malformed: return Truth::unknown;
        default: return Truth::no;
    }
}

Condition forwarded_port_ready(const EnginePool& pool, const Plan& plan) {
    if (pool.gateways.empty()) {
        return condition("ForwardedPortReady", true, "NoGateways", "the pool runs without a VPN");
    }
    if (pool.forwarded_port.assign == PortAssignment::none) {
        return condition("ForwardedPortReady", true, "Ignored", "forwardedPort.assign is none");
    }
    Condition worst = condition("ForwardedPortReady", true, "Held", "");
    for (const auto& outlook : plan.forwarded_ports) {
        const Truth truth = truth_of(outlook.use);
        const bool first_trouble = worst.status == Truth::yes && truth != Truth::yes;
        const bool worse = worst.status == Truth::unknown && truth == Truth::no;
        if (first_trouble || worse) {
            worst.status = truth;
            worst.reason = to_string(outlook.use);
        }
        worst.message += (worst.message.empty() ? "" : "; ") + outlook.message;
    }
    return worst;
}

Condition template_accepted(const Observation& seen) {
    if (!seen.template_refusal) return condition("TemplateAccepted", true, "Accepted", "");
    const auto& [message, has_stand_in, awaits_image] = *seen.template_refusal;
    const std::string meanwhile =
        has_stand_in ? "engines are kept and created by the last template that Docker accepted"
                     : "engines are tried again with longer and longer pauses";
    const std::string end = awaits_image ? " until the image is there, which is pulled again from "
                                           "time to time: "
                            : has_stand_in ? " until the template is edited: "
                                           : ", in vain until the template is edited: ";
    return condition("TemplateAccepted", false, awaits_image ? "ImageNotPulled" : "Refused",
                     meanwhile + end + message);
}

// Engines with the same warnings are named together.
Condition created_as_asked(const EnginePool& pool, const Observation& seen) {
    std::map<std::string, std::vector<int>> slots;
    for (const auto& [slot, warnings] : seen.create_warnings)
        slots[warnings].push_back(slot);
    if (slots.empty()) return condition("CreatedAsAsked", true, "AsAsked", "");
    std::string text;
    for (const auto& [warnings, warned] : slots) {
        text += (text.empty() ? "" : "; ") + engine_name(pool.name, warned.front());
        if (warned.size() > 1) text += " and " + std::to_string(warned.size() - 1) + " more";
        text += ": " + warnings;
    }
    return condition("CreatedAsAsked", false, "DockerWarns",
                     text + ": change the template, or what Docker lacks");
}

// Gateways that are not known are the matter of GatewayReady.
Condition runtime_understood(const Observation& seen) {
    std::string trouble;
    const auto add = [&](const std::string& subject, const std::string& why) {
        if (!why.empty()) trouble += (trouble.empty() ? "" : "; ") + subject + why;
    };
    for (const auto& engine : seen.engines)
        add(engine.name + " is left as it is: ", engine.unknown);
    add("whether the image is there is not known, so a create is tried: ", seen.image.unknown);
    add("which names are in use is not known, so a create is tried: ", seen.names_unknown);
    if (trouble.empty()) return condition("RuntimeUnderstood", true, "Understood", "");
    return condition("RuntimeUnderstood", false, "NotUnderstood",
                     trouble +
                         "; everything else goes on, and Docker is asked again in each "
                         "round; see docker inspect of what is named");
}

// Engines with the same reason share a sentence.
Condition sessions_known(const Observation& seen) {
    std::map<std::string, std::vector<const EngineView*>> unknown;
    for (const auto& engine : seen.engines) {
        if (!engine.usage_unknown.empty()) unknown[engine.usage_unknown].push_back(&engine);
    }
    if (unknown.empty()) return condition("SessionsKnown", true, "Known", "");
    std::string text;
    for (const auto& [why, engines] : unknown) {
        text += (text.empty() ? "" : "; ") + engines.front()->name;
        if (engines.size() > 1) text += " and " + std::to_string(engines.size() - 1) + " more";
        text += ": " + why;
    }
    return condition("SessionsKnown", false, "NotReadable",
                     text + "; nothing waits for the sessions of such engines");
}

Condition capped(const EnginePool& pool, const Plan& plan) {
    if (!plan.capped) return condition("Capped", false, "WithinCap", "");
    return condition("Capped", true, "AboveCap",
                     std::to_string(pool.replicas) + " engines are asked for, at most " +
                         std::to_string(pool.max_active_replicas) +
                         " are run: raise maxActiveReplicas and MAX_ACTIVE_REPLICAS where they are "
                         "lower, and publish as many ports; or ask for fewer replicas");
}

}  // namespace

std::string_view to_string(Truth truth) {
    switch (truth) {
        case Truth::yes: return "True";
        case Truth::no: return "False";
        case Truth::unknown: return "Unknown";
    }
    return "Unknown";
}

static std::string describe_match(const Plan& plan) {
    if (plan.stood_down == 0) return "";
    return std::to_string(plan.stood_down) + (plan.stood_down == 1 ? " engine" : " engines") +
           " fewer than replicas says, as somebody drained without --replace; edit replicas, or "
           "restart the controller, to have the declared number again";
}

std::vector<Condition> judge_conditions(const EnginePool& pool, const Observation& seen,
                                        const Plan& plan) {
    const bool matches = plan.matches();
    const bool is_stuck = !matches && needs_person(plan);
    // A rollout or a surplus does not make the pool unready: enough engines serve.
    const bool ready = plan.ready() >= plan.wanted;
    return {
        condition("Ready", ready, ready ? "AllEnginesReady" : "EnginesNotReady",
                  ready ? count_ready(plan) : describe_progress(plan)),
        judge_stability(pool, seen),
        condition("Progressing", !matches && !is_stuck,
                  matches    ? "Matches"
                  : is_stuck ? "Stuck"
                             : "WorldDiffers",
                  matches ? describe_match(plan) : describe_progress(plan)),
        template_accepted(seen),
        gateway_ready(pool, seen),
        vpn_status_known(pool, seen),
        forwarded_port_ready(pool, plan),
        capped(pool, plan),
        judge_publication(pool, seen),
        ports_free(pool, seen),
        condition("RuntimeReachable", true, "Answers", ""),
        runtime_understood(seen),
        created_as_asked(pool, seen),
        sessions_known(seen),
    };
}

std::vector<Condition> judge_failed_look(const std::string& fault) {
    std::vector<Condition> conditions;
    for (const char* type : {"Ready", "Stable", "Progressing", "GatewayReady", "VpnStatusKnown",
                             "ForwardedPortReady", "RuntimeUnderstood", "SessionsKnown"}) {
        conditions.push_back(condition(
            type, false, "LookFailed",
            "the containers cannot be looked at: nothing is changed, see RuntimeReachable"));
        conditions.back().status = Truth::unknown;
    }
    conditions.push_back(condition("RuntimeReachable", false, "LookFailed", fault));
    return conditions;
}

std::vector<Condition> update_conditions(std::vector<Condition>& conditions,
                                         std::vector<Condition> next, std::int64_t generation,
                                         Time now) {
    std::vector<Condition> changed;
    for (auto& fresh : next) {
        fresh.observed_generation = generation;
        fresh.last_transition = now;
        const auto known = std::ranges::find(conditions, fresh.type, &Condition::type);
        if (known == conditions.end()) {
            changed.push_back(fresh);
            conditions.push_back(std::move(fresh));
            continue;
        }
        if (known->status == fresh.status) fresh.last_transition = known->last_transition;
        if (known->status != fresh.status || known->reason != fresh.reason) {
            changed.push_back(fresh);
        }
        *known = std::move(fresh);
    }
    return changed;
}

std::string describe_progress(const Plan& plan) {
    const std::string refusal =
        plan.template_refusal.empty() ? "" : "; TemplateRefused (" + plan.template_refusal + ")";
    return count_ready(plan) + awaited(plan) + refusal;
}

}  // namespace roundhouse
