#include "unit/gluetun/gateway_process.h"

#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "edge/system/unique_fd.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr const char* program = STANDIN_GATEWAY;  // from CMakeLists.txt, for this file alone
// Linux gives none of these to a socket that asks for any port.
constexpr int first_port = 10'000;
constexpr int last_port = 17'999;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool is_free(int port) {
    const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(port);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    return ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

// A free port that no other test on this machine uses while `claim` is open: a port belongs to the
// test that has bound the Unix socket of its name. test/e2e/steering.py claims ports in the same
// way.
int claim_port(UniqueFd& claim) {
    std::random_device dice;
    std::uniform_int_distribution<int> ports(first_port, last_port);
    for (int tries = 0; tries < 1000; ++tries) {
        const int port = ports(dice);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        const std::string text = "roundhouse-test-port-" + std::to_string(port);
        text.copy(name.sun_path + 1, sizeof(name.sun_path) - 1);  // after a zero: no file
        const auto size = offsetof(sockaddr_un, sun_path) + 1 + text.size();
        claim = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (::bind(claim.get(), reinterpret_cast<const sockaddr*>(&name),
                   static_cast<socklen_t>(size)) == 0 &&
            is_free(port)) {
            return port;
        }
    }
    throw std::runtime_error("no free port");
}

// Not valid: nobody listens there.
UniqueFd connect_to(int port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const sockaddr_in address = loopback(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        fd.reset();
    }
    return fd;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> chunk{};
    ssize_t count = 0;
    while ((count = ::recv(fd, chunk.data(), chunk.size(), 0)) > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
}

}  // namespace

GatewayProcess::GatewayProcess(const Environment& environment) {
    if (start(environment)) return;
    end();
    throw std::runtime_error(std::string("does not start: ") + program);
}

GatewayProcess::~GatewayProcess() {
    end();
}

void GatewayProcess::end() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

bool GatewayProcess::start(const Environment& environment) {
    control_port_ = claim_port(claims_[0]);
    steering_port_ = claim_port(claims_[1]);
    Environment all = environment;
    all["CONTROL_PORT"] = std::to_string(control_port_);
    all["DNS_PORT"] = "0";
    all["STEERING_PORT"] = std::to_string(steering_port_);
    all["HEALTH_PORT"] = std::to_string(claim_port(claims_[2]));
    std::vector<std::string> settings;
    for (const auto& [name, value] : all) {
        settings.push_back(name + "=" + value);
    }
    std::vector<char*> pointers;
    for (std::string& setting : settings) {
        pointers.push_back(setting.data());
    }
    pointers.push_back(nullptr);
    std::string name = "standin_gateway";
    std::array<char*, 2> arguments{name.data(), nullptr};
    if (::posix_spawn(&pid_, program, nullptr, nullptr, arguments.data(), pointers.data()) != 0) {
        pid_ = -1;
    }
    return comes_up();
}

bool GatewayProcess::comes_up() const {
    const auto deadline = steady_clock::now() + 10s;
    while (pid_ >= 0 && steady_clock::now() < deadline) {
        if (connect_to(steering_port_).valid()) return true;
        siginfo_t exited{};
        const auto id = static_cast<id_t>(pid_);
        ::waitid(P_PID, id, &exited, WEXITED | WNOHANG | WNOWAIT);
        if (exited.si_pid == pid_) return false;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

void GatewayProcess::steer(const std::string& path, const std::string& text) const {
    ask("PUT", path, text);
}

std::string GatewayProcess::requests() const {
    return ask("GET", "/requests", "");
}

std::string GatewayProcess::ask(const std::string& method, const std::string& path,
                                const std::string& text) const {
    const UniqueFd fd = connect_to(steering_port_);
    const std::string request = method + " " + path +
                                " HTTP/1.1\r\nHost: standin\r\nConnection: close\r\n"
                                "Content-Length: " +
                                std::to_string(text.size()) + "\r\n\r\n" + text;
    ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
    const std::string reply = read_all(fd.get());
    const auto end_of_head = reply.find("\r\n\r\n");
    if (!reply.starts_with("HTTP/1.1 200") || end_of_head == std::string::npos) {
        throw std::runtime_error("the stand-in did not take " + method + " " + path + " " + text);
    }
    return reply.substr(end_of_head + 4);
}

}  // namespace roundhouse
