#include "loop/narrator.h"

#include <algorithm>
#include <utility>

namespace roundhouse {

namespace {

// A warning if a person may have to act.
Severity severity_of(const Decision& decision) {
    switch (decision.reason) {
        case Reason::not_probed:     // for a moment, at each start
        case Reason::image_pulling:  // the puller logs its progress, once for all engines
        case Reason::image_pull_backoff: return Severity::debug;
        case Reason::backoff:
        case Reason::probe_failing:
        case Reason::probe_unreachable:
        case Reason::p2p_port_closed:
        case Reason::no_free_slot:
        case Reason::no_published_port:
        case Reason::port_in_use:
        case Reason::port_conflict:
        case Reason::cannot_be_removed:
        case Reason::name_taken:
        case Reason::image_missing:
        case Reason::unreadable_labels:
        case Reason::gateway_not_ready: return Severity::warning;
        default: return Severity::info;
    }
}

std::string_view headline(const Decision& decision) {
    if (decision.fate != Fate::keep) return "engine waits";
    if (decision.reason == Reason::probe_failing) return "engine misses probes";
    if (decision.reason == Reason::p2p_port_closed) return "engine is closed to peers";
    return decision.ready ? "engine ready" : "engine not ready";
}

bool is_good(const Condition& condition) {
    return condition.status == (condition.type == "Capped" ? Truth::no : Truth::yes);
}

// Entries about engines, gateways, the spec and looks tell of these, in more detail.
bool is_told_otherwise(const Condition& condition) {
    const bool by_type = condition.type == "Ready" || condition.type == "Stable" ||
                         condition.type == "Progressing" || condition.type == "GatewayReady" ||
                         condition.type == "SpecValid" || condition.type == "RuntimeReachable";
    return by_type || condition.reason == "LookFailed";
}

}  // namespace

void Narrator::round_ended(const Observation& seen, const Plan& plan) {
    log_runtime(seen.runtime);
    log_gateways(seen);
    log_passed_over(seen, plan);
    log_engines(plan);
}

void Narrator::log_runtime(const RuntimeView& runtime) {
    if (runtime.name.empty() || std::exchange(runtime_, runtime) == runtime) return;
    journal_.record(
        {Severity::info,
         "container daemon",
         {{"name", runtime.name}, {"version", runtime.version}, {"api", runtime.api_version}}});
}

void Narrator::log_gateways(const Observation& seen) {
    std::map<std::string, GatewayView> next;
    for (const auto& gateway : seen.gateways) {
        const auto known = gateways_.find(gateway.name);
        // Why it is not known may have other words, such as a number of bytes, in each round.
        const bool same =
            known != gateways_.end() && known->second.state == gateway.state &&
            (known->second.detail == gateway.detail || gateway.state == GatewayState::unknown) &&
            known->second.incarnation == gateway.incarnation;
        if (!same) {
            const bool ready = gateway.state == GatewayState::ready;
            JournalEntry entry{
                ready ? Severity::info : Severity::warning,
                "gateway changed",
                {{"gateway", gateway.name}, {"state", std::string(to_string(gateway.state))}}};
            if (!gateway.detail.empty()) entry.fields.emplace_back("because", gateway.detail);
            if (!gateway.incarnation.id.empty()) {
                entry.fields.emplace_back("id", gateway.incarnation.id.substr(0, 12));
            }
            if (!gateway.address.empty()) entry.fields.emplace_back("address", gateway.address);
            journal_.record(entry);
        }
        const GatewayView* before = known == gateways_.end() ? nullptr : &known->second;
        log_vpn(gateway, before);
        log_ports(gateway);
        next.emplace(gateway.name, gateway);
    }
    gateways_ = std::move(next);
}

void Narrator::log_vpn(const GatewayView& gateway, const GatewayView* before) {
    const auto ago = gateway.reconnected_ago;
    const auto ago_before = before == nullptr ? std::nullopt : before->reconnected_ago;
    if (ago && (!ago_before || *ago < *ago_before)) {
        journal_.record({Severity::info,
                         "gateway's VPN connected anew",
                         {{"gateway", gateway.name}, {"ip", gateway.public_ip.value_or("")}}});
    }
    const std::string detail_before = before == nullptr ? "" : before->vpn_detail;
    if (gateway.vpn_detail.empty() || gateway.vpn_detail == detail_before) return;
    journal_.record({Severity::warning,
                     "VPN status not known",
                     {{"gateway", gateway.name}, {"because", gateway.vpn_detail}}});
}

// Ports only: the condition says why there are none.
void Narrator::log_ports(const GatewayView& gateway) {
    const std::vector<int>& ports = gateway.ports_answer.ports;
    if (ports.empty() || std::exchange(ports_[gateway.name], ports) == ports) return;
    std::string list;
    for (const int port : ports)
        list += (list.empty() ? "" : ",") + std::to_string(port);
    // After many changes one more is no news: the condition reports that there are many.
    const bool news = gateway.port_changes < many_port_changes;
    journal_.record({news ? Severity::info : Severity::debug,
                     "forwarded ports reported",
                     {{"gateway", gateway.name}, {"ports", list}}});
}

void Narrator::log_passed_over(const Observation& seen, const Plan& plan) {
    if (plan.passed_over.empty() && seen.foreign_names.empty()) return;
    for (const int slot : plan.passed_over) {
        if (!passed_over_.insert(slot).second) continue;
        journal_.record(
            {Severity::warning,
             "slot passed over: a container that is not ours holds its name",
             {{"slot", std::to_string(slot)}, {"container", seen.foreign_names.at(slot)}}});
    }
    std::erase_if(passed_over_, [&](int slot) { return !seen.foreign_names.contains(slot); });
}

void Narrator::log_engines(const Plan& plan) {
    std::map<std::string, std::pair<Fate, Reason>> next;
    const bool pulls =
        std::ranges::find(plan.steps, Action::pull, &Step::action) != plan.steps.end();
    for (const auto& decision : plan.decisions) {
        // A step is recorded when it has ended.
        if (decision.reason == Reason::in_flight || decision.action) continue;
        // New engines that have no slot yet have no name: one entry stands for all of them.
        const std::string who = decision.engine.empty() ? "a new engine" : decision.engine;
        const std::pair told{decision.fate, decision.reason};
        // A broken leftover may have the name of an engine.
        const std::string key = who + " " + decision.engine_id;
        if (!next.emplace(key, told).second) continue;
        const auto known = engines_.find(key);
        if (known != engines_.end() && known->second == told) continue;
        JournalEntry entry;
        entry.severity = severity_of(decision);
        if (pulls && decision.reason == Reason::image_missing) entry.severity = Severity::debug;
        entry.message = headline(decision);
        entry.fields = {{"engine", who},
                        {"fate", std::string(to_string(decision.fate))},
                        {"reason", std::string(to_string(decision.reason))}};
        if (!decision.gateway.empty()) entry.fields.emplace_back("gateway", decision.gateway);
        if (!decision.message.empty()) entry.fields.emplace_back("because", decision.message);
        journal_.record(entry);
    }
    engines_ = std::move(next);
}

void Narrator::conditions_changed(const std::vector<Condition>& changed) {
    for (const auto& condition : changed) {
        if (condition.type == "Ready") ready_changed(condition);
        if (condition.type == "Stable") stable_changed(condition);
        // Good news is news where the bad news was.
        const bool was_bad = bad_conditions_.contains(condition.type);
        const bool news = !is_told_otherwise(condition) && (was_bad || !is_good(condition));
        if (is_good(condition)) {
            bad_conditions_.erase(condition.type);
        } else if (news) {
            bad_conditions_.insert(condition.type);
        }
        // Nothing happens until a person acts.
        const bool stuck = condition.type == "Progressing" && condition.reason == "Stuck";
        JournalEntry entry{stuck  ? Severity::warning
                           : news ? Severity::info
                                  : Severity::debug,
                           "condition changed",
                           {{"condition", condition.type},
                            {"status", std::string(to_string(condition.status))},
                            {"reason", condition.reason}}};
        if (!condition.message.empty()) entry.fields.emplace_back("because", condition.message);
        journal_.record(entry);
    }
}

// The begin and the end of an outage; how it begins at the start of the program is no news.
void Narrator::ready_changed(const Condition& condition) {
    const bool ready = condition.status == Truth::yes;
    if (condition.status == Truth::unknown || std::exchange(was_ready_, ready) == ready) return;
    journal_.record({Severity::info,
                     ready ? "all engines are ready" : "not all engines are ready",
                     {{"condition", condition.type}, {"because", condition.message}}});
}

// Each begin, with each cause that is the commonest then, and the end.
void Narrator::stable_changed(const Condition& condition) {
    if (condition.status == Truth::unknown) return;
    const bool stable = condition.status == Truth::yes;
    if (std::exchange(was_stable_, stable) && stable) return;
    JournalEntry entry{stable ? Severity::info : Severity::warning,
                       stable ? "engines are stable again" : "engines fail again and again",
                       {{"condition", condition.type}, {"reason", condition.reason}}};
    if (!condition.message.empty()) entry.fields.emplace_back("because", condition.message);
    journal_.record(entry);
}

void Narrator::look_failed(const std::string& message) {
    if (message == look_fault_) return;
    look_fault_ = message;
    journal_.record({Severity::error,
                     "cannot look at the containers: nothing is done until that works",
                     {{"error", message}}});
}

void Narrator::look_worked() {
    if (look_fault_.empty()) return;
    look_fault_.clear();
    journal_.record({Severity::info, "the containers can be looked at again", {}});
}

}  // namespace roundhouse
