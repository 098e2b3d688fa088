// The commands. Results go to stdout, logs and problems to stderr.
#pragma once

#include <stop_token>

#include "edge/command/command_line.h"
#include "edge/command/environment.h"
#include "edge/system/signals.h"

namespace roundhouse {

// Each command returns the exit code of the process (edge/system/exit_code.h). A request on `stop`
// ends the command early. Nothing that a user can cause makes a command throw.

// Also `agent`, which has another runtime and the share of one gateway.
int command_run(const CommandLine& line, const Environment& environment, Signals& signals);
int command_apply(const CommandLine& line, const Environment& environment,
                  const std::stop_token& stop);
int command_plan(const CommandLine& line, const Environment& environment);
int command_validate(const CommandLine& line, const Environment& environment);
int command_get(const CommandLine& line, const Environment& environment);
int command_drain(const CommandLine& line, const Environment& environment);
int command_down(const CommandLine& line, const Environment& environment,
                 const std::stop_token& stop);
int command_render(const CommandLine& line);
int command_balance(const CommandLine& line, const Environment& environment,
                    const std::stop_token& stop);
int command_schema(const CommandLine& line);
int command_version(const CommandLine& line, const Environment& environment);

}  // namespace roundhouse
