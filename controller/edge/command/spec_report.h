// Reads a spec for a command that works on it once, and tells its problems on stderr.
#pragma once

#include <optional>
#include <string>

#include "edge/spec/manifest.h"

namespace roundhouse {

// nullopt: the spec is refused, and every error has been told.
std::optional<EnginePool> read_pool(const std::string& path, const SpecDefaults& defaults);

}  // namespace roundhouse
