// The program: reads the command line and the environment, and runs the command.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>

#include "edge/command/command_line.h"
#include "edge/command/commands.h"
#include "edge/command/environment.h"
#include "edge/command/print.h"
#include "edge/system/exit_code.h"
#include "edge/system/signals.h"

namespace {

using namespace roundhouse;

// For commands that shut down in order. A signal kills the others.
Signals& signals() {
    // Never destroyed, because its thread lives as long as the process.
    static Signals& instance = *new Signals;
    return instance;
}

int run_command(const CommandLine& line, const Environment& environment) {
    switch (line.command) {
        case Command::run:
        case Command::agent: return command_run(line, environment, signals());
        case Command::apply: return command_apply(line, environment, signals().stop());
        case Command::plan: return command_plan(line, environment);
        case Command::validate: return command_validate(line, environment);
        case Command::get: return command_get(line, environment);
        case Command::drain: return command_drain(line, environment);
        case Command::down: return command_down(line, environment, signals().stop());
        case Command::render: return command_render(line);
        case Command::balance: return command_balance(line, environment, signals().stop());
        case Command::schema: return command_schema(line);
        case Command::version: return command_version(line, environment);
    }
    return exit_code::failure;
}

// A closed stdout is one that cannot be written to. Left closed, it would be the number of the next
// file or connection that is opened, and that would get the result.
void fill_closed_standard_files() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        const bool is_closed = ::fcntl(fd, F_GETFD) < 0 && errno == EBADF;
        if (is_closed) (void)!::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int run_program(int argc, char** argv) {
    const auto parsed = parse_command_line(argc, argv);
    if (const auto* end = std::get_if<CommandLineEnd>(&parsed)) {
        if (end->exit_code == exit_code::success) return print_result(end->text, end->exit_code);
        write_text(stderr, clean_result(end->text));
        return end->exit_code;
    }
    const auto& line = std::get<CommandLine>(parsed);
    const auto environment = read_environment([](const char* name) { return std::getenv(name); });
    if (!environment) {
        print_problem(environment.fault().message);
        return exit_code::bad_usage;
    }
    return run_command(line, overridden(environment.value(), line));
}

}  // namespace

int main(int argc, char** argv) try {
    // Our few threads mostly wait: a heap for each would only cost memory.
    mallopt(M_ARENA_MAX, 2);
    fill_closed_standard_files();
    return run_program(argc, argv);
} catch (const std::exception& error) {
    // Out of memory or out of threads: nothing that flags, spec or Docker can cause.
    print_problem(std::string("unexpected: ") + error.what());
    return exit_code::failure;
}
