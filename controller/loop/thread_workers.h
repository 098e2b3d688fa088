// Workers on threads: one for each job under way, kept for later jobs. The callers bound the number
// of jobs.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "loop/workers.h"

namespace roundhouse {

class ThreadWorkers : public Workers {
  public:
    // Starts a thread that runs `work`; throws std::system_error if the system has none left.
    using StartThread = std::function<std::jthread(std::function<void()> work)>;

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
    void work();

    StartThread start_thread_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Job> waiting_;
    std::size_t idle_ = 0;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace roundhouse
