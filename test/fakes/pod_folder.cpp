#include "fakes/pod_folder.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/numbers.h"

namespace roundhouse {

namespace {

constexpr const char* program = HOLD;  // from CMakeLists.txt, for this file alone

pid_t run(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t process = 0;
    REQUIRE(::posix_spawn(&process, program, nullptr, nullptr, argv.data(), environ) == 0);
    return process;
}

}  // namespace

PodFolder::PodFolder(int slots) : count_(slots) {
    std::filesystem::create_directories(this->slots());
    std::filesystem::create_directories(folder_.path() + "/rh");
    install();
}

PodFolder::~PodFolder() {
    while (!holders_.empty())
        end_holder(holders_.begin()->first, SIGKILL);
}

void PodFolder::install() const {
    const pid_t process = run({"hold", "--install", folder_.path() + "/rh", "--slots", slots(),
                               "--count", std::to_string(count_)});
    int status = 0;
    REQUIRE(::waitpid(process, &status, 0) == process);
    REQUIRE(status == 0);
}

void PodFolder::start_holder(int slot) {
    holders_[slot] = run({"hold", "--slot", std::to_string(slot), "--slots", slots()});
}

void PodFolder::signal_holder(int slot, int signal) const {
    ::kill(holders_.at(slot), signal);
}

void PodFolder::end_holder(int slot, int signal) {
    const pid_t process = holders_.extract(slot).mapped();
    ::kill(process, signal);
    ::waitpid(process, nullptr, 0);
}

pid_t PodFolder::child(int slot) const {
    const std::string report = text(slot, "s/is");
    const auto begin = report.find("pid ") + 4;
    return parse_number(report.substr(begin, report.find('\n', begin) - begin)).value_or(0);
}

std::string PodFolder::file(int slot, const std::string& name) const {
    return slots() + "/" + std::to_string(slot) + "/" + name;
}

std::string PodFolder::text(int slot, const std::string& name) const {
    std::ifstream stream(file(slot, name));
    return {std::istreambuf_iterator<char>(stream), {}};
}

void PodFolder::write(int slot, const std::string& name, const std::string& text) const {
    std::ofstream(file(slot, name)) << text;
}

// At the same port each time: its script closes the connection while it is down.
void PodFolder::set_gateway(bool up) {
    if (!health_) {
        health_ = std::make_unique<ScriptedServer>([this](ServedConnection& connection) {
            connection.read_request();
            if (up_) connection.send(http_reply(200, ""));
        });
        health_port_ = health_->port();
    }
    up_ = up;
}

}  // namespace roundhouse
