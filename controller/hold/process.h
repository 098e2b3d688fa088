// Child processes, and the signals of a program that has some.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace roundhouse {

std::int64_t monotonic_ms();
std::int64_t wall_clock_ms();

// SIGTERM, SIGINT, SIGHUP and SIGCHLD, blocked and readable from the descriptor. -1: errno says
// why.
int open_signals();

// The next of these signals that has come; 0: none.
int next_signal(int signals);

// Starts a program in a session of its own, with `env` ("NAME=value") on top of this process's
// environment; both lists end with a null pointer. When this process ends, the child gets
// `signal_at_end`. -1: errno says why, also where the program cannot be run.
pid_t spawn(char* const* argv, char* const* env, int signal_at_end);

// SIGKILL to every child of this process, and so to all that a dead child left to it.
void kill_children();

}  // namespace roundhouse
