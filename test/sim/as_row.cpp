#include "sim/as_row.h"

#include <map>
#include <set>
#include <vector>

#include "core/status.h"

namespace roundhouse::test {

namespace {

// Text that grows by assignments to the members of one object.
class Assignments {
  public:
    Assignments(std::string object, const std::string& declaration) : object_(std::move(object)) {
        text_ = "    " + declaration + "\n";
    }

    template <class T>
    Assignments& set(const std::string& member, const T& value, const T& otherwise = {}) {
        if (!(value == otherwise)) assign(member, literal(value));
        return *this;
    }
    void assign(const std::string& member, const std::string& value) {
        text_ += "    " + object_ + "." + member + " = " + value + ";\n";
    }
    void add(const std::string& line) { text_ += "    " + line + "\n"; }
    const std::string& text() const { return text_; }

    static std::string literal(int value) { return std::to_string(value); }
    static std::string literal(bool value) { return value ? "true" : "false"; }
    static std::string literal(const std::string& value) { return '"' + value + '"'; }
    static std::string literal(Duration value) {
        return "Duration{" + std::to_string(value.count()) + "}";
    }
    static std::string literal(const std::optional<Duration>& value) {
        return value ? literal(*value) : "std::nullopt";
    }
    static std::string literal(const Time& value) {
        return "Time{Duration{" + std::to_string(value.time_since_epoch().count()) + "}}";
    }
    static std::string literal(const EnginePorts& value) {
        return "{" + literal(value.http) + ", " + literal(value.https) + ", " + literal(value.api) +
               ", " + literal(value.p2p) + "}";
    }
    static std::string literal(const Incarnation& value) {
        return "{" + literal(value.id) + ", " + literal(value.started_at) + "}";
    }
    template <class Number>
    static std::string numbers(const Number& values) {
        std::string list;
        for (const int value : values)
            list += (list.empty() ? "" : ", ") + literal(value);
        return "{" + list + "}";
    }
    static std::string ages(const std::map<int, Duration>& values) {
        std::string list;
        for (const auto& [key, value] : values) {
            list += (list.empty() ? "{" : ", {") + literal(key) + ", " + literal(value) + "}";
        }
        return "{" + list + "}";
    }
    template <class Enum>
    static std::string enumerator(const std::string& type, Enum value) {
        return "static_cast<" + type + ">(" + literal(static_cast<int>(value)) + ")";
    }

