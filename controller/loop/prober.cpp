#include "loop/prober.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/classify.h"
#include "core/host_port.h"

namespace roundhouse {

namespace {

// How often an engine that is still coming up is asked, as long as it refuses connections.
constexpr Duration startup_period{250};
// How often a P2P port is asked for that was found open: it hardly ever closes while the engine
// runs.
constexpr Duration open_p2p_period{30'000};
// A turn never waits longer than this, so that a stop is noticed.
constexpr Duration longest_wait{1000};

// The gateway of an engine that can be asked: ready, or as last known, and in the incarnation that
// the engine was made for.
const GatewayView* live_gateway(const Observation& seen, const EngineView& engine) {
    const auto gateway = std::ranges::find(seen.gateways, engine.gateway, &GatewayView::name);
    if (gateway == seen.gateways.end()) return nullptr;
    const GatewayState state = gateway->state;
    if (state != GatewayState::ready && state != GatewayState::unknown) return nullptr;
    return gateway->incarnation == engine.incarnation ? &*gateway : nullptr;
}

bool can_be_asked(const Observation& seen, const EngineView& engine) {
    const bool up = engine.state == EngineState::running || engine.state == EngineState::paused;
    if (!up || !engine.slot || engine.ports.http == 0) return false;
    return engine.gateway.empty() || live_gateway(seen, engine) != nullptr;
}

// Inside Docker. Empty: not known.
std::string own_address_of(const Observation& seen, const EngineView& engine) {
    if (engine.gateway.empty()) return engine.address;
    const GatewayView* gateway = live_gateway(seen, engine);
    return gateway == nullptr ? "" : gateway->address;
}

// nullptr: the spec does not name it.
const GatewaySpec* gateway_spec_of(const EnginePool& pool, const EngineView& engine) {
    const auto declared = std::ranges::find(pool.gateways, engine.gateway, &GatewaySpec::container);
    return declared == pool.gateways.end() ? nullptr : &*declared;
}

// Where its gateway can be dialled, as the spec says. Empty: it does not.
std::string named_address_of(const EnginePool& pool, const EngineView& engine) {
    const GatewaySpec* gateway = gateway_spec_of(pool, engine);
    return gateway == nullptr ? "" : gateway->control_server.address;
}

// Another port of the engine's namespace: that of its gateway's control server; where the spec
// names no such gateway, the engine's own P2P port, which the kernel at least refuses.
int witness_port_of(const EnginePool& pool, const EngineView& engine) {
    const GatewaySpec* gateway = gateway_spec_of(pool, engine);
    return gateway == nullptr ? engine.ports.p2p : gateway->control_server.port;
}

void count(int& failures) {
    if (failures < std::numeric_limits<int>::max()) ++failures;
}

// As the spec says, or else inside Docker. Empty: not known.
std::string address_of(const EnginePool& pool, const Observation& seen, const EngineView& engine) {
    const std::string named = named_address_of(pool, engine);
    return named.empty() ? own_address_of(seen, engine) : named;
}

}  // namespace

std::vector<ProbeTarget> probe_targets(const EnginePool& pool, const Observation& seen, Time now) {
    const bool shared = pool.forwarded_port.assign == PortAssignment::shared;
    std::vector<ProbeTarget> targets;
    for (const auto& engine : seen.engines) {
        if (!can_be_asked(seen, engine)) continue;
        std::string host = address_of(pool, seen, engine);
        if (host.empty()) continue;
        const Duration age = age_of(engine, seen, now);
        const bool young = age < pool.engine_template.probe.startup_timeout;
        ProbeTarget target{engine.id, std::move(host), engine.ports.http, young, "", 0};
        target.witness_port = witness_port_of(pool, engine);
        target.named_in_spec = !named_address_of(pool, engine).empty();
        target.p2p_host = own_address_of(seen, engine);
        // A port that engines share says nothing about any of them.
        const bool asked = !target.p2p_host.empty() && !(engine.made_with_forwarded_port && shared);
        if (asked) target.p2p_port = engine.ports.p2p;
        targets.push_back(std::move(target));
    }
    return targets;
}

void mark_unreachable(const EnginePool& pool, Observation& seen) {
    for (auto& engine : seen.engines) {
        if (!can_be_asked(seen, engine) || !address_of(pool, seen, engine).empty()) continue;
        engine.probe.unreachable = true;
        engine.probe.detail = "Docker knows no address of " +
                              (engine.gateway.empty() ? engine.name : engine.gateway) +
                              ": name one as controlServer.address";
    }
}

Prober::Prober(ProbeTransport& transport, const Clock& clock, std::function<void()> on_change)
    : transport_(transport), clock_(clock), on_change_(std::move(on_change)) {}

void Prober::set_targets(const std::vector<ProbeTarget>& targets, const ProbeSpec& probe) {
    bool asked_sooner = false;
    {
        const std::lock_guard lock(mutex_);
        const bool other_probe = probe != probe_;
        probe_ = probe;
        std::map<std::string, Subject> next;
        for (const auto& target : targets) {
            auto known = subjects_.find(target.engine_id);
            Subject subject = known == subjects_.end() ? Subject{} : std::move(known->second);
            asked_sooner = asked_sooner || other_probe || known == subjects_.end();
            subject.target = target;
            if (other_probe) subject.due = {};  // asked the new way at once
            next.emplace(target.engine_id, std::move(subject));
        }
        subjects_ = std::move(next);
    }
    if (asked_sooner) transport_.interrupt();
}

std::map<std::string, ProbeView> Prober::views() const {
    const std::lock_guard lock(mutex_);
    const Monotonic now = clock_.monotonic();
    std::map<std::string, ProbeView> views;
    for (const auto& [id, subject] : subjects_) {
        if (!subject.view.probed()) continue;
        ProbeView view = subject.view;
        if (view.failures > 0) view.failing_for = now - subject.failing_since;
        if (view.p2p_refusals > 0) view.p2p_refused_for = now - subject.p2p_refused_since;
        views.emplace(id, std::move(view));
    }
    return views;
}

bool Prober::asked_all() const {
    const std::lock_guard lock(mutex_);
    return std::ranges::all_of(subjects_,
                               [](const auto& entry) { return entry.second.view.probed(); });
}

void Prober::run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { transport_.interrupt(); });
    while (!stop.stop_requested())
        turn(longest_wait);
}

