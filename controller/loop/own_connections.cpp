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
    std::erase_if(closed_at_, [&](const auto& each) {
        return each.second != Monotonic::max() && each.second + remembered_for < now;
    });
    closed_at_[local] = Monotonic::max();
}

void OwnConnections::closed(const Endpoint& local) {
    const std::lock_guard lock(mutex_);
    const auto found = closed_at_.find(local);
    if (found != closed_at_.end()) found->second = clock_.monotonic();
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
