#include "loop/drain_orders.h"

#include <algorithm>

namespace roundhouse {

void DrainOrders::give(const std::string& engine_id, DrainRequest request, int replicas) {
    const std::lock_guard lock(mutex_);
    orders_[engine_id] = {request, replicas};
}

void DrainOrders::apply(const EnginePool& pool, Observation& seen) {
    const std::lock_guard lock(mutex_);
    std::erase_if(orders_, [&](const auto& each) {
        const auto& [id, order] = each;
        const auto engine = std::ranges::find(seen.engines, id, &EngineView::id);
        const bool is_there = engine != seen.engines.end();
        const bool counts = order.request == DrainRequest::remove;
        const bool is_over = counts && (pool.replicas > order.replicas ||
                                        (pool.replicas < order.replicas && !is_there));
        if (is_over || (!counts && !is_there)) return true;
        // With fewer replicas it is still the one that goes.
        if (counts && pool.replicas == order.replicas) ++seen.stood_down;
        if (is_there) engine->drain_request = order.request;
        return false;
    });
}

}  // namespace roundhouse
