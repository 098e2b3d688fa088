#include "core/last_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "core/numbers.h"

namespace roundhouse {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

bool tells_of_port_in_use(std::string_view line) {
    static constexpr std::array<std::string_view, 5> words = {
        "address already in use", "address in use", "eaddrinuse", "port is already in use",
        "port already in use"};
    const std::string text = lower(line);
    return std::ranges::any_of(
        words, [&](std::string_view each) { return text.find(each) != std::string::npos; });
}

// Whether the text before a number shows that the number is a port: "0.0.0.0:19000", "port 19000",
// "port=19000", "('', 19000)".
bool introduces_port(std::string_view before) {
    if (before.ends_with(':') || before.ends_with(", ")) return true;
    while (before.ends_with(' ') || before.ends_with('=') || before.ends_with('#'))
        before.remove_suffix(1);
    return lower(before).ends_with("port");
}

// One of `own` wherever it stands; else the last number that stands where ports do.
int port_named_in(std::string_view line, const EnginePorts& own) {
    constexpr std::size_t fewest_digits = 3;  // clocks have two
    int named = 0;
    for (std::size_t at = 0; at < line.size();) {
        if (!is_digit(line[at])) {
            ++at;
            continue;
        }
        const auto end = static_cast<std::size_t>(
            std::find_if_not(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), is_digit) -
            line.begin());
        const int port = parse_number(std::string(line.substr(at, end - at))).value_or(0);
        const bool is_port = port > 0 && port <= 65535 && end - at >= fewest_digits;
        if (is_port && own.contain(port)) return port;
        if (is_port && introduces_port(line.substr(0, at))) named = port;
        at = end;
    }
    return named;
}

// Who listens on a port in the engine's network namespace, as far as lists show.
std::string user_of_port(const EnginePool& pool, const Observation& seen, const EngineView& engine,
                         int port) {
    for (const auto& other : seen.engines) {
        const bool is_here = other.id != engine.id && other.slot && !engine.gateway.empty() &&
                             other.incarnation == engine.incarnation;
        if (is_here && other.ports.contain(port)) return other.name;
    }
    for (const auto& other : seen.neighbours) {
        const bool is_here = other.gateway_id == engine.incarnation.id;
        if (is_here && other.ports.contain(port)) {
            return "container " + other.name + " of pool " + other.pool;
        }
    }
    const auto gateway = std::ranges::find(pool.gateways, engine.gateway, &GatewaySpec::container);
    if (gateway != pool.gateways.end() && gateway->control_server.port == port) {
        return "the control server of gateway " + engine.gateway;
    }
    return "";
}

const std::string* telling_line(const std::vector<std::string>& lines) {
    const auto found = std::ranges::find_if(lines.rbegin(), lines.rend(), tells_of_port_in_use);
    return found != lines.rend() ? &*found : lines.empty() ? nullptr : &lines.back();
}

}  // namespace

std::string without_values(std::string text, const KeyValues& hidden) {
    constexpr std::size_t shortest_secret_bytes = 6;
    for (const auto& [name, value] : hidden) {
        if (value.size() < shortest_secret_bytes) continue;
        const std::string reference = "$(" + name + ")";
        for (auto at = text.find(value); at != std::string::npos;
             at = text.find(value, at + reference.size())) {
            text.replace(at, value.size(), reference);
        }
    }
    return text;
}

std::optional<int> port_in_use(const std::vector<std::string>& lines, const EnginePorts& own) {
    const std::string* line = telling_line(lines);
    if (line == nullptr || !tells_of_port_in_use(*line)) return std::nullopt;
    return port_named_in(*line, own);
}

std::string describe_last_lines(const std::vector<std::string>& lines) {
    const std::string* line = telling_line(lines);
    return line == nullptr ? "" : "it wrote last: \"" + *line + "\"";
}

std::string describe_words(const EnginePool& pool, const Observation& seen,
                           const EngineView& engine) {
    if (engine.last_lines.empty()) return "";
    std::string text = "; " + describe_last_lines(engine.last_lines);
    const int port = port_in_use(engine.last_lines, engine.ports).value_or(0);
    if (port == 0) return text;
    const std::string user = user_of_port(pool, seen, engine, port);
    const std::string where =
        engine.gateway.empty() ? "" : " in the network of gateway " + engine.gateway;
    text += "; port " + std::to_string(port) + " is in use" + where;
    return text + (user.empty() ? "" : " by " + user);
}

}  // namespace roundhouse
