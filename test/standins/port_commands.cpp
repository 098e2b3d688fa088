#include "port_commands.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace standin {

std::vector<std::string> words_of(const std::string& command) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = '\0';
    for (const char c : command) {
        if (quote == '\0' && (c == ' ' || c == '\t')) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        } else {
            words.back() += c;
        }
    }
    return words;
}

void PortCommands::reconnect(const Delays& delays, Gluetun::Time now) {
    told_ports_.clear();
    if (down_.empty() || gluetun_.forwarded_at(now).empty()) {
        return gluetun_.reconnect(delays, now);
    }
    due_ = delays;
    run(down_);
}

void PortCommands::turn(Gluetun::Time now) {
    reap();
    if (child_ >= 0) return;
    if (due_) {
        gluetun_.reconnect(*due_, now);
        due_.reset();
    }
    const std::vector<int> ports = gluetun_.forwarded_at(now);
    if (up_.empty() || ports.empty() || ports == told_ports_) return;
    told_ports_ = ports;
    run(up_);
}

std::chrono::milliseconds PortCommands::longest_pause() const {
    using namespace std::chrono_literals;
    return up_.empty() && down_.empty() ? 1h : 5ms;
}

void PortCommands::run(const std::string& command) {
    std::vector<std::string> words = words_of(command);
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    child_ = fork();
    if (child_ != 0) return;
    execvp(arguments[0], arguments.data());
    std::perror(arguments[0]);
    _exit(127);
}

// Gluetun only logs a command that failed.
void PortCommands::reap() {
    int status = 0;
    if (child_ < 0 || waitpid(child_, &status, WNOHANG) == 0) return;
    if (status != 0) std::fprintf(stderr, "gateway stand-in: the command failed: %d\n", status);
    child_ = -1;
}

}  // namespace standin
