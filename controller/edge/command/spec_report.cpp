#include "edge/command/spec_report.h"

#include "edge/command/print.h"

namespace roundhouse {

Manifest report_manifest(const std::string& path, const SpecDefaults& defaults,
                         const SpecCheck& further) {
    Manifest manifest = read_manifest(path, defaults, further);
    for (const auto& problem : manifest.warnings) {
        print_line("warning: " + to_string(problem));
    }
    for (const auto& problem : manifest.errors) {
        print_line("error: " + to_string(problem));
    }
    return manifest;
}

std::optional<EnginePool> read_pool(const std::string& path, const SpecDefaults& defaults) {
    return report_manifest(path, defaults).pool;
}

}  // namespace roundhouse