  private:
    std::string object_;
    std::string text_;
};

std::string pool_text(const EnginePool& pool) {
    std::string gateways;
    for (const auto& gateway : pool.gateways)
        gateways += (gateways.empty() ? "\"" : ", \"") + gateway.container + '"';
    const EnginePool plain;
    Assignments out("pool", "EnginePool pool = pool_of(" + std::to_string(pool.replicas) + ", {" +
                                gateways + "});");
    if (pool.ports != plain.ports) {
        const PortBases& ports = pool.ports;
        out.assign("ports", Assignments::literal(
                                EnginePorts{ports.http, ports.https, ports.api, ports.p2p}));
    }
    out.set("network", pool.network)
        .set("max_active_replicas", pool.max_active_replicas, plain.max_active_replicas)
        .set("max_unavailable", pool.max_unavailable, plain.max_unavailable)
        .set("failover_after", pool.failover_after, plain.failover_after)
        .set("restart_engines_on_reconnect", pool.restart_engines_on_reconnect, true)
        .set("drain.timeout", pool.drain.timeout)
        .set("drain.idle_for", pool.drain.idle_for)
        .set("forwarded_port.stable_for", pool.forwarded_port.stable_for)
        .set("forwarded_port.min_interval", pool.forwarded_port.min_interval)
        .set("forwarded_port.wait_for", pool.forwarded_port.wait_for);
    out.assign("forwarded_port.assign",
               Assignments::enumerator("PortAssignment", pool.forwarded_port.assign));
    for (std::size_t i = 0; i < pool.gateways.size(); ++i) {
        const PortBases& own = pool.gateways[i].ports;
        out.add("pool.gateways[" + std::to_string(i) + "].ports = " +
                Assignments::literal(EnginePorts{own.http, own.https, own.api, own.p2p}) + ";");
    }
    const ProbeSpec& probe = pool.engine_template.probe;
    out.set("engine_template.image", pool.engine_template.image)
        .set("engine_template.probe.failure_threshold", probe.failure_threshold)
        .set("engine_template.probe.startup_timeout", probe.startup_timeout);
    out.assign("engine_template.pull_policy",
               Assignments::enumerator("PullPolicy", pool.engine_template.pull_policy));
    for (const auto& [key, value] : pool.engine_template.env)
        out.add("pool.engine_template.env.emplace_back(\"" + key + "\", \"" + value + "\");");
    return out.text();
}

std::string gateway_text(const GatewayView& gateway) {
    Assignments out("view", "{ GatewayView view;");
    out.set("name", gateway.name)
        .set("declared", gateway.declared, true)
        .set("detail", gateway.detail)
        .set("incarnation", gateway.incarnation)
        .set("address", gateway.address)
        .set("not_ready_for", gateway.not_ready_for)
        .set("ready_for", gateway.ready_for)
        .set("port_changes", gateway.port_changes)
        .set("expects_port", gateway.expects_port)
        .set("port_awaited_for", gateway.port_awaited_for)
        .set("reconnected_ago", gateway.reconnected_ago);
    out.assign("state", Assignments::enumerator("GatewayState", gateway.state));
    out.assign("vpn_status", Assignments::enumerator("VpnStatus", gateway.vpn_status));
    out.assign("published_tcp_ports", Assignments::numbers(gateway.published_tcp_ports));
    if (!gateway.strangers_ports.empty()) {
        out.assign("strangers_ports", Assignments::numbers(gateway.strangers_ports));
    }
    out.assign("ports_answer.kind",
               Assignments::enumerator("PortsAnswerKind", gateway.ports_answer.kind));
    out.assign("ports_answer.ports", Assignments::numbers(gateway.ports_answer.ports));
    if (!gateway.first_ports.empty()) {
        out.assign("first_ports", Assignments::numbers(gateway.first_ports));
    }
    out.assign("reported_for", Assignments::ages(gateway.reported_for));
    out.add("seen.gateways.push_back(view); }");
    return out.text();
}

void set_probe(Assignments& out, const ProbeView& probe) {
    out.set("probe.answered_ever", probe.answered_ever)
        .set("probe.answered_last", probe.answered_last)
        .set("probe.failures", probe.failures)
        .set("probe.unreachable", probe.unreachable)
        .set("probe.failing_for", probe.failing_for)
        .set("probe.p2p_refusals", probe.p2p_refusals)
        .set("probe.p2p_refused_for", probe.p2p_refused_for);
}

std::string engine_text(const EngineView& engine) {
    Assignments out("view", "{ EngineView view;");
    out.set("id", engine.id).set("name", engine.name);
    if (engine.slot) out.assign("slot", Assignments::literal(*engine.slot));
    out.assign("state", Assignments::enumerator("EngineState", engine.state));
    out.set("network.joins", engine.network.joins)
        .set("network.name", engine.network.name)
        .set("address", engine.address)
        .set("gateway", engine.gateway)
        .set("incarnation", engine.incarnation)
        .set("template_hash", engine.template_hash)
        .set("ports", engine.ports)
        .set("made_with_forwarded_port", engine.made_with_forwarded_port)
        .set("followed", engine.followed)
        .set("failures", engine.failures)
        .set("created_at", engine.created_at);
    if (engine.end) {
        out.assign("end", "EngineEnd{}");
        out.set("end->exit_code", engine.end->exit_code)
            .set("end->start_error", engine.end->start_error);
        if (engine.end->finished_at) {
            out.assign("end->finished_at", Assignments::literal(*engine.end->finished_at));
        }
    }
    set_probe(out, engine.probe);
    if (engine.p2p_listens) {
        out.assign("p2p_listens", *engine.p2p_listens ? "true" : "false");
        out.set("p2p_unheard_for", engine.p2p_unheard_for);
    }
    if (engine.usage) {
        out.assign("usage", "UsageView{}");
        out.set("usage->sessions", engine.usage->sessions)
            .set("usage->idle_for", engine.usage->idle_for)
            .set("usage->never_used", engine.usage->never_used);
    }
    out.set("wished_for", engine.wished_for);
    out.add("seen.engines.push_back(view); }");
    return out.text();
}

std::string neighbour_text(const NeighbourView& neighbour) {
    Assignments out("view", "{ NeighbourView view;");
    out.set("id", neighbour.id)
        .set("name", neighbour.name)
        .set("pool", neighbour.pool)
        .set("gateway_id", neighbour.gateway_id)
        .set("ports", neighbour.ports)
        .set("created_at", neighbour.created_at);
    out.add("seen.neighbours.push_back(view); }");
    return out.text();
}

std::string rest_text(const Observation& seen) {
    Assignments out("seen", "");
    for (const auto& [slot, step] : seen.steps_in_flight) {
        out.add("seen.steps_in_flight[" + std::to_string(slot) + "] = {" +
                Assignments::literal(step.leaving) + ", " + Assignments::literal(step.gateway) +
                ", " + Assignments::literal(step.ports) + ", " +
                Assignments::literal(step.gateway_id) + ", " +
                Assignments::literal(step.engine_id) + "};");
    }
    for (const auto& [slot, trouble] : seen.troubles) {
        out.add("seen.troubles[" + std::to_string(slot) + "] = {" +
                Assignments::literal(trouble.failures) + ", " +
                Assignments::literal(trouble.since_last_failure) + ", " +
                Assignments::literal(trouble.detail) + "};");
    }
    for (const auto& [id, failed] : seen.failed_removals) {
        out.add("seen.failed_removals[" + Assignments::literal(id) + "] = {" +
                Assignments::literal(failed.failures) + ", " +
                Assignments::literal(failed.since_last_failure) + ", " +
                Assignments::literal(failed.detail) + "};");
    }
    out.add("seen.created_ago = " + Assignments::ages(seen.created_ago) + ";");
    for (const auto& [slot, name] : seen.foreign_names)
        out.add("seen.foreign_names[" + std::to_string(slot) + "] = \"" + name + "\";");
    if (seen.runtime.pins_gateways) out.add("seen.runtime.pins_gateways = true;");
    out.set("image.present", seen.image.present, true)
        .set("image.pulling", seen.image.pulling)
        .set("image.pull_failures", seen.image.pull_failures)
        .set("image.since_last_failure", seen.image.since_last_failure)
        .set("image.since_last_pull", seen.image.since_last_pull);
    return out.text();
}

std::string plan_text(const Plan& plan) {
    std::string text = "    // What was planned:\n";
    for (const auto& decision : plan.decisions) {
        text += "    //   " + (decision.engine.empty() ? "one more" : decision.engine) + ": " +
                std::string(to_string(decision.fate)) + " " +
                std::string(to_string(decision.reason)) + (decision.ready ? " ready" : "") +
                (decision.action ? " -> " + std::string(to_string(*decision.action)) : "") +
                (decision.gateway.empty() ? "" : " @" + decision.gateway) + " " + decision.message +
                (decision.wait.ends() ? "; waits " + describe(decision.wait) : "") + "\n";
    }
    return text;
}

}  // namespace

std::string as_row(const RoundView& view) {
    std::string text = pool_text(*view.pool) + "    Observation seen;\n";
    for (const auto& gateway : view.seen.gateways)
        text += gateway_text(gateway);
    for (const auto& engine : view.seen.engines)
        text += engine_text(engine);
    for (const auto& neighbour : view.seen.neighbours)
        text += neighbour_text(neighbour);
    text += rest_text(view.seen);
    text += "    const Plan result = plan(pool, seen, " + Assignments::literal(view.at) + ");\n";
    return text + plan_text(view.plan);
}

}  // namespace roundhouse::test
