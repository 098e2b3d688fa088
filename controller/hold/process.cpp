#include "hold/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>

namespace roundhouse {

namespace {

std::int64_t clock_ms(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

[[noreturn]] void become(char* const* argv, char* const* env, int signal_at_end, pid_t parent,
                         int errors) {
    ::prctl(PR_SET_PDEATHSIG, signal_at_end);
    if (::getppid() != parent) ::_exit(1);  // it ended before that
    ::setsid();
    for (; *env != nullptr; ++env)
        ::putenv(*env);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(argv[0], argv);
    const int error = errno;
    (void)!::write(errors, &error, sizeof error);
    ::_exit(127);
}

}  // namespace

std::int64_t monotonic_ms() {
    return clock_ms(CLOCK_MONOTONIC);
}

std::int64_t wall_clock_ms() {
    return clock_ms(CLOCK_REALTIME);
}

int open_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD})
        sigaddset(&set, signal);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return -1;
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int next_signal(int signals) {
    signalfd_siginfo info{};
    const ssize_t size = ::read(signals, &info, sizeof info);
    return size == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
}

pid_t spawn(char* const* argv, char* const* env, int signal_at_end) {
    int errors[2];
    if (::pipe2(errors, O_CLOEXEC) != 0) return -1;
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) become(argv, env, signal_at_end, parent, errors[1]);
    int error = child < 0 ? errno : 0;
    ::close(errors[1]);
    // The end of the pipe closes when the program runs.
    while (child > 0 && ::read(errors[0], &error, sizeof error) < 0 && errno == EINTR) {
    }
    ::close(errors[0]);
    if (child > 0 && error != 0) ::waitpid(child, nullptr, 0);
    errno = error;
    return error == 0 ? child : -1;
}

void kill_children() {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(::getpid()));
    std::FILE* children = std::fopen(path, "re");
    if (children == nullptr) return;
    int child = 0;
    while (std::fscanf(children, "%d", &child) == 1)
        ::kill(child, SIGKILL);
    std::fclose(children);
}

}  // namespace roundhouse
