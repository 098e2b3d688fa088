// From the command line to the command, and from its result to the exit code.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <variant>

#include "edge/command/command_line.h"
#include "edge/command/commands.h"
#include "edge/command/environment.h"
#include "edge/system/exit_code.h"
#include "edge/system/signals.h"

namespace {

using namespace roundhouse;

// For commands that end in an orderly way when they are asked to. The others are simply ended.
Signals& signals() {
    // Its thread lives as long as the process, and so does the object.
    static Signals& instance = *new Signals;
    return instance;
}

int run_command(const CommandLine& line, const Environment& environment) {
    switch (line.command) {
        case Command::run: return command_run(line, environment, signals());
        case Command::apply: return command_apply(line, environment, signals().stop());
        case Command::plan: return command_plan(line, environment);
        case Command::validate: return command_validate(line, environment);
        case Command::get: return command_get(line, environment);
        case Command::down: return command_down(line, environment, signals().stop());
        case Command::schema: return command_schema(line);
        case Command::version: return command_version();
    }
    return exit_code::failure;
}

int run_program(int argc, char** argv) {
    const auto parsed = parse_command_line(argc, argv);
    if (const auto* end = std::get_if<CommandLineEnd>(&parsed)) {
        std::fputs(end->text.c_str(), end->exit_code == exit_code::success ? stdout : stderr);
        return end->exit_code;
    }
    const auto& line = std::get<CommandLine>(parsed);
    const auto environment = read_environment([](const char* name) { return std::getenv(name); });
    if (!environment) {
        std::fprintf(stderr, "roundhouse: %s\n", environment.fault().message.c_str());
        return exit_code::bad_usage;
    }
    return run_command(line, overridden(environment.value(), line));
}

}  // namespace

int main(int argc, char** argv) try {
    // A handful of threads that mostly wait need no heap each.
    mallopt(M_ARENA_MAX, 2);
    return run_program(argc, argv);
} catch (const std::exception& error) {
    // Nothing a user can cause ends here: out of memory, no more threads.
    std::fprintf(stderr, "roundhouse: unexpected: %s\n", error.what());
    return exit_code::failure;
}
