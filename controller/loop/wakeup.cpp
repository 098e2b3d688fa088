#include "loop/wakeup.h"

namespace roundhouse {

void Wakeup::ring() {
    {
        const std::lock_guard lock(mutex_);
        ringing_ = true;
    }
    rung_.notify_one();
}

bool Wakeup::wait(Duration at_most, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, stop, at_most, [this] { return ringing_; });
    const bool rang = ringing_;
    ringing_ = false;
    return rang;
}

void pause_for(Duration duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, duration, [] { return false; });
}

}  // namespace roundhouse
