#include "loop/step_runner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/fingerprint.h"
#include "core/last_lines.h"

namespace roundhouse {

namespace {

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts)
        all += (all.empty() ? "" : "; ") + text;
    return all;
}

}  // namespace

StepRunner::StepRunner(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
                       Meters& meters, std::function<void()> on_done, std::size_t max_in_flight,
                       const LastLines* last_lines)
    : runtime_(runtime),
      workers_(workers),
      clock_(clock),
      journal_(journal),
      meters_(meters),
      on_done_(std::move(on_done)),
      max_in_flight_(max_in_flight),
      last_lines_(last_lines) {}

StepRunner::~StepRunner() {
    drain();
}

void StepRunner::hand_out(const std::vector<Step>& steps,
                          const std::shared_ptr<const EnginePool>& pool) {
    const std::lock_guard lock(mutex_);
    paused_ = false;
    waiting_.clear();
    if (draining_) return;
    std::set<int> slots;
    for (const auto& step : steps) {
        const bool free =
            step.slot >= 0 && !in_flight_.contains(step.slot) && !starting_.contains(step.slot);
        if (free && slots.insert(step.slot).second) waiting_.push_back({step, pool});
    }
    begin_work();
}

// Starts as many workers as there are steps. The caller holds the lock.
void StepRunner::begin_work() {
    const std::size_t wanted = std::min(waiting_.size() + in_flight_.size(), max_in_flight_);
    for (; busy_ < wanted; ++busy_) {
        const bool begun = workers_.begin([this] { work(); });
        if (!begun && !short_of_threads_) {
            journal_.record({Severity::warning,
                             "steps wait: no thread can be started, see the limit on processes "
                             "(pids_limit)",
                             {}});
        }
        short_of_threads_ = !begun;
        if (!begun) return;
    }
}

void StepRunner::work() {
    std::unique_lock lock(mutex_);
    while (!paused_ && !waiting_.empty()) {
        const Order order = begin_next();
        lock.unlock();
        carry_out(order);
        lock.lock();
    }
    --busy_;
    changed_.notify_all();
}

StepRunner::Order StepRunner::begin_next() {
    Order order = std::move(waiting_.front());
    waiting_.pop_front();
    StepInFlight& flight = in_flight_[order.step.slot];
    flight.leaving = order.step.action == Action::remove;
    flight.engine_id = order.step.engine_id;
    if (order.step.placement) {
        flight.gateway = order.step.placement->gateway;
        flight.ports = order.step.placement->ports;
        flight.gateway_id = order.step.placement->incarnation.id;
    }
    in_flight_since_look_[order.step.slot] = flight;
    return order;
}

void StepRunner::carry_out(const Order& order) {
    const Monotonic began = clock_.monotonic();
    const StepResult result = perform(runtime_, *order.pool, order.step);
    if (result.template_refused) templates_.refuse(*order.pool, result.fault->message);
    if (!result.created_id.empty() && !result.fault) templates_.accept(*order.pool);
    const Duration took = clock_.monotonic() - began;
    report(order.step, result, took);
    meters_.step_ended(order.step, !result.fault, took);
    finish(order, result);
    on_done_();
}

