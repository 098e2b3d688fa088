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
// A stop and new targets end a turn's wait; this is for what nobody thought of.
constexpr Duration longest_wait{10'000};
// What is well is asked early by such a part of its period, if anything else is asked: each time
// that this process wakes up costs as much as a probe.
constexpr int early_part = 10;

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
    auto replies = transport_.wait(wait);
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        const Monotonic now = clock_.monotonic();
        // A silence that ends in the same moment is judged by them.
        for (const auto& reply : replies)
            take_in_witness(reply);
        for (auto& reply : replies)
            changed = take_in(std::move(reply), now) || changed;
    }
    if (changed) on_change_();
}

// The caller holds the lock, here and in the functions that follow.
ProbeRequest Prober::ask(Question question, const Subject& subject) {
    const ProbeTarget& target = subject.target;
    ProbeRequest request;
    request.ticket = ++last_ticket_;
    request.timeout = probe_.timeout;
    if (question == Question::http) {
        request.kind = ProbeKind::http;
        request.host = target.host;
        request.port = target.port;
        request.path = probe_.path;
    } else {
        request.kind = ProbeKind::connection;
        request.host = target.p2p_host;
        request.port = target.p2p_port;
    }
    under_way_[request.ticket] = {question, target.engine_id};
    return request;
}

ProbeRequest Prober::ask_witness(const Subject& subject, int port) {
    ProbeRequest request;
    request.kind = ProbeKind::connection;
    request.ticket = ++last_ticket_;
    request.timeout = probe_.timeout;
    request.host = subject.target.host;
    request.port = port;
    under_way_[request.ticket] = {Question::witness, subject.target.engine_id, port,
                                  subject.ticket};
    return request;
}

// The one of its gateway, and an engine at the same host that answered when last asked.
std::set<int> Prober::witnesses_of(const Subject& subject) const {
    const ProbeTarget& target = subject.target;
    std::set<int> ports;
    if (target.witness_port != 0) ports.insert(target.witness_port);
    const auto other = std::ranges::find_if(subjects_, [&](const auto& entry) {
        const auto& [id, each] = entry;
        return id != target.engine_id && each.target.host == target.host && each.view.answered_last;
    });
    if (other != subjects_.end()) ports.insert(other->second.target.port);
    return ports;
}

// Marks as under way what is due, and shortens `wait` to when the next one will be.
std::vector<ProbeRequest> Prober::due_requests(Monotonic now, Duration& wait) {
    const std::lock_guard lock(mutex_);
    std::vector<ProbeRequest> requests;
    // Only of an engine that is up: before that, everything is closed.
    const auto asks_p2p = [](const Subject& subject) {
        return subject.p2p_ticket == 0 && subject.target.p2p_port != 0 &&
               subject.view.answered_last;
    };
    const bool anything = std::ranges::any_of(subjects_, [&](const auto& entry) {
        const Subject& subject = entry.second;
        return (subject.ticket == 0 && subject.due <= now) ||
               (asks_p2p(subject) && subject.p2p_due <= now);
    });
    const auto is_due = [&](Monotonic due, bool is_well) {
        const Duration early = anything && is_well ? probe_.period / early_part : Duration{0};
        if (due > now + early) wait = std::min(wait, due - now);
        return due <= now + early;
    };
    for (auto& [id, subject] : subjects_) {
        const ProbeView& view = subject.view;
        if (subject.ticket == 0 && is_due(subject.due, view.answered_last)) {
            requests.push_back(ask(Question::http, subject));
            subject.ticket = requests.back().ticket;
            subject.witness.reset();
            if (subject.was_silent) {
                for (const int port : witnesses_of(subject))
                    requests.push_back(ask_witness(subject, port));
            }
        }
        if (asks_p2p(subject) && is_due(subject.p2p_due, view.p2p_refusals == 0)) {
            requests.push_back(ask(Question::p2p, subject));
            subject.p2p_ticket = requests.back().ticket;
        }
    }
    return requests;
}

void Prober::take_in_witness(const ProbeReply& reply) {
    const auto probe = under_way_.find(reply.ticket);
    if (probe->second.question != Question::witness) return;
    const auto [question, engine_id, port, beside] = under_way_.extract(probe).mapped();
    const auto subject = subjects_.find(engine_id);
    const bool is_awaited = subject != subjects_.end() && subject->second.ticket == beside;
    const bool replied =
        reply.outcome != ProbeOutcome::silent && reply.outcome != ProbeOutcome::unreachable;
    if (is_awaited && replied) subject->second.witness = port;
}

// Returns whether the loop should look again.
bool Prober::take_in(ProbeReply reply, Monotonic now) {
    const auto probe = under_way_.extract(reply.ticket);
    if (probe.empty()) return false;  // a witness's
    const auto found = subjects_.find(probe.mapped().engine_id);
    if (found == subjects_.end()) return false;  // no longer asked for
    Subject& subject = found->second;
    // Not so when the target was left out for a while since the probe began.
    if (reply.ticket == subject.p2p_ticket) return learn_p2p(subject, reply.outcome, now);
    if (reply.ticket != subject.ticket) return false;
    if (reply.outcome == ProbeOutcome::silent)
        return take_in_silence(subject, std::move(reply.detail), now);
    subject.was_silent = false;
    return conclude(subject, std::move(reply), now);
}

// Silence counts against an engine only where something else in its namespace replied to what was
// asked at the same moment: before or after that the network may have been another one.
bool Prober::take_in_silence(Subject& subject, std::string detail, Monotonic now) {
    if (!std::exchange(subject.was_silent, true) && !witnesses_of(subject).empty()) {
        subject.ticket = 0;
        subject.due = now + Duration{1};
        return false;
    }
    if (!subject.witness)
        return conclude(subject, {0, ProbeOutcome::unreachable, std::move(detail)}, now);
    return conclude(
        subject,
        {0, ProbeOutcome::silent,
         "no reply to a connection attempt within " + format_duration(probe_.timeout) +
             ", though " + subject.target.host + " replies on port " +
             std::to_string(*subject.witness) + ": its accept queue is full, or it hangs"},
        now);
}

// Takes in what an HTTP probe showed in the end: `silent` counts against the engine.
bool Prober::conclude(Subject& subject, ProbeReply reply, Monotonic now) {
    subject.ticket = 0;
    const ProbeTarget& target = subject.target;
    if (reply.outcome == ProbeOutcome::answered) engine_hosts_.insert(target.host);
    const bool counts = reply.outcome == ProbeOutcome::answered ||
                        reply.outcome == ProbeOutcome::unreachable || !target.named_in_spec ||
                        engine_hosts_.contains(target.host);
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
