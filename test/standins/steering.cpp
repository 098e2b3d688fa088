#include "steering.h"

#include <charconv>
#include <chrono>
#include <set>
#include <string_view>
#include <system_error>
#include <vector>

namespace standin {
namespace {

constexpr std::size_t huge_bytes = std::size_t{1} << 30;
constexpr std::size_t max_seen = 256;

auto now() {
    return std::chrono::steady_clock::now();
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// nullopt: not a whole number of 0 or more.
std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

bool is_fault(const std::string& word) {
    static const std::set<std::string> words = {"none", "refuse", "hang",    "drop",
                                                "drip", "huge",   "garbage", "noise"};
    const std::optional<int> status = number(word);
    return words.contains(word) || word.starts_with("redirect ") ||
           (status && *status >= 100 && *status < 600);
}

}  // namespace

bool set_ports(Gluetun& gluetun, const std::string& text) {
    std::vector<int> ports;
    for (const std::string& part : split(text == "null" || text == "0" ? "" : text)) {
        const std::optional<int> port = number(part);
        if (!port || *port < 1 || *port > 65535) return false;
        ports.push_back(*port);
    }
    gluetun.rotate(std::chrono::milliseconds(0), now());
    gluetun.ports = ports;
    gluetun.forwarding_ever_started = text != "null";
    return true;
}

std::optional<Delays> parse_delays(const std::string& text) {
    std::vector<std::chrono::milliseconds> parts;
    for (const std::string& part : split(text)) {
        const std::optional<int> milliseconds = number(part);
        if (!milliseconds) return std::nullopt;
        parts.emplace_back(*milliseconds);
    }
    if (parts.size() != 3) return std::nullopt;
    return Delays{parts[0], parts[1], parts[2]};
}

bool set_routes(Gluetun& gluetun, const std::string& text) {
    std::set<std::string> routes;
    if (text != "all") {
        for (const std::string& route : split(text)) {
            if (!has_route(gluetun.profile, route)) return false;
            routes.insert(route);
        }
    }
    if (!gluetun.role) gluetun.role = Role{};
    gluetun.role->routes = routes;
    return true;
}

Steering::Steering(Gluetun& gluetun, PortCommands& commands, HttpServer& server, int control_port)
    : gluetun_(gluetun), commands_(commands), server_(server), control_port_(control_port) {}

Response Steering::answer(const Request& request) {
    if (request.method == "GET" && request.path == "/requests") return requests_seen();
    if (request.method != "PUT") return {.status = 405, .body = "{\"error\":\"use PUT\"}\n"};
    try {
        if (obey(request)) return {.status = 200, .body = "{}\n"};
    } catch (const std::system_error& problem) {
        return {.status = 500, .body = std::string(problem.what()) + "\n"};
    }
    return {.status = 400, .body = "{\"error\":\"not understood\"}\n"};
}

bool Steering::obey(const Request& request) {
    const std::string& body = request.body;
    if (request.path == "/ports") return set_ports(gluetun_, body);
    if (request.path == "/reconnect") return reconnect(body);
    if (request.path == "/routes") return set_routes(gluetun_, body);
    if (request.path.starts_with("/fault")) return set_fault({body, request.path.substr(6)});
    if (request.path.starts_with("/v1/")) {
        verbatim_[request.path] = body;
    } else if (request.path == "/health") {
        health_ = body;
    } else if (request.path == "/vpn") {
        gluetun_.vpn_status = body;
    } else if (request.path == "/publicip") {
        gluetun_.public_ip = body;
    } else if (request.path == "/rotate" && number(body)) {
        gluetun_.rotate(std::chrono::milliseconds(*number(body)), now());
    } else if (request.path == "/hold" && number(body)) {
        server_.bind_udp("0.0.0.0", *number(body));
    } else if (request.path == "/release" && number(body)) {
        server_.release(*number(body));
    } else if (request.path == "/auth" && (body == "default" || parse_role(body))) {
        gluetun_.role = parse_role(body);
    } else {
        return false;
    }
    return true;
}

bool Steering::reconnect(const std::string& body) {
    const std::optional<Delays> delays = parse_delays(body);
    if (delays) commands_.reconnect(*delays, now());
    return delays.has_value();
}

bool Steering::set_fault(const Fault& fault) {
    if (!is_fault(fault.word)) return false;
    if (fault.word == "refuse") {
        server_.release(control_port_);
    } else {
        server_.take_again(control_port_);
    }
    fault_ = fault.word == "none" ? Fault{} : fault;
    return true;
}

Response Steering::answer_control(const Request& request) {
    Response response = faulty(request);
    const std::string line =
        request.method + " " + request.path + " " + std::to_string(response.status);
    if (seen_.size() < max_seen || seen_.contains(line)) ++seen_[line];
    return response;
}

Response Steering::faulty(const Request& request) {
    const bool hit = fault_.path.empty() || fault_.path == request.path;
    const std::string word = hit ? fault_.word : "";
    if (const std::optional<int> status = number(word)) return plain_error(*status, "standin");
    if (word.starts_with("redirect ")) {
        return {.status = 301, .body = "", .headers = {"Location: " + word.substr(9)}};
    }
    if (word == "hang") return {.delivery = Delivery::never};
    if (word == "drop") return {.delivery = Delivery::dropped};
    if (word == "garbage") return {.body = std::string("\0\xff{\"port\":", 10)};
    if (word == "noise")
        return {.body = "\x16\x03\x01 no HTTP\r\n\r\n", .delivery = Delivery::bare};
    if (word == "huge") return {.body = "{\"port\":4001,\"x\":\"", .filler_bytes = huge_bytes};
    const auto found = verbatim_.find(request.path);
    Response response = found != verbatim_.end() && !found->second.empty()
                            ? Response{.body = found->second}
                            : gluetun_.answer(request, now());
    if (word == "drip") response.delivery = Delivery::dripped;
    return response;
}

Response Steering::answer_health() const {
    if (now() < healthy_from_) return plain_error(500, "healthcheck did not run yet");
    if (health_ == "healthy") return {.status = 200, .body = ""};
    return plain_error(500, health_);
}

Response Steering::requests_seen() const {
    std::string list;
    for (const auto& [line, count] : seen_) {
        list += (list.empty() ? "" : ",") + ("\"" + line + "\":") + std::to_string(count);
    }
    return {.status = 200, .body = "{" + list + "}\n"};
}

}  // namespace standin
