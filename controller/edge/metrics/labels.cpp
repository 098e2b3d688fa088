#include "edge/metrics/labels.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace roundhouse {

namespace {

// Reasons to replace an engine that lie in its network.
constexpr std::array rehost_reasons{
    Reason::gateway_restarted, Reason::gateway_recreated,  Reason::gateway_gone,
    Reason::gateway_not_ready, Reason::gateway_undeclared, Reason::outside_gateway,
    Reason::rebalanced,
};
// Reasons to replace an engine wherever it runs.
constexpr std::array other_replace_reasons{
    Reason::exited,
    Reason::start_failed,
    Reason::probe_failed,
    Reason::startup_timed_out,
    Reason::p2p_port_closed,
    Reason::template_changed,
    Reason::gateway_reconnected,
    Reason::forwarded_port_changed,
    Reason::port_conflict,
    Reason::unreadable_labels,
    Reason::drain_requested,
};
// Reasons that always remove an engine. An engine with a reason to be replaced is removed, too,
// when there is no slot for it.
constexpr std::array remove_reasons{
    Reason::surplus,
    Reason::slot_out_of_range,
    Reason::duplicate_slot,
    Reason::cannot_be_removed,
};

std::string_view word_for(RoundOutcome outcome) {
    switch (outcome) {
        case RoundOutcome::matched: return "matched";
        case RoundOutcome::differs: return "differs";
        case RoundOutcome::failed: return "failed";
    }
    return "unknown";
}

std::string_view word_for(std::optional<FaultKind> fault) {
    if (!fault) return "ok";
    switch (*fault) {
        case FaultKind::gone: return "gone";
        case FaultKind::conflict: return "conflict";
        case FaultKind::rejected: return "rejected";
        case FaultKind::unavailable: return "unavailable";
        case FaultKind::cancelled: return "cancelled";
    }
    return "unknown";
}

constexpr std::array<std::string_view, 6> gluetun_results{"ok",        "redirected", "unauthorized",
                                                          "not_found", "refused",    "no_reply"};

std::string_view gluetun_result(int status) {
    if (status == 0) return "no_reply";
    if (status >= 200 && status < 300) return "ok";
    if (status >= 300 && status < 400) return "redirected";
    if (status == 401 || status == 403) return "unauthorized";
    return status == 404 ? "not_found" : "refused";
}

prometheus::Labels gluetun_series(const std::string& gateway, std::string_view result) {
    return {{"gateway", gateway}, {"result", std::string(result)}};
}

prometheus::Labels docker_series(DockerOperation operation, std::optional<FaultKind> fault) {
    return {{"operation", std::string(to_string(operation))},
            {"result", std::string(word_for(fault))}};
}

prometheus::Labels step_series(Action action, Reason reason, bool well) {
    return {{"action", std::string(to_string(action))},
            {"reason", std::string(to_string(reason))},
            {"result", well ? "ok" : "failed"}};
}

template <class Reasons>
void add_steps(Action action, const Reasons& reasons, std::vector<prometheus::Labels>& all) {
    for (const Reason reason : reasons) {
        for (const bool well : {true, false})
            all.push_back(step_series(action, reason, well));
    }
}

}  // namespace

prometheus::Labels round_labels(RoundOutcome outcome) {
    return {{"result", std::string(word_for(outcome))}};
}

std::vector<prometheus::Labels> all_round_labels() {
    return {round_labels(RoundOutcome::matched), round_labels(RoundOutcome::differs),
            round_labels(RoundOutcome::failed)};
}

prometheus::Labels step_labels(const Step& step, bool well) {
    return step_series(step.action, step.reason, well);
}

std::vector<prometheus::Labels> all_step_labels() {
    std::vector<prometheus::Labels> all;
    add_steps(Action::create, std::array{Reason::missing}, all);
    add_steps(Action::start, std::array{Reason::not_started}, all);
    for (const Action action : {Action::replace, Action::remove}) {
        add_steps(action, rehost_reasons, all);
        add_steps(action, other_replace_reasons, all);
    }
    add_steps(Action::remove, remove_reasons, all);
    return all;
}

std::vector<prometheus::Labels> all_action_labels() {
    std::vector<prometheus::Labels> all;
    for (const Action action : {Action::create, Action::start, Action::replace, Action::remove})
        all.push_back({{"action", std::string(to_string(action))}});
    return all;
}

bool is_rehost(const Step& step) {
    return step.action == Action::replace &&
           std::ranges::find(rehost_reasons, step.reason) != rehost_reasons.end();
}

std::vector<prometheus::Labels> all_rehost_labels() {
    std::vector<prometheus::Labels> all;
    all.reserve(rehost_reasons.size());
    for (const Reason reason : rehost_reasons)
        all.push_back({{"reason", std::string(to_string(reason))}});
    return all;
}

prometheus::Labels docker_labels(const DockerCallEnd& call) {
    return docker_series(call.operation, call.fault);
}

std::vector<prometheus::Labels> all_docker_labels() {
    std::vector<prometheus::Labels> all;
    for (const DockerOperation operation : measured_operations) {
        all.push_back(docker_series(operation, std::nullopt));
        for (const FaultKind fault : possible_faults(operation))
            all.push_back(docker_series(operation, fault));
    }
    return all;
}

prometheus::Labels gluetun_labels(const GluetunRequest& request) {
    return gluetun_series(request.gateway, gluetun_result(request.status));
}

std::vector<prometheus::Labels> all_gluetun_labels(const std::string& gateway) {
    std::vector<prometheus::Labels> all;
    all.reserve(gluetun_results.size());
    for (const auto result : gluetun_results)
        all.push_back(gluetun_series(gateway, result));
    return all;
}

}  // namespace roundhouse