void Prober::turn(Duration at_most) {
    Duration wait = at_most;
    for (const auto& request : due_requests(clock_.monotonic(), wait))
        transport_.begin(request);
    bool changed = false;
    std::vector<ProbeRequest> further;
    for (auto& reply : transport_.wait(wait)) {
        changed = take_in(std::move(reply), clock_.monotonic(), further) || changed;
    }
    for (const auto& request : further)
        transport_.begin(request);
    if (changed) on_change_();
}

// The caller holds the lock.
ProbeRequest Prober::ask(Question question, const Subject& subject, Monotonic now) {
    const ProbeTarget& target = subject.target;
    ProbeRequest request;
    request.ticket = ++last_ticket_;
    request.timeout = probe_.timeout;
    request.host = target.host;
    request.kind = ProbeKind::connection;
    switch (question) {
        case Question::http:
            request.kind = ProbeKind::http;
            request.port = target.port;
            request.path = probe_.path;
            break;
        case Question::witness: request.port = target.witness_port; break;
        case Question::p2p:
            request.host = target.p2p_host;
            request.port = target.p2p_port;
            break;
    }
    under_way_[request.ticket] = {question, target.engine_id, request.host, request.port, now};
    return request;
}

// Marks as under way what is due, and shortens `wait` to when the next one will be.
std::vector<ProbeRequest> Prober::due_requests(Monotonic now, Duration& wait) {
    const std::lock_guard lock(mutex_);
    std::vector<ProbeRequest> requests;
    const auto is_due = [&](Monotonic due) {
        if (due > now) wait = std::min(wait, due - now);
        return due <= now;
    };
    for (auto& [id, subject] : subjects_) {
        if (subject.ticket == 0 && is_due(subject.due)) {
            requests.push_back(ask(Question::http, subject, now));
            subject.ticket = requests.back().ticket;
        }
        // Only of an engine that is up: before that, everything is closed.
        const bool asked = subject.target.p2p_port != 0 && subject.view.answered_last;
        if (asked && subject.p2p_ticket == 0 && is_due(subject.p2p_due)) {
            requests.push_back(ask(Question::p2p, subject, now));
            subject.p2p_ticket = requests.back().ticket;
        }
    }
    return requests;
}

// Returns whether the loop should look again. `further` gets what is to be asked at once.
bool Prober::take_in(ProbeReply reply, Monotonic now, std::vector<ProbeRequest>& further) {
    const std::lock_guard lock(mutex_);
    const Probe probe = under_way_.extract(reply.ticket).mapped();
    const bool replied =
        reply.outcome != ProbeOutcome::silent && reply.outcome != ProbeOutcome::unreachable;
    if (replied) {
        // One that stalls shows that the host was there when it took the connection: no later.
        const bool stalled = reply.outcome == ProbeOutcome::stalled;
        auto& last_reply = hosts_[probe.host].last_reply;
        last_reply = std::max(last_reply.value_or(probe.began), stalled ? probe.began : now);
    }
    const auto found = subjects_.find(probe.engine_id);
    if (found == subjects_.end()) return false;  // no longer asked for
    Subject& subject = found->second;
    // Not so when the target was left out for a while since the probe began.
    const bool is_awaited = reply.ticket == subject.ticket || reply.ticket == subject.p2p_ticket;
    if (!is_awaited) return false;

    if (probe.question == Question::p2p) return learn_p2p(subject, reply.outcome, now);
    if (probe.question == Question::witness) {
        return take_in_witness(subject, probe, reply.outcome, now);
    }
    if (reply.outcome != ProbeOutcome::silent) return conclude(subject, std::move(reply), now);
    subject.silence = reply.detail;
    subject.silence_began = probe.began;
    const int witness = subject.target.witness_port;
    if (witness == 0 || replied_since(probe.host, probe.began)) {
        return take_in_witness(subject, probe, ProbeOutcome::silent, now);
    }
    further.push_back(ask(Question::witness, subject, now));
    subject.ticket = further.back().ticket;
    return false;
}

