// Logs requests that were answered 401.
#pragma once

#include <optional>

#include "edge/http/message.h"
#include "loop/clock.h"
#include "loop/journal.h"

namespace roundhouse {

// Logs the first request at once, and after that at most one entry a minute, with the number of
// requests since the entry before. Used by one thread.
class UnauthorizedLog {
  public:
    // Both must outlive the log.
    UnauthorizedLog(const Clock& clock, Journal& journal) : clock_(clock), journal_(journal) {}

    // `request` is for a path of the API.
    void record(const Request& request);

  private:
    const Clock& clock_;
    Journal& journal_;
    int requests_ = 0;  // since the last entry
    std::optional<Monotonic> last_entry_;
};

}  // namespace roundhouse
