#include <unistd.h>

#include <string>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/plan_table.h"
#include "edge/command/print.h"
#include "edge/command/spec_report.h"
#include "edge/command/terminal.h"
#include "edge/http/plan_view.h"
#include "edge/system/exit_code.h"
#include "loop/controller.h"

namespace roundhouse {

int command_plan(const CommandLine& line, const Environment& environment) {
    Connections connections(environment);
    if (!connections.ready()) return connections.exit_code();
    const auto pool = read_pool(line.file, environment.spec_defaults);
    if (!pool) return exit_code::bad_spec;
    NoMeters meters;
    Controller controller(connections.surroundings(), connections.journal(), meters);
    const auto survey = controller.survey(*pool);
    if (!survey) {
        print_problem(survey.fault().message);
        return exit_code::unreachable;
    }
    const Plan& plan = survey.value().plan;
    const Time now = connections.clock().now();
    const std::string text = line.output == Output::json
                                 ? plan_as_json(*pool, plan)
                                 : plan_as_table(*pool, plan, now, wants_colours(STDOUT_FILENO));
    return print_result(text, plan.steps_pending() ? exit_code::steps_pending : exit_code::success);
}

}  // namespace roundhouse
