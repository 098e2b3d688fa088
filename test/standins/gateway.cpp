// Stand-in for Gluetun: holds a network namespace, answers on the control server's port, and has
// the health check that Gluetun's image has. README.md in this folder tells how tests steer it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <string_view>

#include "environment.h"
#include "http_server.h"

namespace {

using namespace std::chrono_literals;
using standin::Request;
using standin::Response;

constexpr int control_port = 8000;   // Gluetun's control server
constexpr int steering_port = 8001;  // for tests only
constexpr int health_port = 9999;    // Gluetun's own, loopback only

struct State {
    std::string health =
        standin::text_from("HEALTH").empty() ? "healthy" : standin::text_from("HEALTH");
    // What the control server answers; paths and bodies are those of Gluetun 3.41.
    std::map<std::string, std::string> answers{
        {"/v1/vpn/status", "{\"status\":\"running\"}\n"},
        {"/v1/publicip/ip", "{\"public_ip\":\"192.0.2.1\"}\n"},
        {"/v1/portforward", "{\"port\":0}\n"},
        {"/v1/version", "{\"version\":\"standin\",\"commit\":\"\",\"created\":\"\"}\n"},
    };
};

Response control(const Request& request, const State& state) {
    const auto found = state.answers.find(request.path);
    if (found == state.answers.end()) {
        return {.status = 401, .body = "Unauthorized\n", .content_type = "text/plain"};
    }
    // Gluetun sets no content type, and the sniffed one is this.
    return {.status = 200, .body = found->second, .content_type = "text/plain; charset=utf-8"};
}

Response steer(const Request& request, State& state) {
    if (request.method != "PUT") return {.status = 405, .body = "{\"error\":\"use PUT\"}\n"};
    if (request.path == "/health") {
        state.health = request.body;
    } else {
        state.answers[request.path] = request.body;
    }
    return {.status = 200, .body = "{}\n"};
}

Response health(const State& state) {
    if (state.health == "healthy") return {.status = 200, .body = ""};
    return {.status = 500, .body = state.health + "\n", .content_type = "text/plain"};
}

int serve() {
    State state;
    standin::HttpServer server;
    server.bind_http("0.0.0.0", control_port,
                     [&](const Request& request) { return control(request, state); });
    server.bind_http("0.0.0.0", steering_port,
                     [&](const Request& request) { return steer(request, state); });
    server.bind_http("127.0.0.1", health_port, [&](const Request&) { return health(state); });
    server.listen_all();
    while (!server.serve_until(std::chrono::steady_clock::now() + 1h)) {
    }
    return 0;
}

// What the image's HEALTHCHECK runs: 0 is healthy, 1 is not.
int check_health() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(health_port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::array<char, 64> reply{};
    if (connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        send(fd, question.data(), question.size(), MSG_NOSIGNAL) < 0 ||
        recv(fd, reply.data(), reply.size() - 1, 0) <= 0) {
        std::fprintf(stderr, "gateway stand-in: no answer: %s\n", std::strerror(errno));
        return 1;
    }
    close(fd);
    return std::string_view(reply.data()).starts_with("HTTP/1.1 200") ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "healthcheck") return check_health();
    try {
        return serve();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "gateway stand-in: cannot bind: %s\n", problem.what());
        return 1;
    }
}
