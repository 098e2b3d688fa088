#include "sim/viewers.h"

#include <algorithm>
#include <chrono>

#include "core/engine_facts.h"
#include "core/gateway_index.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

// Rounds take a while.
constexpr Duration slack = 2s;
// What was known of an engine holds for so long.
constexpr Duration holds_for = 60s;
constexpr Duration time_wait = 60s;

bool is_wished(const Decision& decision) {
    return decision.fate == Fate::outdated || decision.fate == Fate::surplus ||
           (decision.fate == Fate::failed && decision.wished);  // its P2P port is closed
}

// It serves as far as anybody knows, and the cap does not want it gone.
bool may_wait(const RoundView& view, const EngineView& engine, const Step& step) {
    const auto engines = std::ranges::count_if(
        view.seen.engines, [](const EngineView& each) { return each.slot.has_value(); });
    const bool above_cap =
        step.reason == Reason::surplus && engines > view.pool->max_active_replicas;
    const GatewayView* gateway = GatewayIndex(view.seen.gateways).of(engine);
    const bool given_up =
        gateway != nullptr && !gateway->declared && gateway->state != GatewayState::ready;
    const bool cut_off = gateway != nullptr && (gateway->state == GatewayState::missing ||
                                                gateway->state == GatewayState::stopped ||
                                                gateway->incarnation != engine.incarnation);
    return serving(engine, view.pool->engine_template.probe) == Serving::yes && !above_cap &&
           !given_up && !cut_off;
}

}  // namespace

std::optional<SocketRow> row_of(const Visit& visit, int port, Duration now) {
    if (visit.from > now) return std::nullopt;
    if (now < visit.until) return SocketRow{SocketRow::State::established, port, visit.peer};
    const Duration ended_for = now - visit.until;
    if (!visit.leaves_trace || ended_for >= time_wait) return std::nullopt;
    return SocketRow{SocketRow::State::ended, port, visit.peer, ended_for};
}

