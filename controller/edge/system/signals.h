// The signals that the process answers: SIGTERM and SIGINT ask it to end, SIGHUP asks it to read
// the spec again.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>

namespace roundhouse {

class Signals {
  public:
    // Call it in main(), once, before any thread is started: threads inherit that the signals are
    // blocked. A thread of this object waits for them for as long as the process lives; so must the
    // object.
    Signals();

    // Requested by the first SIGTERM or SIGINT. The second one ends the process at once.
    std::stop_token stop() const { return stop_.get_token(); }

    // Who is called, from the waiting thread, at each SIGHUP; nullptr: nobody. After it returns the
    // former one is not called any more. Any thread.
    void on_hangup(std::function<void()> reload);

  private:
    void wait();

    std::stop_source stop_;
    std::mutex mutex_;
    std::function<void()> reload_;
};

}  // namespace roundhouse
