#include "edge/command/spec_report.h"

#include <cstdio>

namespace roundhouse {

std::optional<EnginePool> read_pool(const std::string& path, const SpecDefaults& defaults) {
    const Manifest manifest = read_manifest(path, defaults);
    for (const auto& problem : manifest.warnings) {
        std::fprintf(stderr, "warning: %s\n", to_string(problem).c_str());
    }
    for (const auto& problem : manifest.errors) {
        std::fprintf(stderr, "error: %s\n", to_string(problem).c_str());
    }
    return manifest.pool;
}

}  // namespace roundhouse
