// What each command does, from parsed flags to exit code. Results go to stdout, logs to stderr.
#pragma once

#include <stop_token>

#include "edge/command/command_line.h"
#include "edge/command/environment.h"
#include "edge/system/signals.h"

namespace roundhouse {

// Every command returns the exit code of the process (edge/exit_code.h). `stop` is requested when
// the process shall end. None throws for reasons that a user can cause.

int command_run(const CommandLine& line, const Environment& environment, Signals& signals);
int command_apply(const CommandLine& line, const Environment& environment,
                  const std::stop_token& stop);
int command_plan(const CommandLine& line, const Environment& environment);
int command_validate(const CommandLine& line, const Environment& environment);
int command_get(const CommandLine& line, const Environment& environment);
int command_down(const CommandLine& line, const Environment& environment,
                 const std::stop_token& stop);
int command_schema(const CommandLine& line);
int command_version();

}  // namespace roundhouse
