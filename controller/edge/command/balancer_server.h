// What the commands that run a balancer share.
#pragma once

#include <optional>

#include "core/host_port.h"
#include "edge/command/environment.h"
#include "edge/http/balancer.h"
#include "edge/http/server.h"
#include "loop/journal.h"

namespace roundhouse {

BalancerHosts balancer_hosts(const Environment& environment);

// Serves `balancer`, which must outlive the server, and logs where. Without an address nothing is
// served. Returns false where the address cannot be used: the log says why.
bool start_balancer(Server& server, const std::optional<HostPort>& address, Balancer& balancer,
                    Journal& journal);

}  // namespace roundhouse
