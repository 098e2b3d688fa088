#include "loop/step_runner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/fingerprint.h"

namespace roundhouse {

StepRunner::StepRunner(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
                       Meters& meters, std::function<void()> on_done, std::size_t max_in_flight)
    : runtime_(runtime),
      workers_(workers),
      clock_(clock),
      journal_(journal),
      meters_(meters),
      on_done_(std::move(on_done)),
      max_in_flight_(max_in_flight) {}

StepRunner::~StepRunner() {
    drain();
}

void StepRunner::begin_look(const EnginePool& pool, Observation& seen) {
    const std::string hash = template_hash(pool);
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](const Order& order) { return order.pool.get() != &pool; });
    in_flight_since_look_ = in_flight_;
    const Monotonic now = look_began_ = clock_.monotonic();
    for (const auto& [slot, trouble] : troubles_) {
        if (trouble.template_hash != hash) continue;
        seen.troubles.emplace(
            slot, SlotTrouble{trouble.failures, now - trouble.last_failure, trouble.detail});
    }
    for (const auto& [slot, created] : created_)
        seen.created_ago.emplace(slot, now - created.at);
}

void StepRunner::hold(Observation& seen) {
    const std::lock_guard lock(mutex_);
    held_ = true;
    seen.steps_in_flight = in_flight_since_look_;
    for (const auto& [slot, created] : created_) {
        if (look_began_ - created.at >= listing_lag) continue;
        const bool listed = std::ranges::any_of(
            seen.engines, [&, at = slot, &id = created.id](const EngineView& engine) {
                return id.empty() ? engine.slot == at : engine.id == id;
            });
        if (!listed) seen.steps_in_flight.emplace(slot, created.step);
    }
}

void StepRunner::release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    begin_work();
}

void StepRunner::hand_out(const std::vector<Step>& steps,
                          const std::shared_ptr<const EnginePool>& pool) {
    const std::lock_guard lock(mutex_);
    held_ = false;
    waiting_.clear();
    if (draining_) return;
    std::set<int> slots;
    for (const auto& step : steps) {
        const bool free = step.slot >= 0 && !in_flight_.contains(step.slot);
        if (free && slots.insert(step.slot).second) waiting_.push_back({step, pool});
    }
    begin_work();
}

// Starts as many workers as there are steps. The caller holds the lock.
void StepRunner::begin_work() {
    const std::size_t wanted = std::min(waiting_.size() + in_flight_.size(), max_in_flight_);
    for (; busy_ < wanted; ++busy_)
        workers_.begin([this] { work(); });
}

void StepRunner::work() {
    std::unique_lock lock(mutex_);
    while (!held_ && !waiting_.empty()) {
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
    if (order.step.placement) {
        flight.gateway = order.step.placement->gateway;
        flight.ports = order.step.placement->ports;
    }
    in_flight_since_look_[order.step.slot] = flight;
    return order;
}

void StepRunner::carry_out(const Order& order) {
    const Monotonic began = clock_.monotonic();
    const StepResult result = perform(runtime_, *order.pool, order.step);
    const Duration took = clock_.monotonic() - began;
    tell(order.step, result, took);
    meters_.step_ended(order.step, !result.fault, took);
    finish(order, result);
    on_done_();
}

void StepRunner::finish(const Order& order, const StepResult& result) {
    const std::lock_guard lock(mutex_);
    const int slot = order.step.slot;
    const Monotonic now = clock_.monotonic();
    if (!result.fault && order.step.action == Action::remove) created_.erase(slot);
    if (result.created) created_[slot] = {now, result.created_id, in_flight_[slot]};
    in_flight_.erase(slot);
    if (!result.fault || result.on_record) {
        troubles_.erase(slot);
        return;
    }
    Trouble& trouble = troubles_[slot];
    std::string hash = template_hash(*order.pool);
    if (trouble.template_hash != hash) trouble = {};
    trouble.template_hash = std::move(hash);
    ++trouble.failures;
    trouble.last_failure = now;
    trouble.detail = result.fault->message;
}

void StepRunner::tell(const Step& step, const StepResult& result, Duration took) {
    JournalEntry entry;
    entry.fields = {{"engine", step.engine}, {"reason", std::string(to_string(step.reason))}};
    if (step.placement) {
        entry.fields.emplace_back("gateway", step.placement->gateway);
        entry.fields.emplace_back("port", std::to_string(step.placement->ports.http));
        entry.fields.emplace_back("p2p_port", std::to_string(step.placement->ports.p2p));
        if (step.placement->forwarded) entry.fields.emplace_back("forwarded", "true");
    }
    if (!step.message.empty()) entry.fields.emplace_back("because", step.message);
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
}

bool StepRunner::in_flight(int slot) const {
    const std::lock_guard lock(mutex_);
    return in_flight_.contains(slot);
}

bool StepRunner::idle() const {
    const std::lock_guard lock(mutex_);
    return in_flight_.empty() && waiting_.empty();
}

void StepRunner::drain() {
    std::unique_lock lock(mutex_);
    draining_ = true;
    waiting_.clear();
    changed_.wait(lock, [this] { return busy_ == 0; });
}

}  // namespace roundhouse
