// The PortCheck over the network: connects, and hangs up.
#pragma once

#include <vector>

#include "loop/port_check.h"

namespace roundhouse {

class ConnectCheck : public PortCheck {
  public:
    std::vector<PortAnswer> ask(const std::vector<PortAddress>& addresses) override;
};

}  // namespace roundhouse
