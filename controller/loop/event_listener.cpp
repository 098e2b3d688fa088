#include "loop/event_listener.h"

#include <algorithm>
#include <utility>

#include "core/names.h"
#include "loop/wakeup.h"

namespace roundhouse {

namespace {

constexpr Duration shortest_pause{1000};
constexpr Duration longest_pause{15'000};

bool is_ours(const RuntimeEvent& event, const EnginePool& pool) {
    const auto found = event.labels.find(std::string(label::pool));
    return found != event.labels.end() && found->second == pool.name;
}

bool is_about_gateway(const RuntimeEvent& event, const EnginePool& pool) {
    return std::ranges::find(pool.gateways, event.container_name, &GatewaySpec::container) !=
           pool.gateways.end();
}

}  // namespace

bool concerns(const RuntimeEvent& event, const EnginePool& pool) {
    return is_ours(event, pool) || is_about_gateway(event, pool) ||
           slot_of_name(pool.name, event.container_name).has_value();
}

EventListener::EventListener(Runtime& runtime, Workers& workers, const Board& board,
                             const StepRunner& steps, LastLines& last_lines, Journal& journal,
                             std::function<void()> on_look_due)
    : runtime_(runtime),
      workers_(workers),
      board_(board),
      steps_(steps),
      last_lines_(last_lines),
      journal_(journal),
      on_look_due_(std::move(on_look_due)) {}

EventListener::~EventListener() {
    std::unique_lock lock(mutex_);
    waiting_.clear();
    idle_.wait(lock, [this] { return inspects_ == 0; });
}

void EventListener::run(const std::stop_token& stop) {
    std::string fault;
    Duration pause = shortest_pause;
    const auto on_event = [&](const RuntimeEvent& event) {
        pause = shortest_pause;
        take(event);
    };
    const auto opened = [&] {
        if (!fault.empty()) journal_.record({Severity::info, "Docker's events are back", {}});
        fault.clear();
        on_look_due_();
    };
    while (!stop.stop_requested()) {
        const Result<void> ended = runtime_.follow_events(opened, on_event, stop);
        if (ended || stop.stop_requested()) continue;
        if (fault != ended.fault().message) {
            fault = ended.fault().message;
            journal_.record({Severity::warning,
                             "no events from Docker: changes are seen at the check interval only",
                             {{"error", fault}}});
        }
        pause_for(pause, stop);
        pause = std::min(pause * 2, longest_pause);
    }
}

void EventListener::take(const RuntimeEvent& event) {
    const auto pool = board_.spec().pool;
    if (pool == nullptr || !concerns(event, *pool) || is_own_doing(event, *pool)) return;
    if (is_about_gateway(event, *pool) || event.container_id.empty()) return on_look_due_();
    look_after_inspect(event.container_id);
}

// An engine that ends as soon as a step has started it is not the one that the step takes away.
bool EventListener::is_own_doing(const RuntimeEvent& event, const EnginePool& pool) const {
    const auto slot = slot_of_name(pool.name, event.container_name);
    if (!slot || !is_ours(event, pool)) return false;
    const auto step = steps_.in_flight(*slot);
    return step && (event.action != "die" || step->engine_id == event.container_id);
}

void EventListener::look_after_inspect(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        if (std::ranges::count(waiting_, id) > 0) return;
        waiting_.push_back(id);
        if (inspects_ == most_inspects) return;
        ++inspects_;
    }
    if (workers_.begin([this] { inspect_waiting(); })) return;
    {
        const std::lock_guard lock(mutex_);
        --inspects_;
        if (inspects_ == 0) waiting_.clear();
    }
    on_look_due_();
}

void EventListener::inspect_waiting() {
    std::unique_lock lock(mutex_);
    while (!waiting_.empty()) {
        const std::string id = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        // The look sees the end, too. What the engine wrote can be read until it is removed.
        const auto end = runtime_.inspect_end(id);
        const bool is_there = end && end.value();
        if (!is_there || !end.value()->removal_under_way) {
            if (is_there && end.value()->finished_at) last_lines_.read(id);
            on_look_due_();
        }
        lock.lock();
    }
    --inspects_;
    idle_.notify_all();
}

}  // namespace roundhouse
