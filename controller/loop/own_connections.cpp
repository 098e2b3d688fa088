#include "loop/own_connections.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

// The other side learns of the end within a round trip. After that somebody else may get the port.
constexpr Duration moment = 2s;
// Longer than Linux keeps the state TIME_WAIT.
constexpr Duration remembered_for = 75s;

}  // namespace

void OwnConnections::opened(const Endpoint& local) {
    const std::lock_guard lock(mutex_);
    const Monotonic now = clock_.monotonic();
    while (!to_forget_.empty() && to_forget_.front().first + remembered_for < now) {
        const auto found = closed_at_.find(to_forget_.front().second);
        const bool is_over = found != closed_at_.end() && found->second == to_forget_.front().first;
        if (is_over) closed_at_.erase(found);
        to_forget_.pop_front();
    }
    closed_at_[local] = Monotonic::max();
}

void OwnConnections::closed(const Endpoint& local) {
    const std::lock_guard lock(mutex_);
    const auto found = closed_at_.find(local);
    if (found == closed_at_.end()) return;
    found->second = clock_.monotonic();
    to_forget_.emplace_back(found->second, local);
}

bool OwnConnections::is_open(const Endpoint& local) const {
    return is_among(local, moment);
}

bool OwnConnections::was_open(const Endpoint& local) const {
    return is_among(local, remembered_for);
}

bool OwnConnections::is_among(const Endpoint& local, Duration longest_ago) const {
    const std::lock_guard lock(mutex_);
    const auto found = closed_at_.find(local);
    if (found == closed_at_.end()) return false;
    return found->second == Monotonic::max() || clock_.monotonic() - found->second <= longest_ago;
}

}  // namespace roundhouse
