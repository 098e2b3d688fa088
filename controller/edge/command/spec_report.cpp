#include "edge/command/spec_report.h"

#include "edge/command/print.h"

namespace roundhouse {

std::optional<EnginePool> read_pool(const std::string& path, const SpecDefaults& defaults) {
    const Manifest manifest = read_manifest(path, defaults);
    for (const auto& problem : manifest.warnings) {
        print_line("warning: " + to_string(problem));
    }
    for (const auto& problem : manifest.errors) {
        print_line("error: " + to_string(problem));
    }
    return manifest.pool;
}

}  // namespace roundhouse
