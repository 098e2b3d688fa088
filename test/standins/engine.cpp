// Stand-in for an AceStream engine: takes the same variables or options, binds the same ports,
// answers the same probe. README.md in this folder lists how to make it misbehave.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "entrypoints.h"
#include "environment.h"
#include "http_server.h"
#include "playback.h"

namespace {

using namespace std::chrono_literals;
using standin::HttpServer;
using standin::Invocation;
using standin::number_from;
using standin::Playback;
using standin::Request;
using standin::Response;
using standin::SteadyTime;
using standin::text_from;

constexpr auto never = SteadyTime::max() - 1h;

// What a real engine listens on when nothing is said.
struct Ports {
    int http = 6878;
    int https = 6879;
    int api = 62062;
    int p2p = 8621;
};

Ports ports_of(const Invocation& call) {
    Ports ports;
    if (call.takes_variables) {
        return {number_from("HTTP_PORT").value_or(ports.http),
                number_from("HTTPS_PORT").value_or(ports.https),
                number_from("API_PORT").value_or(ports.api),
                number_from("P2P_PORT").value_or(ports.p2p)};
    }
    return {standin::number_option(call.options, "--http-port", ports.http),
            standin::number_option(call.options, "--https-port", ports.https),
            standin::number_option(call.options, "--api-port", ports.api),
            standin::number_option(call.options, "--port", ports.p2p)};
}

bool binds_all(const Invocation& call) {
    return call.takes_variables ? !text_from("BIND_ALL").empty()
                                : standin::has_option(call.options, "--bind-all");
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
}

std::string who_i_am(const Ports& ports, bool p2p_bound,
                     const std::vector<std::string>& arguments) {
    std::string list;
    for (const std::string& argument : arguments) {
        list += (list.empty() ? "" : ",") + quoted(argument);
    }
    return "{\"standin\":\"engine\",\"slot\":" + quoted(text_from("SLOT")) +
           ",\"http_port\":" + std::to_string(ports.http) +
           ",\"https_port\":" + std::to_string(ports.https) +
           ",\"api_port\":" + std::to_string(ports.api) +
           ",\"p2p_port\":" + std::to_string(ports.p2p) +
           ",\"p2p_bound\":" + (p2p_bound ? "true" : "false") +
           ",\"environment\":{\"P2P_PORT\":" + quoted(text_from("P2P_PORT")) + "},\"arguments\":[" +
           list + "]}\n";
}

Response answer(const Request& request, const std::string& identity, Playback& playback) {
    if (request.path == "/") return {.status = 200, .body = identity};
    if (request.path == "/webui/api/service" && request.query == "method=get_version") {
        return {.status = 200,
                .body =
                    "{\"result\":{\"code\":3017000,\"platform\":\"linux\","
                    "\"version\":\"3.1.70\"},\"error\":null}"};
    }
    if (auto response = playback.answer(request)) return std::move(*response);
    return {.status = 404, .body = "{\"error\":\"not found\"}\n"};
}

SteadyTime after(const char* variable, SteadyTime start, SteadyTime otherwise) {
    const auto wait_ms = number_from(variable);
    return wait_ms ? start + std::chrono::milliseconds(*wait_ms) : otherwise;
}

// Binds the P2P port, by TCP and UDP or not at all. Like a real engine, the stand-in may go on
// without it: whether it does is said by P2P_BIND.
bool bind_p2p(HttpServer& server, int port) {
    if (text_from("P2P_BIND") != "optional") {
        server.bind_silent("0.0.0.0", port);
        server.bind_udp("0.0.0.0", port);
        return true;
    }
    try {
        server.bind_silent("0.0.0.0", port);
        server.bind_udp("0.0.0.0", port);
        server.listen_all();
        return true;
    } catch (const std::system_error& problem) {
        std::fprintf(stderr, "engine stand-in: without P2P: %s\n", problem.what());
        server.release(port);
        return false;
    }
}

int run(const Invocation& call) {
    const SteadyTime start = std::chrono::steady_clock::now();
    const SteadyTime ready_at = after("READY_AFTER", start, start);
    const SteadyTime hang_at = after("HANG_AFTER", start, never);
    const SteadyTime exit_at = after("EXIT_AFTER", start, never);
    const std::string address = binds_all(call) ? "0.0.0.0" : "127.0.0.1";
    const Ports ports = ports_of(call);

    HttpServer server;
    if (!text_from("IGNORE_SIGTERM").empty()) server.ignore_signals();
    const bool p2p_bound = bind_p2p(server, ports.p2p);
    const std::string identity = who_i_am(ports, p2p_bound, call.options);
    Playback playback(ports.http);
    server.bind_http(address, ports.http,
                     [&](const Request& request) { return answer(request, identity, playback); });
    server.bind_silent(address, ports.https);
    server.bind_lines(address, ports.api, [&](std::string_view line) -> std::string {
        if (!line.starts_with("HELLOBG")) return "";
        return "HELLOTS version=3.1.70 version_code=3017000 http_port=" +
               std::to_string(ports.http) + "\r\n";
    });

    if (server.serve_until(std::min(ready_at, exit_at))) return 0;
    if (ready_at < exit_at) server.listen_all();
    if (server.serve_until(std::min(hang_at, exit_at))) return 0;
    server.hang();
    if (server.serve_until(exit_at)) return 0;
    return number_from("EXIT_CODE").value_or(0);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv, argv + argc);
    // "exit CODE LINE...": writes the lines first.
    if (words.size() > 1 && words[1] == "exit") {
        for (std::size_t i = 3; i < words.size(); ++i)
            std::fprintf(stderr, "%s\n", words[i].c_str());
        return words.size() > 2 ? std::atoi(words[2].c_str()) : 0;
    }
    try {
        return run(standin::resolve(words));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "engine stand-in: %s\n", problem.what());
        return 1;
    }
}
