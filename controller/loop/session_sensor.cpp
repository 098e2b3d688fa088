#include "loop/session_sensor.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

// For so long what was known holds when a table cannot be read, or an engine is not listed.
constexpr Duration holds_for = 60s;
// Linux remembers for 60 s what has ended.
constexpr Duration longest_unread = 50s;

bool runs(const EngineView& engine) {
    return engine.state == EngineState::running || engine.state == EngineState::paused;
}

bool can_have_sessions(const EngineView& engine) {
    return engine.slot && engine.ports.http != 0 && runs(engine);
}

bool has_own_namespace(const EngineView& engine) {
    return engine.gateway.empty() && engine.network.joins.empty();
}

}  // namespace

void SessionSensor::recall(std::vector<EngineView>& engines) {
    note_listed(engines);
    const Monotonic now = clock_.monotonic();
    for (auto& engine : engines) {
        const Subject& subject = subjects_.at(engine.id);
        const auto since = wished_since_.find(engine.id);
        if (since != wished_since_.end()) engine.wished_for = now - since->second;
        if (!can_have_sessions(engine)) continue;
        engine.usage_unknown = subject.unknown;
        engine.p2p_listens = subject.p2p_listens;
        if (subject.p2p_listens && subject.unheard_since)
            engine.p2p_unheard_for = now - *subject.unheard_since;
        if (!subject.known && !subject.never_used) continue;
        const Duration idle = subject.sessions > 0 ? Duration{0} : now - subject.last_use;
        engine.usage = UsageView{subject.sessions, idle, subject.never_used};
    }
}

bool SessionSensor::is_due(const Plan& plan, Duration check_interval) const {
    const bool takes_away = std::ranges::any_of(plan.steps, &Step::graceful) ||
                            std::ranges::any_of(plan.decisions, &Decision::wished);
    if (takes_away || !measured_at_) return true;
    const bool is_quiet = std::ranges::all_of(subjects_, [&](const auto& each) {
        const bool is_idle = each.second.known && each.second.sessions == 0;
        return is_idle || each.second.listed_at != listed_at_;
    });
    const Duration age = clock_.monotonic() - *measured_at_;
    if (age < (plan.steps.empty() ? check_interval / 2 : check_interval * 5)) return false;
    return !is_quiet || age >= longest_unread ||
           std::ranges::any_of(
               counts_, [&](const auto& each) { return tables_.count(each.first) != each.second; });
}

void SessionSensor::measure(const std::vector<GatewaySighting>& gateways,
                            std::vector<EngineView>& engines) {
    measured_at_ = clock_.monotonic();
    counts_.clear();
    note_listed(engines);
    const std::vector<Home> homes = homes_of(gateways, engines);
    const Monotonic now = clock_.monotonic();  // finding them may have taken seconds
    for (auto& engine : engines) {
        const bool has_home = std::ranges::any_of(
            homes, [&](const Home& home) { return std::ranges::count(home.engines, &engine) > 0; });
        // Its namespace is gone, or not to be found in this look.
        if (can_have_sessions(engine) && !has_home) miss(engine, "", now);
    }
    for (const auto& home : homes) {
        counts_.emplace_back(home.process, tables_.count(home.process));
        std::set<int> ports;
        for (const EngineView* engine : home.engines)
            ports.insert({engine->ports.http, engine->ports.p2p});
        const auto rows =
            !home.unknown.empty()
                ? Result<std::vector<SocketRow>>(Fault{FaultKind::unavailable, home.unknown})
                : tables_.read(home.process, ports);
        if (!rows && rows.fault().kind == FaultKind::gone) pids_.erase(home.process.container_id);
        for (const EngineView* engine : home.engines) {
            if (rows) {
                learn(*engine, rows.value(), now);
            } else {
                miss(*engine, rows.fault().message, now);
            }
        }
    }
    recall(engines);
}

// An engine that was not there at the looks before, or does not run yet, was never used. One list
// alone may lack an engine that is there.
void SessionSensor::note_listed(const std::vector<EngineView>& engines) {
    const Monotonic now = listed_at_ = clock_.monotonic();
    for (const auto& engine : engines) {
        const auto [entry, is_new] = subjects_.try_emplace(engine.id);
        Subject& subject = entry->second;
        subject.listed_at = now;
        if (!is_new) continue;
        subject.last_use = now;
        subject.never_used = has_looked_ || engine.state == EngineState::created;
        if (subject.never_used) subject.came_at = now;
    }
    std::erase_if(subjects_,
                  [&](const auto& each) { return now - each.second.listed_at > holds_for; });
    const auto is_gone = [&](const auto& each) { return !subjects_.contains(each.first); };
    std::erase_if(pids_, is_gone);
    std::erase_if(wished_since_, is_gone);
    has_looked_ = true;
}

