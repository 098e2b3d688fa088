#include "edge/system/stop_deadline.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "edge/system/exit_code.h"
#include "loop/wakeup.h"

namespace roundhouse {

namespace {

// Waits until `stop` or `over` is requested.
void wait_for_stop(const std::stop_token& stop, const std::stop_token& over) {
    std::mutex mutex;
    std::condition_variable_any changed;
    const std::stop_callback notify(stop, [&] {
        const std::lock_guard lock(mutex);
        changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, over, [&] { return stop.stop_requested(); });
}

}  // namespace

StopDeadline::StopDeadline(const std::stop_token& stop, std::function<int()> final_code,
                           Journal& journal)
    : thread_([stop, final_code = std::move(final_code), &journal](const std::stop_token& over) {
          wait_for_stop(stop, over);
          pause_for(within, over);
          if (over.stop_requested()) return;
          std::thread([] {
              pause_for(Duration{500}, {});
              _exit(exit_code::failure);
          }).detach();
          journal.record(
              {Severity::warning,
               "exiting while Docker or a disk does not reply: the next start looks again",
               {}});
          _exit(final_code());
      }) {}

}  // namespace roundhouse
