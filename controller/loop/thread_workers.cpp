#include "loop/thread_workers.h"

#include <latch>
#include <utility>

namespace roundhouse {

ThreadWorkers::~ThreadWorkers() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();  // joins
}

void ThreadWorkers::begin(Job job) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(job));
        if (waiting_.size() > idle_) threads_.emplace_back([this] { work(); });
    }
    changed_.notify_one();
}

void ThreadWorkers::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        --idle_;
        if (waiting_.empty()) return;
        const Job job = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

void ThreadWorkers::do_all(const std::vector<Job>& jobs) {
    if (jobs.empty()) return;
    std::latch others(static_cast<std::ptrdiff_t>(jobs.size()) - 1);
    for (std::size_t i = 1; i < jobs.size(); ++i) {
        begin([&job = jobs[i], &others] {
            job();
            others.count_down();
        });
    }
    jobs.front()();
    others.wait();
}

}  // namespace roundhouse