void StepRunner::finish(const Order& order, const StepResult& result) {
    const std::lock_guard lock(mutex_);
    const int slot = order.step.slot;
    const Monotonic now = clock_.monotonic();
    const StepInFlight flight = in_flight_.extract(slot).mapped();
    const std::string& image = order.pool->engine_template.image;
    if (result.image_missing) missing_images_[image] = now;
    if (!result.created_id.empty()) missing_images_.erase(image);
    if (!result.fault && order.step.action == Action::remove) created_.erase(slot);
    const bool removes =
        order.step.action == Action::remove || order.step.action == Action::replace;
    const bool is_stuck = !result.stuck_id.empty();
    // Without a reply it may be gone, too.
    const bool stays = result.fault && result.fault->kind != FaultKind::unavailable;
    const bool is_slots_trouble = result.fault && !(is_stuck && stays);
    if (is_stuck) {
        Failures& failed = failed_removals_[result.stuck_id];
        failed = {failed.in_a_row + 1, now, result.fault->message};
    } else if (removes) {
        failed_removals_.erase(order.step.engine_id);
    }
    if (removes && (!is_stuck || !stays)) removed_[slot] = {now, order.step.engine_id};
    if (result.created) {
        const Incarnation& incarnation = order.step.placement->incarnation;
        created_[slot] = {now,        result.created_id,       flight, incarnation,
                          order.pool, joined(result.warnings), false};
    }
    const bool starts = order.step.action == Action::start || result.created;
    if (!result.fault && starts) {
        const bool anew = result.created;
        started_[slot] = {now, anew ? result.created_id : order.step.engine_id, flight};
    }
    if (!result.starting_id.empty()) {
        starting_[slot] = {now, result.starting_id, flight};  // it may still go well
    } else if (!result.fault || result.on_record) {
        troubles_.erase(slot);
    } else if (is_slots_trouble) {
        count(troubles_[slot], *order.pool, result.fault->message, now);
    }
}

void StepRunner::count(Failures& failures, const EnginePool& pool, std::string detail,
                       Monotonic now) {
    std::string hash = template_hash(pool);
    const int before = failures.template_hash == hash ? failures.in_a_row : 0;
    failures = {before + 1, now, std::move(detail), std::move(hash)};
}

// The plan may have been made before the engine's last lines were known.
std::string StepRunner::why(const Step& step) const {
    if (last_lines_ == nullptr) return step.message;
    const std::string words = describe_last_lines(last_lines_->of(step.engine_id));
    const bool is_told = words.empty() || step.message.find(words) != std::string::npos;
    return step.message + (is_told ? "" : "; " + words);
}

void StepRunner::report(const Step& step, const StepResult& result, Duration took) {
    JournalEntry entry;
    entry.fields = {{"engine", step.engine}, {"reason", std::string(to_string(step.reason))}};
    if (step.placement) {
        entry.fields.emplace_back("gateway", step.placement->gateway);
        entry.fields.emplace_back("port", std::to_string(step.placement->ports.http));
        entry.fields.emplace_back("p2p_port", std::to_string(step.placement->ports.p2p));
        if (step.placement->takes_forwarded_port) entry.fields.emplace_back("forwarded", "true");
    }
    if (!step.message.empty()) entry.fields.emplace_back("because", why(step));
    entry.fields.emplace_back("took", format_duration(took));
    if (result.fault) {
        entry.severity = Severity::error;
        entry.message = "step failed";
        entry.fields.emplace_back("step", std::string(to_string(step.action)));
        entry.fields.emplace_back("error", result.fault->message);
    } else {
        switch (step.action) {
            case Action::create: entry.message = "engine created"; break;
            case Action::start: entry.message = "engine started"; break;
            case Action::replace: entry.message = "engine replaced"; break;
            case Action::remove: entry.message = "engine removed"; break;
            case Action::pull: return;
        }
    }
    journal_.record(entry);
    if (result.warnings.empty()) return;
    journal_.record({Severity::warning,
                     "Docker warns of the new engine",
                     {{"engine", step.engine}, {"problem", joined(result.warnings)}}});
}

std::optional<StepInFlight> StepRunner::in_flight(int slot) const {
    const std::lock_guard lock(mutex_);
    const auto found = in_flight_.find(slot);
    return found == in_flight_.end() ? std::nullopt : std::optional(found->second);
}

bool StepRunner::idle() const {
    const std::lock_guard lock(mutex_);
    return in_flight_.empty() && (waiting_.empty() || busy_ == 0);
}

void StepRunner::drain() {
    std::unique_lock lock(mutex_);
    draining_ = true;
    waiting_.clear();
    changed_.wait(lock, [this] { return busy_ == 0; });
}

}  // namespace roundhouse
