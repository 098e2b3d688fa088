// Reads a spec once, and reports its problems on stderr.
#pragma once

#include <optional>
#include <string>

#include "edge/spec/manifest.h"

namespace roundhouse {

// The manifest, whose errors and warnings are on stderr.
Manifest report_manifest(const std::string& path, const SpecDefaults& defaults,
                         const SpecCheck& further = {});

// nullopt: the spec has errors, and each one is on stderr.
std::optional<EnginePool> read_pool(const std::string& path, const SpecDefaults& defaults);

}  // namespace roundhouse
