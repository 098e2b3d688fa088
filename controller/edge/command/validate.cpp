#include <algorithm>
#include <cstdio>
#include <string>

#include "edge/command/commands.h"
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
    std::printf("%s: good: pool %s, %d engines of %s %s\n", line.file.c_str(), pool->name.c_str(),
                std::min(pool->replicas, pool->max_active_replicas),
                pool->engine_template.image.c_str(), where.c_str());
    return exit_code::success;
}

int command_schema(const CommandLine& line) {
    const std::string text =
        line.output == Output::markdown ? field_table_markdown() : json_schema();
    std::fputs(text.c_str(), stdout);
    return exit_code::success;
}

int command_version() {
    std::printf("roundhouse %s (commit %s)\n%s\n", version().c_str(), commit().c_str(),
                libraries().c_str());
    return exit_code::success;
}

}  // namespace roundhouse
