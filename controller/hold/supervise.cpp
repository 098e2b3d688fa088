#include "hold/supervise.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "hold/process.h"

namespace roundhouse {

namespace {

constexpr std::int64_t pause_ms = 1000;
constexpr int cannot_be_run = 127;

int exit_code_of(int status) {
    constexpr int by_signal = 128;
    return WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

// Reaps all that has ended. true: the child was among it.
bool has_ended(pid_t child, int& exit_code) {
    bool found = false;
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (ended != child) continue;
        found = true;
        exit_code = exit_code_of(status);
    }
    return found;
}

}  // namespace

int supervise(char* const* argv) {
    char* no_variables[] = {nullptr};
    const int signals = open_signals();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = 0;
    std::int64_t due = 0;
    bool is_ending = false;
    int exit_code = 0;
    while (!is_ending || child != 0) {
        if (child == 0 && monotonic_ms() >= due) {
            child = spawn(argv, no_variables, SIGTERM);
            if (child < 0) {
                ::dprintf(STDERR_FILENO, "hold: cannot run %s: %s\n", argv[0],
                          std::strerror(errno));
                return cannot_be_run;
            }
        }
        const auto left = std::max(due - monotonic_ms(), std::int64_t{0});
        pollfd source{signals, POLLIN, 0};
        ::poll(&source, 1, child == 0 ? static_cast<int>(left) : -1);
        for (int signal = 0; (signal = next_signal(signals)) != 0;) {
            if (signal == SIGCHLD) continue;
            is_ending = is_ending || signal != SIGHUP;
            if (child != 0) ::kill(child, signal);
        }
        if (child == 0 || !has_ended(child, exit_code)) continue;
        child = 0;
        due = monotonic_ms() + pause_ms;
        if (is_ending) break;
        ::dprintf(STDERR_FILENO, "hold: %s ended with exit code %d: it is started again\n", argv[0],
                  exit_code);
    }
    return exit_code;
}

}  // namespace roundhouse
