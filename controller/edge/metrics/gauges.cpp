#include "edge/metrics/gauges.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "edge/system/process_stats.h"
#include "edge/system/version.h"

namespace roundhouse {

namespace {

constexpr std::array<std::string_view, 15> condition_types{"Ready",
                                                           "Stable",
                                                           "Progressing",
                                                           "SpecValid",
                                                           "TemplateAccepted",
                                                           "RuntimeReachable",
                                                           "GatewayReady",
                                                           "VpnStatusKnown",
                                                           "ForwardedPortReady",
                                                           "Capped",
                                                           "PortsPublished",
                                                           "PortsFree",
                                                           "RuntimeUnderstood",
                                                           "CreatedAsAsked",
                                                           "SessionsKnown"};

constexpr std::array engine_states{
    EngineState::created,  EngineState::running, EngineState::paused, EngineState::restarting,
    EngineState::removing, EngineState::exited,  EngineState::dead};

std::string_view reason_of(GatewayState state) {
    switch (state) {
        case GatewayState::missing: return "Missing";
        case GatewayState::stopped: return "Stopped";
        case GatewayState::paused: return "Paused";
        case GatewayState::starting: return "Starting";
        case GatewayState::unhealthy: return "Unhealthy";
        case GatewayState::ready: return "Ready";
        case GatewayState::unknown: return "Unknown";
    }
    return "Unknown";
}

const Condition* find_condition(const BoardView& board, std::string_view type) {
    const auto found = std::ranges::find(board.conditions, type, &Condition::type);
    return found == board.conditions.end() ? nullptr : &*found;
}

bool holds(const BoardView& board, std::string_view type) {
    const Condition* condition = find_condition(board, type);
    return condition != nullptr && condition->status == Truth::yes;
}

// The last round saw the spec in force and had nothing to do. When Docker does not answer, it is
// unknown whether the containers still match.
bool converged(const BoardView& board) {
    return board.round != nullptr && board.round->generation == board.spec.generation &&
           board.round->plan.matches() && holds(board, "RuntimeReachable");
}

double seconds_since_epoch(Time time) {
    return to_seconds(time.time_since_epoch());
}

void add_pool(const BoardView& board, std::vector<MetricFamily>& families) {
    const EnginePool* pool = board.spec.pool.get();
    const int replicas = pool == nullptr ? 0 : pool->replicas;
    const int most = pool == nullptr ? 0 : pool->max_active_replicas;
    const int ready = board.round == nullptr ? 0 : board.round->plan.ready();
    const int stood_down = board.round == nullptr ? 0 : board.round->plan.stood_down;
    families.push_back(single_gauge("roundhouse_replicas_spec",
                                    "Engines that the spec in force asks for.", replicas));
    families.push_back(single_gauge("roundhouse_replicas_max",
                                    "Most engines that may run, by spec and environment.", most));
    families.push_back(single_gauge("roundhouse_replicas_wanted",
                                    "Engines that should run: replicas_spec, at most replicas_max, "
                                    "without those that somebody drained.",
                                    std::max(std::min(replicas, most) - stood_down, 0)));
    families.push_back(single_gauge("roundhouse_engines_ready",
                                    "Engines that serve behind a ready gateway.", ready));
    families.push_back(single_gauge("roundhouse_converged",
                                    "1 when the world matched the spec in the last round.",
                                    converged(board) ? 1 : 0));
    families.push_back(
        single_gauge("roundhouse_spec_valid",
                     "1 when the spec was accepted as last saved; at 0 the last good "
                     "one stays in force.",
                     holds(board, "SpecValid") ? 1 : 0));
    families.push_back(single_gauge("roundhouse_spec_generation",
                                    "How many different specs were accepted; 0 is none yet.",
                                    static_cast<double>(board.spec.generation)));
    families.push_back(single_gauge(
        "roundhouse_last_look_timestamp_seconds",
        "Time of the last successful look; engine and gateway gauges are from then. 0 before the "
        "first.",
        board.round == nullptr ? 0 : seconds_since_epoch(board.round->at)));
}

void add_conditions(const BoardView& board, std::vector<MetricFamily>& families) {
    auto statuses =
        gauge_family("roundhouse_condition", "1 for the status that a condition of the pool has.");
    auto times = gauge_family("roundhouse_condition_last_transition_timestamp_seconds",
                              "When the condition's status last changed; 0 while it is not known.");
    for (const auto type : condition_types) {
        const Condition* condition = find_condition(board, type);
        const Truth status = condition == nullptr ? Truth::unknown : condition->status;
        for (const Truth truth : {Truth::yes, Truth::no, Truth::unknown}) {
            add_gauge(statuses,
                      {{"type", std::string(type)}, {"status", std::string(to_string(truth))}},
                      status == truth ? 1.0 : 0.0);
        }
        const double since =
            condition == nullptr ? 0 : seconds_since_epoch(condition->last_transition);
        add_gauge(times, {{"type", std::string(type)}}, since);
    }
    families.push_back(std::move(statuses));
    families.push_back(std::move(times));
}

// One series for each state and gateway, so that a count falls to 0 instead of disappearing.
void add_engine_counts(const BoardView& board, std::vector<MetricFamily>& families) {
    auto counts =
        gauge_family("roundhouse_engines", "Engines by gateway and by their state in Docker.");
    std::vector<std::string> gateways = gateway_names(board);
    const bool without_gateways = board.spec.pool != nullptr && board.spec.pool->gateways.empty();
    if (without_gateways) gateways.emplace_back();
    for (const auto& gateway : gateways) {
        for (const EngineState state : engine_states) {
            int count = 0;
            if (board.round != nullptr) {
                for (const auto& engine : board.round->seen.engines) {
                    const bool ours = engine.slot.has_value() && engine.gateway == gateway;
                    count += ours && engine.state == state ? 1 : 0;
                }
            }
            add_gauge(counts, {{"gateway", gateway}, {"state", std::string(to_string(state))}},
                      double(count));
        }
    }
    families.push_back(std::move(counts));
}

void add_engines(const BoardView& board, std::vector<MetricFamily>& families) {
    auto info = gauge_family("roundhouse_engine_info",
                             "1 for each engine: the address for clients, and its P2P port.");
    auto ready = gauge_family("roundhouse_engine_ready", "1 when the engine serves.");
    auto failures =
        gauge_family("roundhouse_engine_failures", "Failures in a row that led to this engine.");
    std::set<std::string> added;
    std::unordered_map<std::string_view, const EngineView*> engines;
    if (board.round != nullptr) {
        for (const auto& engine : board.round->seen.engines)
            engines.emplace(engine.name, &engine);
    }
    const bool known = board.round != nullptr;
    for (const auto& decision : known ? board.round->plan.decisions : std::vector<Decision>{}) {
        const bool there = decision.fate != Fate::missing && decision.fate != Fate::foreign;
        if (!there || !added.insert(decision.engine).second) continue;
        const MetricLabels own{{"engine", decision.engine}, {"gateway", decision.gateway}};
        MetricLabels all = own;
        all.emplace_back("host", decision.host);
        all.emplace_back("port", std::to_string(decision.port));
        all.emplace_back("p2p_port", std::to_string(decision.p2p_port));
        all.emplace_back("forwarded", decision.has_forwarded_port ? "true" : "false");
        add_gauge(info, all, 1);
        add_gauge(ready, own, decision.ready ? 1.0 : 0.0);
        const auto engine = engines.find(decision.engine);
        add_gauge(failures, own, engine == engines.end() ? 0.0 : double(engine->second->failures));
    }
    families.push_back(std::move(info));
    families.push_back(std::move(ready));
    families.push_back(std::move(failures));
}

// No series for engines whose sessions are not known: 0 would say that they are idle.
void add_sessions(const BoardView& board, std::vector<MetricFamily>& families) {
    auto of_engines = gauge_family(
        "roundhouse_engine_sessions",
        "Connections to the engine's HTTP port, without this controller's; none where not known.");
    int all = 0;
    std::set<std::string> added;
    for (const auto& engine :
         board.round == nullptr ? std::vector<EngineView>{} : board.round->seen.engines) {
        if (!engine.usage || !added.insert(engine.name).second) continue;
        all += engine.usage->sessions;
        add_gauge(of_engines, {{"engine", engine.name}, {"gateway", engine.gateway}},
                  double(engine.usage->sessions));
    }
    families.push_back(std::move(of_engines));
    families.push_back(single_gauge("roundhouse_sessions",
                                    "Sessions of all engines of which they are known.", all));
}

const GatewayView* find_gateway(const BoardView& board, const std::string& name) {
    if (board.round == nullptr) return nullptr;
    const auto& gateways = board.round->seen.gateways;
    const auto found = std::ranges::find(gateways, name, &GatewayView::name);
    return found == gateways.end() ? nullptr : &*found;
}

void add_gateways(const BoardView& board, std::vector<MetricFamily>& families) {
    auto ready =
        gauge_family("roundhouse_gateway_ready", "1 when engines can run behind the gateway.");
    auto info = gauge_family("roundhouse_gateway_info",
                             "1 for each gateway; the reason says why it is (not) ready.");
    auto ports = gauge_family(
        "roundhouse_gateway_forwarded_ports",
        "Ports that the VPN forwards to the gateway, as Gluetun reported in the last round.");
    auto first = gauge_family("roundhouse_gateway_forwarded_port",
                              "The first forwarded port of the gateway; 0 when there is none.");
    for (const auto& name : gateway_names(board)) {
        const GatewayView* gateway = find_gateway(board, name);
        const auto reason = gateway == nullptr ? "Unknown" : reason_of(gateway->state);
        const auto forwarded =
            gateway == nullptr ? std::vector<int>{} : gateway->ports_answer.ports;
        const MetricLabels own{{"gateway", name}};
        add_gauge(ready, own, reason == "Ready" ? 1.0 : 0.0);
        add_gauge(info, {{"gateway", name}, {"reason", std::string(reason)}}, 1);
        add_gauge(ports, own, double(forwarded.size()));
        add_gauge(first, own, forwarded.empty() ? 0.0 : double(forwarded.front()));
    }
    families.push_back(std::move(ready));
    families.push_back(std::move(info));
    families.push_back(std::move(ports));
    families.push_back(std::move(first));
}

// No series where the spec ignores forwarded ports.
void add_forwarded_port_use(const BoardView& board, std::vector<MetricFamily>& families) {
    auto uses = gauge_family("roundhouse_gateway_forwarded_port_info",
                             "1 for each gateway; the reason says whether engines use its ports.");
    const bool ignored = board.spec.pool != nullptr &&
                         board.spec.pool->forwarded_port.assign == PortAssignment::none;
    for (const auto& name : ignored ? std::vector<std::string>{} : gateway_names(board)) {
        std::string reason = "Unknown";
        if (board.round != nullptr) {
            const auto& ports = board.round->plan.forwarded_ports;
            const auto outlook = std::ranges::find(ports, name, &PortOutlook::gateway);
            if (outlook != ports.end()) reason = to_string(outlook->use);
        }
        add_gauge(uses, {{"gateway", name}, {"reason", std::move(reason)}}, 1);
    }
    families.push_back(std::move(uses));
}

void add_build(std::vector<MetricFamily>& families) {
    auto info = gauge_family("roundhouse_build_info", "1; the labels name the build.");
    add_gauge(info, {{"version", version()}, {"commit", commit()}}, 1);
    families.push_back(std::move(info));
}

// The labels are empty before the first look.
void add_runtime(const BoardView& board, std::vector<MetricFamily>& families) {
    auto info = gauge_family("roundhouse_runtime_info",
                             "1; the labels name the daemon that runs the containers.");
    const RuntimeView none;
    const RuntimeView& runtime = board.round == nullptr ? none : board.round->seen.runtime;
    add_gauge(info,
              {{"name", runtime.name}, {"version", runtime.version}, {"api", runtime.api_version}},
              1);
    families.push_back(std::move(info));
}

void add_process(std::vector<MetricFamily>& families) {
    const ProcessStats stats = read_process_stats();
    const auto add = [&](const char* name, const char* help, double value) {
        families.push_back(single_gauge(name, help, value));
    };
    families.push_back(single_counter("process_cpu_seconds_total",
                                      "CPU time of this process, user and system.",
                                      stats.cpu_seconds));
    add("process_resident_memory_bytes", "Memory of this process in RAM.", stats.resident_bytes);
    add("process_virtual_memory_bytes", "Address space of this process.", stats.virtual_bytes);
    add("process_open_fds", "Open file descriptors.", stats.open_fds);
    add("process_max_fds", "File descriptors that may be open.", stats.max_fds);
    add("process_threads", "Threads of this process.", stats.threads);
    add("process_start_time_seconds", "When this process started.", stats.start_time);
}

}  // namespace

BoardView read_board(const Board& board) {
    return {board.spec(), board.round(), board.conditions()};
}

std::vector<std::string> gateway_names(const BoardView& board) {
    std::vector<std::string> names;
    if (board.spec.pool != nullptr) {
        for (const auto& gateway : board.spec.pool->gateways)
            names.push_back(gateway.container);
    }
    if (board.round == nullptr) return names;
    for (const auto& gateway : board.round->seen.gateways) {
        if (std::ranges::find(names, gateway.name) == names.end()) names.push_back(gateway.name);
    }
    return names;
}

std::vector<MetricFamily> read_gauges(const BoardView& board) {
    std::vector<MetricFamily> families;
    add_build(families);
    add_runtime(board, families);
    add_pool(board, families);
    add_conditions(board, families);
    add_engine_counts(board, families);
    add_engines(board, families);
    add_sessions(board, families);
    add_gateways(board, families);
    add_forwarded_port_use(board, families);
    add_process(families);
    return families;
}

}  // namespace roundhouse
