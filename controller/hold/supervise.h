// Keeps a program running.
#pragma once

namespace roundhouse {

// Starts the program again 1 s after it ended, for as long as it can be run. SIGTERM and SIGINT end
// both, SIGHUP goes to the program. Returns the exit code.
int supervise(char* const* argv);

}  // namespace roundhouse
