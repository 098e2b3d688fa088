// The PortCheck over the network: connects, and hangs up.
#pragma once

#include <vector>

#include "loop/own_connections.h"
#include "loop/port_check.h"

namespace roundhouse {

class ConnectCheck : public PortCheck {
  public:
    // Its connections are noted in `own`, unless that is null; it must outlive the check.
    explicit ConnectCheck(OwnConnections* own = nullptr) : own_(own) {}

    std::vector<PortAnswer> ask(const std::vector<PortAddress>& addresses) override;

  private:
    OwnConnections* own_;
};

}  // namespace roundhouse
