#include "loop/wakeup.h"

#include <algorithm>
#include <utility>

namespace roundhouse {

using std::chrono::steady_clock;

void Wakeup::notify() {
    {
        const std::lock_guard lock(mutex_);
        notified_ = true;
    }
    changed_.notify_one();
}

void Wakeup::notify_at_most_every(Duration interval) {
    {
        const std::lock_guard lock(mutex_);
        if (due_) return;
        due_ = std::max(steady_clock::now(), earliest_);
        earliest_ = *due_ + interval;
    }
    changed_.notify_one();
}

bool Wakeup::wait(Duration at_most, const std::stop_token& stop) {
    const auto end = steady_clock::now() + at_most;
    std::unique_lock lock(mutex_);
    while (true) {
        const auto until = std::min(end, due_.value_or(end));
        const auto is_earlier = [&] { return notified_ || due_.value_or(end) < until; };
        changed_.wait_until(lock, stop, until, is_earlier);
        const auto now = steady_clock::now();
        if (due_ && *due_ <= now) {
            due_.reset();
            notified_ = true;
        }
        if (notified_ || now >= end || stop.stop_requested())
            return std::exchange(notified_, false);
    }
}

void pause_for(Duration duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, duration, [] { return false; });
}

}  // namespace roundhouse
