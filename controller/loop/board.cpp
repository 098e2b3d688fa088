#include "loop/board.h"

#include <utility>

namespace roundhouse {

bool Board::accept(EnginePool pool) {
    auto next = std::make_shared<const EnginePool>(std::move(pool));
    const std::lock_guard lock(mutex_);
    if (spec_.pool != nullptr && *spec_.pool == *next) return false;
    spec_.pool = std::move(next);
    ++spec_.generation;
    return true;
}

SpecInForce Board::spec() const {
    const std::lock_guard lock(mutex_);
    return spec_;
}

void Board::publish(std::shared_ptr<const RoundView> round) {
    const std::lock_guard lock(mutex_);
    round_ = std::move(round);
}

std::shared_ptr<const RoundView> Board::round() const {
    const std::lock_guard lock(mutex_);
    return round_;
}

std::vector<Condition> Board::set_conditions(std::vector<Condition> next, std::int64_t generation,
                                             Time now) {
    const std::lock_guard lock(mutex_);
    return update_conditions(conditions_, std::move(next), generation, now);
}

std::vector<Condition> Board::set_conditions(std::vector<Condition> next, Time now) {
    const std::lock_guard lock(mutex_);
    return update_conditions(conditions_, std::move(next), spec_.generation, now);
}

std::vector<Condition> Board::conditions() const {
    const std::lock_guard lock(mutex_);
    return conditions_;
}

}  // namespace roundhouse