bool Prober::replied_since(const std::string& host, Monotonic began) const {
    const auto known = hosts_.find(host);
    return known != hosts_.end() && known->second.last_reply.value_or(Monotonic::min()) >= began;
}

// Silence counts against an engine only where something else in its namespace replies.
bool Prober::take_in_witness(Subject& subject, const Probe& probe, ProbeOutcome outcome,
                             Monotonic now) {
    const bool is_witness = outcome != ProbeOutcome::silent && outcome != ProbeOutcome::unreachable;
    if (!is_witness && !replied_since(probe.host, subject.silence_began)) {
        return conclude(subject, {0, ProbeOutcome::unreachable, subject.silence}, now);
    }
    // The network may have come back during the probe: it has to reply before one begins, too.
    if (!std::exchange(subject.host_replies, true)) {
        subject.ticket = 0;
        // Other engines are asked once a period.
        subject.due = now + (is_witness ? Duration{1} : probe_.period);
        return false;
    }
    const std::string where = is_witness ? "port " + std::to_string(probe.port) : "other ports";
    return conclude(subject,
                    {0, ProbeOutcome::silent,
                     "no reply to a connection attempt within " + format_duration(probe_.timeout) +
                         ", though " + probe.host + " replies on " + where +
                         ": its accept queue is full, or it hangs"},
                    now);
}

// Takes in what an HTTP probe showed in the end: `silent` counts against the engine.
bool Prober::conclude(Subject& subject, ProbeReply reply, Monotonic now) {
    subject.ticket = 0;
    if (reply.outcome != ProbeOutcome::silent) subject.host_replies = false;
    const ProbeTarget& target = subject.target;
    Host& host = hosts_[target.host];
    if (reply.outcome == ProbeOutcome::answered) host.has_engines = true;
    const bool counts = reply.outcome == ProbeOutcome::answered ||
                        reply.outcome == ProbeOutcome::unreachable || !target.named_in_spec ||
                        host.has_engines;
    const ProbeOutcome met = reply.outcome;
    if (!counts) {
        reply.outcome = ProbeOutcome::unreachable;
        reply.detail += " at " + host_port(target.host, target.port) +
                        ", and no engine has answered at that host yet (controlServer.address)";
    }
    const bool changed = learn(subject, reply, now);
    subject.due = now + pause_after(subject, met, now);
    return changed;
}

// Until the next HTTP probe.
Duration Prober::pause_after(const Subject& subject, ProbeOutcome outcome, Monotonic now) const {
    // Each attempt may take a place in the accept queue of an engine that accepts nothing.
    if (outcome == ProbeOutcome::stalled || outcome == ProbeOutcome::silent) return probe_.period;
    // One that was created long before it was started is asked as often as a young one.
    const bool failed_lately =
        subject.view.failures > 0 && now - subject.failing_since < probe_.startup_timeout;
    const bool coming_up = !subject.view.answered_ever && (subject.target.young || failed_lately);
    return coming_up ? std::min(startup_period, probe_.period) : probe_.period;
}

// Only a refusal says something against an engine. Returns whether the loop should look again.
bool Prober::learn_p2p(Subject& subject, ProbeOutcome outcome, Monotonic now) const {
    ProbeView& view = subject.view;
    subject.p2p_ticket = 0;
    subject.p2p_due = now + probe_.period;
    if (outcome == ProbeOutcome::answered) {
        subject.p2p_due = now + std::max(probe_.period, open_p2p_period);
        const bool was_reported = view.p2p_refusals >= probe_.failure_threshold;
        view.p2p_refusals = 0;
        return was_reported;
    }
    if (outcome != ProbeOutcome::failed) return false;
    if (view.p2p_refusals == 0) subject.p2p_refused_since = now;
    count(view.p2p_refusals);
    return view.p2p_refusals == probe_.failure_threshold;
}

// Returns whether the loop should look again.
bool Prober::learn(Subject& subject, const ProbeReply& reply, Monotonic now) const {
    ProbeView& view = subject.view;
    const bool answered_before = view.answered_last;
    const bool unreachable_before = view.unreachable;
    view.detail = reply.detail;
    view.unreachable = reply.outcome == ProbeOutcome::unreachable;
    if (view.unreachable) {
        view.answered_last = false;
        return answered_before || !unreachable_before;
    }
    view.answered_last = reply.outcome == ProbeOutcome::answered;
    if (view.answered_last) {
        view.answered_ever = true;
        view.failures = 0;
        return !answered_before;
    }
    if (view.failures == 0) subject.failing_since = now;
    count(view.failures);
    return answered_before || view.failures == probe_.failure_threshold;
}

}  // namespace roundhouse
