// Stand-in for Gluetun: holds a network namespace, answers on the control server's port, and has
// the health check of Gluetun's image. README.md in this folder describes how tests steer it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "environment.h"
#include "fetch.h"
#include "gluetun.h"
#include "http_server.h"
#include "port_commands.h"
#include "role_file.h"
#include "steering.h"

namespace {

using namespace std::chrono_literals;
using standin::Connections;
using standin::Gluetun;
using standin::number_from;
using standin::Request;
using standin::Steering;
using standin::text_from;

// Gluetun serves its health on the loopback interface only.
const int health_port = number_from("HEALTH_PORT").value_or(9999);

[[noreturn]] void refuse(const std::string& what) {
    throw std::runtime_error(what + ": not usable, see test/standins/README.md");
}

void set_role(Gluetun& gluetun, const char* variable, const std::string& kind) {
    const std::string secret = text_from(variable);
    if (secret.empty()) return;
    gluetun.role = standin::parse_role(kind + secret);
    if (!gluetun.role) refuse(variable);
}

// Gluetun reads its roles from a file, where there is one.
void read_role_file(Gluetun& gluetun) {
    std::string path = text_from("HTTP_CONTROL_SERVER_AUTH_CONFIG_FILEPATH");
    if (path.empty()) path = "/gluetun/auth/config.toml";
    std::ifstream file(path);
    if (!file.is_open()) return;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    gluetun.role = standin::parse_role_file(text, gluetun.profile);
}

// From environment variables. As Gluetun does, exits if it does not understand its configuration.
Gluetun configured() {
    Gluetun gluetun;
    const std::string name = text_from("GLUETUN_PROFILE");
    const auto profile = standin::parse_profile(name.empty() ? "v3.41" : name);
    if (!profile) refuse("GLUETUN_PROFILE " + name);
    gluetun.profile = *profile;
    read_role_file(gluetun);
    set_role(gluetun, "GLUETUN_API_KEY", "apikey ");
    set_role(gluetun, "GLUETUN_BASIC", "basic ");
    const std::string routes = text_from("GLUETUN_ROUTES");
    if (!routes.empty() && !standin::set_routes(gluetun, routes)) refuse("GLUETUN_ROUTES");
    if (!standin::set_ports(gluetun, text_from("GLUETUN_PORTS"))) refuse("GLUETUN_PORTS");
    if (!text_from("VPN_TYPE").empty()) gluetun.vpn_type = text_from("VPN_TYPE");
    return gluetun;
}

// Gluetun is called healthy, then it knows its public IP, then its forwarded ports.
void start_slowly(Gluetun& gluetun, Steering& steering) {
    const std::string text = text_from("GLUETUN_START");
    if (text.empty()) return;
    const auto delays = standin::parse_delays(text);
    if (!delays) refuse("GLUETUN_START");
    const auto now = std::chrono::steady_clock::now();
    steering.healthy_from(now + delays->stopping);
    gluetun.reconnect({.ip = delays->stopping + delays->ip, .ports = delays->ports}, now);
}

int serve() {
    const int control_port = number_from("CONTROL_PORT").value_or(8000);
    const int steering_port = number_from("STEERING_PORT").value_or(8001);
    Gluetun gluetun = configured();
    standin::HttpServer server;
    standin::PortCommands commands(gluetun, text_from("VPN_PORT_FORWARDING_UP_COMMAND"),
                                   text_from("VPN_PORT_FORWARDING_DOWN_COMMAND"));
    Steering steering(gluetun, commands, server, control_port);
    start_slowly(gluetun, steering);
    server.bind_http(
        "0.0.0.0", control_port,
        [&](const Request& request) { return steering.answer_control(request); },
        Connections::keep);
    server.bind_http("0.0.0.0", steering_port,
                     [&](const Request& request) { return steering.answer(request); });
    server.bind_http("127.0.0.1", health_port,
                     [&](const Request&) { return steering.answer_health(); });
    if (const int port = number_from("DNS_PORT").value_or(53); port != 0) {
        server.bind_silent("0.0.0.0", port);
        server.bind_udp("0.0.0.0", port);
    }
    server.listen_all();
    do {
        commands.turn(std::chrono::steady_clock::now());
    } while (!server.serve_until(std::chrono::steady_clock::now() + commands.longest_pause()));
    return 0;
}

// What the image's HEALTHCHECK runs: 0 is healthy, 1 is not.
int check_health() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(health_port));
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
    if (std::string_view(argv[0]).ends_with("wget")) return standin::fetch({argv + 1, argv + argc});
    if (argc > 1 && std::string_view(argv[1]) == "healthcheck") return check_health();
    try {
        return serve();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "gateway stand-in: %s\n", problem.what());
        return 1;
    }
}
