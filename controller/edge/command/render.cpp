#include "edge/kubernetes/render.h"

#include <algorithm>
#include <string>
#include <vector>

#include "edge/command/commands.h"
#include "edge/command/print.h"
#include "edge/command/spec_report.h"
#include "edge/kubernetes/rules.h"
#include "edge/system/exit_code.h"
#include "edge/system/version.h"
#include "edge/text/foreign_text.h"
#include "edge/text/strings.h"

namespace roundhouse {

int command_render(const CommandLine& line) {
    RenderOptions options = line.render;
    if (options.image.empty()) options.image = "roundhouse:" + version();
    const Manifest manifest =
        report_manifest(line.file, {}, [&](SpecDraft& draft) { check_pod(draft, options); });
    if (!manifest.pool) return exit_code::bad_spec;
    std::vector<std::string> gateways;
    for (const auto& gateway : manifest.pool->gateways)
        gateways.push_back(gateway.container);
    const bool has_it = std::ranges::find(gateways, options.gateway) != gateways.end();
    if (!options.gateway.empty() && !has_it) {
        print_problem("--gateway: " + line.file + " has no gateway " + in_quotes(options.gateway) +
                      ", but: " + joined(gateways, ", "));
        return exit_code::bad_usage;
    }
    return print_result(render_kubernetes(*manifest.pool, manifest.source.text, options),
                        exit_code::success);
}

}  // namespace roundhouse
