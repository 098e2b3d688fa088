#include <cstdio>
#include <string>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/plan_table.h"
#include "edge/command/spec_report.h"
#include "edge/command/terminal.h"
#include "edge/http/plan_view.h"
#include "edge/system/exit_code.h"
#include "loop/controller.h"

namespace roundhouse {

int command_plan(const CommandLine& line, const Environment& environment) {
    Workbench bench(environment);
    if (!bench.ready()) return bench.exit_code();
    const auto pool = read_pool(line.file, environment.spec_defaults);
    if (!pool) return exit_code::bad_spec;
    NoMeters meters;
    Controller controller(bench.runtime(), bench.gateway_api(), bench.probes(), bench.clock(),
                          bench.journal(), meters);
    const auto survey = controller.survey(*pool);
    if (!survey) {
        std::fprintf(stderr, "roundhouse: %s\n", survey.fault().message.c_str());
        return exit_code::unreachable;
    }
    const Plan& plan = survey.value().plan;
    const std::string text = line.output == Output::json
                                 ? plan_as_json(*pool, plan)
                                 : plan_as_table(*pool, plan, wants_colours(1));
    std::fputs(text.c_str(), stdout);
    return plan.steps_pending() ? exit_code::steps_pending : exit_code::success;
}

}  // namespace roundhouse
