#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/fingerprint.h"
#include "loop/step_runner.h"

namespace roundhouse {

namespace {

// Whether the new engine would be as wrong as this one, as long as the spec stays.
bool repeats_itself(Reason reason) {
    switch (reason) {
        case Reason::outside_gateway:
        case Reason::template_changed:
        case Reason::unreadable_labels:
        case Reason::gateway_undeclared:
        case Reason::gateway_recreated:
        case Reason::gateway_restarted: return true;
        default: return false;
    }
}

}  // namespace

StepRunner::Look::Look(StepRunner& runner, const EnginePool& pool)
    : runner_(runner), pool_(pool), template_hash_(template_hash(pool)) {
    const std::lock_guard lock(runner_.mutex_);
    std::erase_if(runner_.waiting_, [&](const Order& order) { return order.pool.get() != &pool; });
    runner_.in_flight_since_look_ = runner_.in_flight_;
    runner_.look_began_ = runner_.clock_.monotonic();
}

StepRunner::Look::~Look() {
    if (!handed_out_) runner_.hand_out({}, nullptr);
}

std::optional<Duration> StepRunner::Look::image_missing_ago(const std::string& image) const {
    const std::lock_guard lock(runner_.mutex_);
    const auto missing = runner_.missing_images_.find(image);
    if (missing == runner_.missing_images_.end()) return std::nullopt;
    return runner_.clock_.monotonic() - missing->second;
}

bool StepRunner::Look::is_changing(int slot) const {
    const std::lock_guard lock(runner_.mutex_);
    return runner_.in_flight_.contains(slot) || runner_.starting_.contains(slot);
}

void StepRunner::Look::pause_steps(Observation& seen) {
    const std::lock_guard lock(runner_.mutex_);
    const Monotonic began = runner_.look_began_;
    runner_.paused_ = true;
    std::erase_if(runner_.failed_removals_, [&](const auto& entry) {
        return std::ranges::count(seen.engines, entry.first, &EngineView::id) == 0;
    });
    fill_in_troubles(seen);
    seen.created_ago.clear();
    seen.create_warnings.clear();
    seen.steps_in_flight = runner_.in_flight_since_look_;
    fill_in_starts(seen);
    list_lags_ = false;
    const auto is_behind = [&](int slot, const StepInFlight& step) {
        list_lags_ = seen.steps_in_flight.emplace(slot, step).second || list_lags_;
    };
    for (const auto& [slot, created] : runner_.created_) {
        if (created.at <= began) seen.created_ago.emplace(slot, began - created.at);
        const bool warns = !created.warnings.empty() &&
                           std::ranges::count(seen.engines, created.id, &EngineView::id) > 0;
        if (warns) seen.create_warnings.emplace(slot, created.warnings);
        if (began - created.at >= listing_lag) continue;
        // If no reply had its id, any engine in the slot but the one that it replaces.
        const bool listed = std::ranges::any_of(
            seen.engines, [at = slot, &created = created](const EngineView& engine) {
                if (!created.id.empty()) return engine.id == created.id;
                return engine.slot == at && engine.id != created.step.engine_id;
            });
        if (!listed) is_behind(slot, created.step);
    }
    for (const auto& [slot, removed] : runner_.removed_) {
        const bool lately = began - removed.at < listing_lag;
        const bool listed = std::ranges::count(seen.engines, removed.id, &EngineView::id) > 0;
        if (lately && listed) is_behind(slot, StepInFlight{true, {}, {}});
    }
    for (const auto& [slot, started] : runner_.started_) {
        const bool lately = began - started.at < listing_lag;
        const auto engine = std::ranges::find(seen.engines, started.id, &EngineView::id);
        const bool lags = engine != seen.engines.end() && engine->state == EngineState::created;
        if (lately && lags) is_behind(slot, started.step);
    }
}

// The caller holds the lock.
void StepRunner::Look::fill_in_troubles(Observation& seen) const {
    const Monotonic began = runner_.look_began_;
    const auto told = [&](const Failures& failures) {
        const Duration ago = std::max(began - failures.last, Duration{0});
        return Trouble{failures.in_a_row, ago, failures.detail};
    };
    const auto left = [](const Trouble& trouble) {
        return remaining(backoff_after(trouble.failures + 1), trouble.since_last_failure);
    };
    seen.troubles.clear();
    // Of calls that failed and of steps that did not help the one that holds back for longer.
    const auto add = [&](int slot, const Failures& failures) {
        Trouble found = told(failures);
        const auto [known, is_first] = seen.troubles.try_emplace(slot, found);
        if (!is_first && left(found) > left(known->second)) known->second = std::move(found);
    };
    for (const auto& [slot, failures] : runner_.troubles_) {
        if (failures.template_hash == template_hash_) add(slot, failures);
    }
    for (const auto& [slot, failures] : runner_.vain_) {
        const bool lately = began - failures.last < failure_reset_after;
        if (lately && failures.template_hash == template_hash_) add(slot, failures);
    }
    seen.failed_removals.clear();
    for (const auto& [id, failures] : runner_.failed_removals_)
        seen.failed_removals.emplace(id, told(failures));
}

// Forgets the starts whose end this look shows. The caller holds the lock.
void StepRunner::Look::fill_in_starts(Observation& seen) {
    const Monotonic began = runner_.look_began_;
    std::erase_if(runner_.starting_, [&](const auto& entry) {
        const Start& start = entry.second;
        if (start.at >= began) return false;  // the list may be older
        const auto engine = std::ranges::find(seen.engines, start.id, &EngineView::id);
        const bool is_created =
            engine != seen.engines.end() && engine->state == EngineState::created;
        return !is_created || began - start.at >= longest_start;
    });
    for (const auto& [slot, start] : runner_.starting_)
        seen.steps_in_flight.emplace(slot, start.step);
}

void StepRunner::Look::resume_steps() {
    const std::lock_guard lock(runner_.mutex_);
    runner_.paused_ = false;
    runner_.begin_work();
}

bool StepRunner::Look::count_vain(const std::vector<Step>& steps, Observation& seen) {
    const std::lock_guard lock(runner_.mutex_);
    bool counted = false;
    for (const auto& step : steps) {
        const auto found = runner_.created_.find(step.slot);
        if (found == runner_.created_.end() || !repeats_itself(step.reason)) continue;
        Created& created = found->second;
        const bool is_it = !created.id.empty() && created.id == step.engine_id &&
                           created.pool.get() == &pool_ && !created.in_vain;
        const bool same_home =
            !step.placement || step.placement->incarnation == created.incarnation;
        if (!is_it || !same_home) continue;
        created.in_vain = counted = true;
        Failures& vain = runner_.vain_[step.slot];
        const Monotonic now = runner_.look_began_;
        if (now - vain.last >= failure_reset_after) vain = {};
        runner_.count(vain, pool_,
                      "was created and found unchanged: " + step.message +
                          ": does a proxy or plugin alter what Docker is asked to create?",
                      now);
    }
    if (counted) fill_in_troubles(seen);
    return counted;
}

void StepRunner::Look::hand_out(const std::vector<Step>& steps,
                                const std::shared_ptr<const EnginePool>& pool) {
    handed_out_ = true;
    runner_.hand_out(steps, pool);
}

}  // namespace roundhouse
