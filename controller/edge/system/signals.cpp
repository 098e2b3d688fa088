#include "edge/system/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <utility>

namespace roundhouse {

namespace {

sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&set, signal);
    return set;
}

}  // namespace

Signals::Signals() {
    const sigset_t set = handled_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::thread([this] { wait(); }).detach();
}

void Signals::on_hangup(std::function<void()> notify) {
    const std::lock_guard lock(mutex_);
    notify_ = std::move(notify);
}

void Signals::wait() {
    const sigset_t set = handled_signals();
    while (true) {
        int signal = 0;
        sigwait(&set, &signal);
        if (signal == SIGHUP) {
            const std::lock_guard lock(mutex_);
            if (notify_) notify_();
            continue;
        }
        if (stop_.stop_requested()) _exit(128 + signal);
        stop_.request_stop();
    }
}

}  // namespace roundhouse
