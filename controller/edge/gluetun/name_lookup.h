// Resolves names to IP addresses within a deadline.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "loop/result.h"

namespace roundhouse {

// The system's resolver cannot be interrupted and may take half a minute. So each name is looked up
// on a thread of its own, at most once at a time. A look-up may outlive its callers and this
// object.
class NameLookup {
  public:
    NameLookup();

    // The IP address of `name`, IPv4 if it has one; an IP address is returned unchanged. Any
    // thread, several at once. The fault (`unavailable`): "the name 'gluetun' cannot be resolved:
    // ...".
    Result<std::string> find(const std::string& name,
                             std::chrono::steady_clock::time_point deadline);

    // The same for all its IPv4 addresses, or where it has none its IPv6 addresses: at least one.
    Result<std::vector<std::string>> find_all(const std::string& name,
                                              std::chrono::steady_clock::time_point deadline);

  private:
    struct Lookups;
    std::shared_ptr<Lookups> lookups_;  // shared with the threads, which may outlive this object
};

}  // namespace roundhouse
