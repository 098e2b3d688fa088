#include <algorithm>
#include <string>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/print.h"
#include "edge/command/spec_report.h"
#include "edge/spec/schema.h"
#include "edge/system/exit_code.h"
#include "edge/system/version.h"

namespace roundhouse {

int command_validate(const CommandLine& line, const Environment& environment) {
    const auto pool = read_pool(line.file, environment.spec_defaults);
    if (!pool) return exit_code::bad_spec;
    std::string where = "on network " + pool->network;
    if (!pool->gateways.empty()) {
        where = "behind";
        for (const auto& gateway : pool->gateways)
            where += " " + gateway.container;
    }
    const std::string& name = pool->engine_template.preset;
    const std::string preset = name.empty() ? "" : ", by the preset " + name;
    const int engines = std::min(pool->replicas, pool->max_active_replicas);
    return print_result(line.file + ": good: pool " + pool->name + ", " + std::to_string(engines) +
                            " engines of " + pool->engine_template.image + " " + where + preset +
                            "\n",
                        exit_code::success);
}

int command_schema(const CommandLine& line) {
    return print_result(line.output == Output::markdown ? field_table_markdown() : json_schema(),
                        exit_code::success);
}

int command_version(const CommandLine& line, const Environment& environment) {
    std::string text =
        "roundhouse " + version() + " (commit " + commit() + ")\n" + libraries() + "\n";
    if (!line.asks_daemon) return print_result(text, exit_code::success);
    Connections connections(environment);
    if (!connections.ready()) return connections.exit_code();
    const auto listing = connections.runtime().list_engines();
    const RuntimeView daemon = connections.runtime().about();
    if (!listing) print_problem(listing.fault().message);
    if (!daemon.name.empty()) text += "runs on " + describe(daemon) + "\n";
    return print_result(text, listing ? exit_code::success : exit_code::unreachable);
}

}  // namespace roundhouse
