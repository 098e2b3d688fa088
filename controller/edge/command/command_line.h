// The command line: what to do, and the help that teaches it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/time.h"
#include "edge/command/environment.h"

namespace roundhouse {

enum class Command { run, apply, plan, validate, get, down, schema, version };
enum class Output { table, wide, json, yaml, markdown };
enum class Resource { pool, engines, gateways, events };

struct CommandLine {
    Command command = Command::run;
    std::string file;                            // not empty for every command that takes -f
    Duration timeout = std::chrono::minutes(5);  // apply
    Output output = Output::table;               // which ones, CommandFlags::outputs tells

    // get
    Resource resource = Resource::pool;
    bool watch = false;
    bool quiet = false;
    std::optional<std::string> server;  // as it was written; else it follows Environment::listen

    // Flags that override the environment where they are given.
    std::optional<std::string> docker_host;
    std::optional<std::string> state_dir;
    std::optional<std::string> listen;
    std::optional<std::string> api_key_file;
    std::optional<Severity> log_level;
    std::optional<LogFormat> log_format;
};

// Nothing to do but print and end: help was asked for (0, to stdout), or the command line cannot be
// used (78, to stderr). The text ends with a newline.
struct CommandLineEnd {
    int exit_code = 0;
    std::string text;
};

// As main() gets them. Any thread.
std::variant<CommandLine, CommandLineEnd> parse_command_line(int argc, const char* const* argv);

// The environment with what the command line overrides.
Environment overridden(Environment environment, const CommandLine& command_line);

}  // namespace roundhouse
