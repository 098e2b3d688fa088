// What this machine, container or Pod is called.
#pragma once

#include <string>

namespace roundhouse {

// As `hostname` says; empty if it has no name.
std::string machine_name();

// Whether this program runs in a container of Docker or Podman. Others know it by the container's
// name on their networks then.
bool runs_in_container();

}  // namespace roundhouse
