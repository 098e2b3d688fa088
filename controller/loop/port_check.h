// The port through which is asked whether something listens somewhere.
#pragma once

#include <string>
#include <vector>

namespace roundhouse {

struct PortAddress {
    std::string host;  // IP address or name
    int port = 0;

    // clang-tidy 14 takes the comparison behind the default for a null pointer.
    auto operator<=>(const PortAddress&) const = default;  // NOLINT(modernize-use-nullptr)
};

class PortCheck {
  public:
    virtual ~PortCheck() = default;

    // Of each address, in their order, whether it takes a TCP connection. Refused, silent and out
    // of reach are all false. All are asked at the same time; ends within 300 ms. Any thread. Never
    // throws.
    virtual std::vector<bool> anyone_listens(const std::vector<PortAddress>& addresses) = 0;
};

}  // namespace roundhouse
