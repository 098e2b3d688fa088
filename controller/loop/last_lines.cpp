#include "loop/last_lines.h"

#include <algorithm>
#include <utility>

namespace roundhouse {

LastLines::~LastLines() {
    std::unique_lock lock(mutex_);
    waiting_.clear();
    idle_.wait(lock, [this] { return reads_ == 0; });
}

void LastLines::read(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        if (id.empty() || std::ranges::count(known_, id, &Known::id) > 0) return;
        known_.push_back({id, {}});
        waiting_.push_back(id);
        if (known_.size() > most_engines) {
            std::erase(waiting_, known_.front().id);
            known_.pop_front();
        }
        if (reads_ == most_reads) return;
        ++reads_;
    }
    if (workers_.begin([this] { read_waiting(); })) return;
    const std::lock_guard lock(mutex_);
    --reads_;
    idle_.notify_all();
}

void LastLines::read_waiting() {
    std::unique_lock lock(mutex_);
    while (!waiting_.empty()) {
        const std::string id = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const auto pool = board_.spec().pool;
        const KeyValues hidden = pool == nullptr ? KeyValues{} : pool->engine_template.env;
        auto lines = runtime_.last_lines(id, hidden);
        lock.lock();
        const auto known = std::ranges::find(known_, id, &Known::id);
        if (lines && known != known_.end()) known->lines = std::move(lines.value());
    }
    --reads_;
    idle_.notify_all();
}

std::vector<std::string> LastLines::of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(known_, id, &Known::id);
    return known == known_.end() ? std::vector<std::string>{} : known->lines;
}

}  // namespace roundhouse
