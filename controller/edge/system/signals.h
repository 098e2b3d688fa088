// Signal handling: SIGTERM and SIGINT end the process, SIGHUP asks for the spec to be read again.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>

namespace roundhouse {

class Signals {
  public:
    // Blocks the signals for this thread and all threads started later, so construct it once, in
    // main(), before any other thread. A detached thread uses the object, which therefore has to
    // live as long as the process.
    Signals();

    // Stop is requested by the first SIGTERM or SIGINT. The second one ends the process at once.
    std::stop_token stop() const { return stop_.get_token(); }

    // Sets the function that the waiting thread calls at each SIGHUP; nullptr for none. It must
    // only notify another thread: while it runs, SIGTERM is not seen. When this returns, the former
    // function is no longer running or called. Any thread.
    void on_hangup(std::function<void()> notify);

  private:
    void wait();

    std::stop_source stop_;
    std::mutex mutex_;
    std::function<void()> notify_;
};

}  // namespace roundhouse
