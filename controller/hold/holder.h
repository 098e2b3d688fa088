// The command of an engine's container. README.md in this folder says what it does.
#pragma once

namespace roundhouse {

// Holds the slot whose folder is `slots`/`slot`, until SIGTERM or SIGINT. Returns the exit code.
int hold_slot(const char* slots, const char* slot);

}  // namespace roundhouse
