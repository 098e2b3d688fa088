// What this machine, container or Pod is called.
#pragma once

#include <string>

namespace roundhouse {

// As `hostname` says; empty if it has no name.
std::string machine_name();

}  // namespace roundhouse
