// Names to IP addresses, without ever waiting longer than the caller wants to.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "loop/result.h"

namespace roundhouse {

// The system's resolver cannot be interrupted and may take half a minute. So each name is looked up
// on a thread of its own, at most once at a time; a look-up that outlives its askers ends alone.
class NameLookup {
  public:
    NameLookup();

    // Any thread, several at once. The IP address of `name`, an IPv4 one where there is one; an IP
    // address comes back as it is. The fault (`unavailable`): "the name 'gluetun' cannot be
    // resolved: ...".
    Result<std::string> find(const std::string& name,
                             std::chrono::steady_clock::time_point deadline);

  private:
    struct Board;
    std::shared_ptr<Board> board_;  // shared with look-ups under way, which may live longer
};

}  // namespace roundhouse