Endpoint Viewers::next_peer() {
    ++peers_;
    return {"203.0.113." + std::to_string(peers_ % 250), 1024 + peers_ / 250 % 60'000};
}

void Viewers::come(const std::string& engine_id, Duration serves_from, Dice& dice) {
    auto& visits = visits_[engine_id];
    Duration from = serves_from;
    for (int i = dice.below(4); i > 0; --i) {
        from += std::chrono::seconds{dice.below(40)};
        const bool in_pieces = dice.one_in(2);
        for (int piece = in_pieces ? dice.between(2, 8) : 1; piece > 0; --piece) {
            const Duration stays{in_pieces ? dice.between(50, 3'000) : dice.between(1'000, 90'000)};
            visits.push_back({next_peer(), from, from + stays, dice.one_in(2)});
            from += stays;
            if (in_pieces) from += Duration{dice.between(500, 8'000)};
        }
    }
}

void Viewers::leave_all(Duration now) {
    for (auto& [id, visits] : visits_) {
        std::erase_if(visits, [&](const Visit& visit) { return visit.from > now; });
        for (auto& visit : visits)
            visit.until = std::min(visit.until, now);
    }
}

void Viewers::note_probe(const std::string& container_id, int port, const Visit& probe) {
    std::erase_if(probes_,
                  [&](const Probe& each) { return each.visit.until + time_wait < probe.from; });
    probes_.push_back({container_id, port, probe});
}

const std::vector<Visit>& Viewers::of(const std::string& engine_id) const {
    static const std::vector<Visit> none;
    const auto found = visits_.find(engine_id);
    return found == visits_.end() ? none : found->second;
}

std::optional<Duration> Viewers::last_seen(const std::string& engine_id, Duration now) const {
    std::optional<Duration> last;
    for (const auto& visit : of(engine_id)) {
        if (visit.from <= now)
            last = std::max(last.value_or(visit.from), std::min(visit.until, now));
    }
    return last;
}

std::vector<SocketRow> Viewers::probes(const std::string& container_id, Duration now) const {
    std::vector<SocketRow> rows;
    for (const auto& each : probes_) {
        if (each.container_id != container_id) continue;
        if (const auto row = row_of(each.visit, each.port, now)) rows.push_back(*row);
    }
    return rows;
}

void DrainWatch::process_began() {
    told_in_round_.clear();
    asked_in_round_.clear();
    told_.clear();
    wished_at_.clear();
    waits_since_.clear();
}

void DrainWatch::told(const std::string& engine_id, bool in_use, Duration now) {
    told_in_round_.insert(engine_id);
    asked_in_round_.insert(engine_id);
    Told& told = told_[engine_id];
    told.at = now;
    told.first_at = told.first_at.value_or(now);
    told.in_use = in_use;
    if (in_use) told.last_in_use = now;
}

// Of some engines no table is asked for, as Docker does not tell of their gateway, or as the round
// reads none: then only those whose gateway is not known, or not there, may have been missed.
void DrainWatch::note_untold(const RoundView& view, Duration now) {
    const bool measures =
        !asked_in_round_.empty() || std::ranges::any_of(view.plan.decisions, &Decision::wished);
    const GatewayIndex gateways(view.seen.gateways);
    for (const auto& engine : view.seen.engines) {
        const bool runs =
            engine.state == EngineState::running || engine.state == EngineState::paused;
        const bool is_asked = runs && engine.slot && engine.ports.http != 0;
        if (!is_asked || told_in_round_.contains(engine.id)) continue;
        const GatewayView* gateway = gateways.of(engine);
        const bool is_known = gateway != nullptr && gateway->state != GatewayState::unknown &&
                              gateway->incarnation == engine.incarnation;
        if (measures) {
            not_told(engine.id, now);
        } else if (!is_known) {
            told_[engine.id].perhaps_missed_at = now;
        }
    }
}

// As the fates say; a step under way, or a look that tells nothing, ends no wish.
void DrainWatch::note_wishes(const RoundView& view, Duration now) {
    for (const auto& decision : view.plan.decisions) {
        if (is_wished(decision)) {
            wished_at_.try_emplace(decision.engine_id, now);
        } else if (decision.fate != Fate::busy && decision.fate != Fate::unknown) {
            wished_at_.erase(decision.engine_id);
        }
        if (decision.reason == Reason::in_use) {
            waits_since_.try_emplace(decision.engine_id, now);
        } else if (decision.fate != Fate::busy && decision.fate != Fate::unknown) {
            waits_since_.erase(decision.engine_id);
        }
    }
}

std::optional<std::string> DrainWatch::check_wait(const Decision& decision, const DrainSpec& drain,
                                                  const Viewers& viewers, Duration now) const {
    const auto told = told_.find(decision.engine_id);
    if (told == told_.end() || !told->second.at) {
        return "A8: " + decision.engine + " waits, and nothing is known of its sessions";
    }
    // A look may take its time: ages are measured when it begins, and the table is read later.
    const Duration read_at =
        std::max(*told->second.at, told->second.failed_at.value_or(Duration{0}));
    now = std::min(round_began_at_, read_at);
    if (now - waits_since_.at(decision.engine_id) > drain.timeout + slack) {
        return "A8: " + decision.engine + " waits for longer than drain.timeout";
    }
    const Duration first = *told->second.first_at;
    Duration last = std::max(first, viewers.last_seen(decision.engine_id, read_at).value_or(first));
    last = std::max(last, told->second.failed_at.value_or(last));
    last = std::max(last, told->second.perhaps_missed_at.value_or(last));
    if (now - last <= drain.idle_for + slack) return std::nullopt;
    return "A8: " + decision.engine + " waits, and nobody uses it";
}

std::optional<std::string> DrainWatch::check_step(const RoundView& view, const Step& step,
                                                  Duration now) const {
    const auto decision =
        std::ranges::find(view.plan.decisions, step.engine_id, &Decision::engine_id);
    const auto engine = std::ranges::find(view.seen.engines, step.engine_id, &EngineView::id);
    const auto found = told_.find(step.engine_id);
    const bool known = decision != view.plan.decisions.end() && engine != view.seen.engines.end() &&
                       found != told_.end() && found->second.at;
    if (!known || !is_wished(*decision) || !may_wait(view, *engine, step)) return std::nullopt;
    const DrainSpec& drain = view.pool->drain;
    if (now - wished_at_.at(step.engine_id) >= drain.timeout - slack) return std::nullopt;
    const Told& told = found->second;
    const std::string who = "A8: " + step.engine + " goes by choice";
    if (!asked_in_round_.contains(step.engine_id)) return who + ", and its table was not read";
    const Duration quiet = drain.idle_for - slack;
    if (told.in_use && now - *told.at < holds_for - slack) return who + ", and was last in use";
    if (told.last_in_use && now - *told.last_in_use < quiet) return who + ", and was just in use";
    const bool known_again = told.failed_at && *told.at > *told.failed_at;
    if (known_again && now - *told.failed_from < quiet) return who + ", and was not known just now";
    return std::nullopt;
}

std::optional<std::string> DrainWatch::check(const RoundView& view, const Viewers& viewers,
                                             const IsGone& is_gone, Duration now) {
    note_wishes(view, now);
    note_untold(view, now);
    for (const auto& decision : view.plan.decisions) {
        if (decision.reason != Reason::in_use || is_gone(decision.engine_id)) continue;
        if (auto broken = check_wait(decision, view.pool->drain, viewers, now)) return broken;
    }
    for (const auto& step : view.plan.steps) {
        if (step.engine_id.empty() || step.action == Action::start) continue;
        if (auto broken = check_step(view, step, now)) return broken;
    }
    return std::nullopt;
}

}  // namespace roundhouse::test
