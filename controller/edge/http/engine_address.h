// Where a client is sent to reach an engine. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/balance.h"
#include "core/host_port.h"

namespace roundhouse {

// How the client names this machine.
struct Asked {
    std::string host;  // of its request, as host_of() returns it
    // What the user says that clients are to use instead; empty: nothing.
    std::string override_host;
};

// The host that the spec gives comes first. Else a client that asked by an IP address, by localhost
// or by a name with a dot in it gets that host and the port as it is published there; one that
// asked by a plain name is a container, and gets the engine's name and port on Docker's networks.
// nullopt: the engine's port is not published where this client would have to reach it.
std::optional<HostPort> address_for(const EngineOffer& engine, const Asked& asked);

}  // namespace roundhouse
