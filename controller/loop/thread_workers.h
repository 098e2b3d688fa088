// Workers on threads: one for each job under way, of which a few are kept for later jobs. The
// callers bound the number of jobs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "loop/workers.h"

namespace roundhouse {

class ThreadWorkers : public Workers {
  public:
    // Starts a thread that runs `work`; throws std::system_error if the system has none left.
    using StartThread = std::function<std::jthread(std::function<void()> work)>;

    // So many threads without a job are kept: what a round at rest has under way at once.
    static constexpr std::size_t most_idle = 4;

    ThreadWorkers();
    explicit ThreadWorkers(StartThread start_thread);
    // Waits for all jobs to end.
    ~ThreadWorkers() override;
    ThreadWorkers(const ThreadWorkers&) = delete;
    ThreadWorkers& operator=(const ThreadWorkers&) = delete;

    bool begin(Job job) override;
    void do_all(const std::vector<Job>& jobs) override;
    void do_all_within(std::vector<Job> jobs, Duration patience) override;

  private:
    using Threads = std::list<std::jthread>;

    bool start_thread();
    void work(Threads::iterator self);

    StartThread start_thread_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Job> waiting_;
    std::size_t idle_ = 0;
    bool ending_ = false;
    Threads threads_;
    Threads returning_;  // no longer kept, and not yet joined
};

}  // namespace roundhouse
