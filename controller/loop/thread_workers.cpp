#include "loop/thread_workers.h"

#include <chrono>
#include <latch>
#include <memory>
#include <system_error>
#include <utility>

namespace roundhouse {

ThreadWorkers::ThreadWorkers()
    : ThreadWorkers([](std::function<void()> work) { return std::jthread(std::move(work)); }) {}

ThreadWorkers::ThreadWorkers(StartThread start_thread) : start_thread_(std::move(start_thread)) {}

ThreadWorkers::~ThreadWorkers() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();  // joins
}

bool ThreadWorkers::begin(Job job) {
    {
        const std::lock_guard lock(mutex_);
        returning_.clear();  // joins: they need the mutex no more
        if (waiting_.size() >= idle_ && !start_thread()) return false;
        waiting_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
}

// The caller holds the lock: the thread waits for it.
bool ThreadWorkers::start_thread() {
    threads_.emplace_front();
    try {
        threads_.front() = start_thread_([this, self = threads_.begin()] { work(self); });
    } catch (const std::system_error&) {  // the limit on processes (pids_limit) is reached
        threads_.pop_front();
        return false;
    }
    return true;
}

void ThreadWorkers::work(Threads::iterator self) {
    std::unique_lock lock(mutex_);
    while (true) {
        if (waiting_.empty() && idle_ >= most_idle && !ending_) {
            returning_.splice(returning_.end(), threads_, self);
            return;
        }
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
        const Job counted = [&job = jobs[i], &others] {
            job();
            others.count_down();
        };
        if (!begin(counted)) counted();
    }
    jobs.front()();
    others.wait();
}

void ThreadWorkers::do_all_within(std::vector<Job> jobs, Duration patience) {
    struct Count {
        std::mutex mutex;
        std::condition_variable ended;
        std::size_t left = 0;
    };
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto count = std::make_shared<Count>();
    count->left = jobs.size();
    for (auto& job : jobs) {
        const Job counted = [job = std::move(job), count] {
            job();
            const std::lock_guard lock(count->mutex);
            --count->left;
            count->ended.notify_one();
        };
        if (!begin(counted)) counted();
    }
    std::unique_lock lock(count->mutex);
    count->ended.wait_until(lock, until, [&] { return count->left == 0; });
}

}  // namespace roundhouse
