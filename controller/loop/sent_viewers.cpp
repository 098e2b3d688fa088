#include "loop/sent_viewers.h"

#include <algorithm>

namespace roundhouse {

namespace {

// Where sessions are not known, a viewer is taken to watch for so long.
constexpr std::chrono::hours longest_unknown{4};

}  // namespace

std::vector<BalanceCandidate> SentViewers::candidates(const std::vector<EngineOffer>& engines,
                                                      std::string_view stream) {
    const std::lock_guard lock(mutex_);
    forget_those_who_left(engines);
    std::vector<BalanceCandidate> all;
    all.reserve(engines.size());
    for (const EngineOffer& engine : engines)
        all.push_back(candidate(engine, stream));
    return all;
}

// An engine without a session plays nothing, but a player of HLS may only be between two requests.
void SentViewers::forget_those_who_left(const std::vector<EngineOffer>& engines) {
    std::erase_if(sendings_, [&](Sending& sending) {
        const auto engine = std::ranges::find(engines, sending.engine, &EngineOffer::id);
        const Duration idle = age(sending.last);
        if (engine == engines.end()) return idle >= player_for;
        if (!engine->sessions) return idle >= longest_unknown;
        if (*engine->sessions > 0) return false;
        if (idle >= awaited_for) sending.plays = false;
        return idle >= player_for;
    });
}

BalanceCandidate SentViewers::candidate(const EngineOffer& engine, std::string_view stream) const {
    BalanceCandidate result;
    result.slot = engine.slot;
    result.draining = engine.draining;
    result.has_forwarded_port = engine.has_forwarded_port;
    result.sessions = engine.sessions;
    std::optional<int> sessions_before;  // before the first of those that are awaited
    for (const Sending& sending : sendings_) {
        if (sending.engine != engine.id) continue;
        const bool same = !stream.empty() && sending.viewer.stream == stream;
        if (same && sending.plays) result.plays_the_stream = true;
        result.last_sent_ago =
            std::min(result.last_sent_ago.value_or(Duration::max()), age(sending.last));
        if (age(sending.first) >= awaited_for) continue;
        ++result.awaited;
        if (!sessions_before) sessions_before = sending.sessions_before;
    }
    const int before = sessions_before.value_or(0);
    const int came = std::max(0, engine.sessions.value_or(before) - before);
    result.awaited = std::max(0, result.awaited - came);
    return result;
}

void SentViewers::sent(const EngineOffer& engine, const Viewer& viewer, bool again) {
    const std::lock_guard lock(mutex_);
    const Monotonic now = clock_.monotonic();
    if (again) {
        for (Sending& sending : sendings_) {
            const bool same = sending.viewer.client == viewer.client &&
                              (viewer.player.empty() || sending.viewer.player == viewer.player);
            if (same && sending.engine == engine.id) sending.last = now;
        }
        return;
    }
    if (sendings_.size() >= capacity) sendings_.pop_front();
    sendings_.push_back({engine.id, viewer, engine.sessions.value_or(0), now, now});
}

std::optional<std::string> SentViewers::last_engine(std::string Viewer::*member,
                                                    std::string_view value) const {
    const std::lock_guard lock(mutex_);
    for (auto sending = sendings_.rbegin(); sending != sendings_.rend(); ++sending) {
        const bool found = sending->viewer.*member == value && age(sending->last) < player_for;
        if (found) return sending->engine;
    }
    return std::nullopt;
}

}  // namespace roundhouse
