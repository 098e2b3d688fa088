// Where a client is sent to reach an engine. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/balance.h"
#include "core/host_port.h"

namespace roundhouse {

// Names of this machine, in lower case; empty: none.
struct BalancerHosts {
    std::string instead;  // of the host that a client asked, wherever the client is
    std::string own;      // outside Docker, so that no container is meant by it
};

// The host that the spec gives comes first. Else a client that asked by an IP address, by localhost
// or by a name with a dot in it gets that host and the port as it is published there; so does one
// that asked by this machine's own name. One that asked by another plain name is a container, and
// gets the engine's name and port on Docker's networks. `asked` is as host_of() returns it.
// nullopt: the engine's port is not published where this client would have to reach it.
std::optional<HostPort> address_for(const EngineOffer& engine, const std::string& asked,
                                    const BalancerHosts& hosts);

}  // namespace roundhouse
