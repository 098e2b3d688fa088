#include "core/stability.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "core/engine_image.h"
#include "core/last_lines.h"

namespace roundhouse {

namespace {

constexpr int signal_base = 128;  // exit codes above are those of signals

std::string whole_seconds(Duration duration) {
    return format_duration(std::chrono::ceil<std::chrono::seconds>(duration));
}

std::string in_mebibytes(std::int64_t bytes) {
    constexpr std::int64_t mebibyte = std::int64_t{1} << 20U;
    return std::to_string(bytes / mebibyte) + " MiB";
}

FailureCause cause_of_end(const EngineView& engine) {
    const EngineEnd end = engine.end.value_or(EngineEnd{});
    if (end.out_of_memory) return FailureCause::out_of_memory;
    if (port_in_use(engine.last_lines, engine.ports)) return FailureCause::port_in_use;
    return end.exit_code > signal_base ? FailureCause::killed : FailureCause::exited;
}

FailureCause cause_of(Reason reason, const EngineView& engine) {
    switch (reason) {
        case Reason::exited: return cause_of_end(engine);
        case Reason::start_failed: return FailureCause::start_failed;
        case Reason::startup_timed_out: return FailureCause::startup_timed_out;
        case Reason::probe_failed: return FailureCause::probe_failed;
        case Reason::p2p_port_closed: return FailureCause::p2p_port_closed;
        default: return FailureCause::port_conflict;
    }
}

std::string_view describe(FailureCause cause) {
    switch (cause) {
        case FailureCause::out_of_memory: return "out of memory";
        case FailureCause::port_in_use: return "a port was in use";
        case FailureCause::killed: return "killed by a signal";
        case FailureCause::exited: return "ended by themselves";
        case FailureCause::start_failed: return "could not be started";
        case FailureCause::startup_timed_out: return "never answered";
        case FailureCause::probe_failed: return "stopped answering";
        case FailureCause::p2p_port_closed: return "did not listen on the forwarded port";
        case FailureCause::port_conflict: return "the port belongs to somebody else";
    }
    return "";
}

// What a person can do about it, down to the field of the spec.
std::string remedy_for(FailureCause cause, const EngineTemplate& shape) {
    const ProbeSpec& probe = shape.probe;
    switch (cause) {
        case FailureCause::out_of_memory: {
            const auto limit = shape.resources.memory_bytes;
            return limit > 0 ? "raise template.resources.memory (" + in_mebibytes(limit) + ")"
                             : "the machine has too little memory: lower replicas";
        }
        case FailureCause::port_in_use:
            return "pass the ports as the image expects them (template.args, template.env), or "
                   "choose other `ports`";
        case FailureCause::killed:
            return "find out who sends the signal; where it is the kernel, for want of memory (see "
                   "dmesg), lower replicas or set template.resources.memory";
        case FailureCause::exited:
            return "read the log, and correct template.args, template.command, template.env or "
                   "template.image";
        case FailureCause::start_failed:
            return "correct the field of the template that the message shows";
        case FailureCause::startup_timed_out:
            return "correct template.probe.path (" + probe.path +
                   ") or the ports in template.args; where engines only start slowly, raise "
                   "template.probe.startupTimeout (" +
                   format_duration(probe.startup_timeout) + ")";
        case FailureCause::probe_failed:
            return "where engines are only slow, raise template.probe.timeout (" +
                   format_duration(probe.timeout) + ") or template.probe.failureThreshold (" +
                   std::to_string(probe.failure_threshold) +
                   "); else correct template.probe.path (" + probe.path + ")";
        case FailureCause::p2p_port_closed: return p2p_remedy(shape);
        case FailureCause::port_conflict: return "choose other `ports`";
    }
    return "";
}

// The later of two that are as common.
std::pair<FailureCause, int> commonest_cause(const std::vector<EngineFailure>& failures) {
    std::map<FailureCause, int> times;
    std::pair<FailureCause, int> most{FailureCause::exited, 0};
    for (const auto& failure : failures) {
        const int count = ++times[failure.cause];
        if (count >= most.second) most = {failure.cause, count};
    }
    return most;
}

// Of the decision, and what has been read of its log since.
std::string describe_failure(const EngineFailure& failure) {
    std::string text = failure.engine + " " + failure.message;
    const std::string words = describe_last_lines(failure.last_lines);
    const bool is_told = words.empty() || text.find(words) != std::string::npos;
    return text + (is_told ? "" : "; " + words);
}

}  // namespace

std::string_view to_string(FailureCause cause) {
    switch (cause) {
        case FailureCause::out_of_memory: return "OutOfMemory";
        case FailureCause::port_in_use: return "PortInUse";
        case FailureCause::killed: return "Killed";
        case FailureCause::exited: return to_string(Reason::exited);
        case FailureCause::start_failed: return to_string(Reason::start_failed);
        case FailureCause::startup_timed_out: return to_string(Reason::startup_timed_out);
        case FailureCause::probe_failed: return to_string(Reason::probe_failed);
        case FailureCause::p2p_port_closed: return to_string(Reason::p2p_port_closed);
        case FailureCause::port_conflict: return to_string(Reason::port_conflict);
    }
    return "Unknown";
}

std::optional<EngineFailure> failure_of(const Decision& decision, const Observation& seen) {
    const bool goes = decision.action && decision.fate == Fate::failed;
    const auto engine = std::ranges::find(seen.engines, decision.engine_id, &EngineView::id);
    if (!goes || engine == seen.engines.end()) return std::nullopt;
    return EngineFailure{engine->name, engine->id, cause_of(decision.reason, *engine),
                         decision.message, engine->last_lines};
}

void add_lines(EngineFailure& failure, std::vector<std::string> lines) {
    failure.last_lines = std::move(lines);
    const bool by_port =
        failure.cause == FailureCause::exited && port_in_use(failure.last_lines, {});
    if (by_port) failure.cause = FailureCause::port_in_use;
}

Condition judge_stability(const EnginePool& pool, const Observation& seen) {
    const FailureRun& run = seen.failures;
    Condition stable;
    stable.type = "Stable";
    stable.status = run.count < 2 ? Truth::yes : Truth::no;
    stable.reason = "FewFailures";
    if (run.count < 2 || run.latest.empty()) return stable;
    const auto [cause, times] = commonest_cause(run.latest);
    const int known = static_cast<int>(run.latest.size());
    const std::string share = times == known ? "" : std::to_string(times) + " of them: ";
    stable.reason = to_string(cause);
    stable.message = std::to_string(run.count) + " engines failed within " +
                     whole_seconds(run.first_ago) + " (" + share + std::string(describe(cause)) +
                     "): " + remedy_for(cause, pool.engine_template) +
                     ". True again once none fails for " + format_duration(stable_after) +
                     ". The last one: " + describe_failure(run.latest.back());
    return stable;
}

}  // namespace roundhouse
