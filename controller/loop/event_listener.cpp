#include "loop/event_listener.h"

#include <algorithm>
#include <string>

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

}  // namespace

bool concerns(const RuntimeEvent& event, const EnginePool& pool) {
    const auto is_gateway = [&](const GatewaySpec& gateway) {
        return gateway.container == event.container_name;
    };
    return is_ours(event, pool) || std::ranges::any_of(pool.gateways, is_gateway) ||
           slot_of_name(pool.name, event.container_name).has_value();
}

void listen_for_events(Runtime& runtime, const Board& board, const StepRunner& steps,
                       Journal& journal, const std::function<void()>& on_event,
                       const std::stop_token& stop) {
    std::string fault;
    Duration pause = shortest_pause;
    const auto take = [&](const RuntimeEvent& event) {
        pause = shortest_pause;
        const auto pool = board.spec().pool;
        if (pool == nullptr || !concerns(event, *pool)) return;
        const auto slot = slot_of_name(pool->name, event.container_name);
        const bool own_doing = slot && is_ours(event, *pool) && steps.in_flight(*slot);
        if (!own_doing) on_event();
    };
    const auto opened = [&] {
        if (!fault.empty()) journal.record({Severity::info, "Docker's events are back", {}});
        fault.clear();
        on_event();
    };
    while (!stop.stop_requested()) {
        const Result<void> ended = runtime.follow_events(opened, take, stop);
        if (ended || stop.stop_requested()) continue;
        if (fault != ended.fault().message) {
            fault = ended.fault().message;
            journal.record({Severity::warning,
                            "no events from Docker: changes are seen at the check interval only",
                            {{"error", fault}}});
        }
        pause_for(pause, stop);
        pause = std::min(pause * 2, longest_pause);
    }
}

}  // namespace roundhouse