// Without those that are cut off from every namespace: they serve nobody.
std::vector<SessionSensor::Home> SessionSensor::homes_of(
    const std::vector<GatewaySighting>& gateways, std::vector<EngineView>& engines) {
    std::vector<Home> homes;
    for (auto& engine : engines) {
        if (!can_have_sessions(engine) || !has_own_namespace(engine)) continue;
        Home home;
        home.process.container_id = engine.id;
        home.engines.push_back(&engine);
        homes.push_back(std::move(home));
    }
    find_processes(homes);
    for (const auto& gateway : gateways) {
        Home home;
        if (gateway.container) home.process = {gateway.container->id, gateway.container->pid};
        home.unknown = gateway.unknown;
        if (gateway.container && gateway.container->pid == 0) {
            home.unknown = "no process is known of gateway " + gateway.name;
        }
        for (auto& engine : engines) {
            const bool is_here =
                gateway.container
                    ? engine.incarnation.id == gateway.container->id &&
                          engine.incarnation.started_at == gateway.container->started_at
                    : !gateway.unknown.empty() && engine.gateway == gateway.name;
            if (is_here && can_have_sessions(engine)) home.engines.push_back(&engine);
        }
        if (!home.engines.empty()) homes.push_back(std::move(home));
    }
    return homes;
}

// Docker is asked once for each engine: it is never started a second time.
void SessionSensor::find_processes(std::vector<Home>& own) {
    std::vector<Job> questions;
    for (auto& home : own) {
        const auto known = pids_.find(home.process.container_id);
        if (known != pids_.end()) {
            home.process.pid = known->second;
            continue;
        }
        questions.emplace_back([&] {
            const auto pid = runtime_.inspect_pid(home.process.container_id);
            if (pid && pid.value()) home.process.pid = *pid.value();
            home.unknown = pid ? "" : pid.fault().message;
            if (pid && home.process.pid == 0) home.unknown = "no process is known of it";
        });
    }
    workers_.do_all(questions);
    for (const auto& home : own) {
        if (home.unknown.empty()) pids_[home.process.container_id] = home.process.pid;
    }
}

bool SessionSensor::is_own(const SocketRow& row) const {
    if (row.state == SocketRow::State::established) return own_.is_open(row.peer);
    // What ended within the namespace was the health check of an image.
    return own_.was_open(row.peer) || is_loopback_address(row.peer.address);
}

void SessionSensor::learn(const EngineView& engine, const std::vector<SocketRow>& rows,
                          Monotonic now) {
    Subject& subject = subjects_.at(engine.id);
    subject.sessions = 0;
    std::set<Endpoint> half_closed;
    const auto note_use = [&](Monotonic at) {
        subject.never_used = false;
        subject.last_use = std::max(subject.last_use, at);
    };
    for (const auto& row : rows) {
        if (row.port != engine.ports.http || is_own(row)) continue;
        switch (row.state) {
            case SocketRow::State::listening: break;
            case SocketRow::State::established:
                ++subject.sessions;
                note_use(now);
                break;
            case SocketRow::State::half_closed:
                if (!subject.half_closed.contains(row.peer)) note_use(now);
                half_closed.insert(row.peer);
                break;
            case SocketRow::State::ended:
                if (now - row.ended_for > subject.came_at) note_use(now - row.ended_for);
                break;
        }
    }
    subject.half_closed = std::move(half_closed);
    learn_p2p(subject, engine, rows, now);
    subject.known = true;
    subject.unknown.clear();
    subject.last_look = now;
}

// Before an engine answers over HTTP it may still have to open the port.
void SessionSensor::learn_p2p(Subject& subject, const EngineView& engine,
                              const std::vector<SocketRow>& rows, Monotonic now) {
    if (engine.ports.p2p == 0) return;
    subject.p2p_listens = std::ranges::any_of(rows, [&](const SocketRow& row) {
        return row.state == SocketRow::State::listening && row.port == engine.ports.p2p;
    });
    const bool is_unheard = !*subject.p2p_listens && engine.probe.answered_last;
    if (!is_unheard) subject.unheard_since.reset();
    if (is_unheard && !subject.unheard_since) subject.unheard_since = now;
}

// Nobody knows whether it is used meanwhile.
void SessionSensor::miss(const EngineView& engine, const std::string& why, Monotonic now) {
    Subject& subject = subjects_.at(engine.id);
    subject.last_use = std::max(subject.last_use, now);
    subject.never_used = false;
    subject.p2p_listens.reset();
    subject.known = subject.known && now - subject.last_look <= holds_for;
    subject.unknown = subject.known ? "" : why;
}

void SessionSensor::note_wishes(const Plan& plan) {
    const Monotonic now = clock_.monotonic();
    for (const auto& decision : plan.decisions) {
        if (decision.wished) wished_since_.try_emplace(decision.engine_id, now);
        // A step that fails, or a look that tells nothing of the engine, ends no wish.
        const bool is_over =
            !decision.wished && decision.fate != Fate::busy && decision.fate != Fate::unknown;
        if (is_over) wished_since_.erase(decision.engine_id);
    }
}

}  // namespace roundhouse
