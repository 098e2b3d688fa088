#include "edge/text/host_name.h"

#include <arpa/inet.h>

#include "core/host_port.h"
#include "edge/text/strings.h"

namespace roundhouse {

bool is_ip_address(const std::string& text) {
    // inet_pton() would stop at a zero byte.
    if (text.find('\0') != std::string::npos) return false;
    in6_addr parsed{};
    return ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1 ||
           ::inet_pton(AF_INET, text.c_str(), &parsed) == 1;
}

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host == "::1") return true;
    return is_ip_address(host) && host.starts_with("127.");
}

bool is_host_name(std::string_view text) {
    constexpr std::size_t longest = 253;  // of DNS
    constexpr std::string_view characters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.size() <= longest && text.front() != '.' &&
           text.find_first_not_of(characters) == std::string_view::npos;
}

std::optional<std::string> host_of(const std::string& authority) {
    auto parsed = parse_host_port(authority);
    if (!parsed) parsed = parse_host_port(authority + ":0");
    if (!parsed) return std::nullopt;
    std::string host = lower(parsed->host);
    if (is_ip_address(host)) return host;
    if (!is_host_name(host)) return std::nullopt;
    if (host.ends_with('.')) host.pop_back();
    return host;
}

}  // namespace roundhouse
