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

enum class PortAnswer {
    listens,  // it takes a TCP connection
    refused,  // nobody listens there
    silent,   // no reply, or out of reach: says nothing
};

class PortCheck {
  public:
    virtual ~PortCheck() = default;

    // The answer of each address, in their order. All are asked at the same time; ends within
    // 300 ms. Any thread. Never throws.
    virtual std::vector<PortAnswer> ask(const std::vector<PortAddress>& addresses) = 0;
};

}  // namespace roundhouse
