#include "core/host_port.h"

#include "core/numbers.h"

namespace roundhouse {

namespace {

// Only IPv6 addresses have colons.
bool needs_brackets(std::string_view host) {
    return host.find(':') != std::string_view::npos;
}

}  // namespace

std::string host_port(std::string_view host, int port) {
    const std::string shown(host);
    return (needs_brackets(host) ? "[" + shown + "]" : shown) + ":" + std::to_string(port);
}

std::optional<HostPort> parse_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (needs_brackets(host) != bracketed) return std::nullopt;
    if (host.find_first_of("[]") != std::string_view::npos) return std::nullopt;
    const auto port = parse_number(text.substr(colon + 1), 0, 65535);
    if (!port) return std::nullopt;
    return HostPort{std::string(host), *port};
}

}  // namespace roundhouse
