#include "edge/command/upstream.h"

#include "core/host_port.h"
#include "edge/text/host_name.h"

namespace roundhouse {

std::optional<Upstream> parse_upstream(std::string_view text) {
    constexpr std::string_view by_name = "dns:";
    if (text.starts_with(by_name)) {
        const auto address = parse_host_port(text.substr(by_name.size()));
        if (!address || address->port == 0 || !is_host_name(address->host)) return std::nullopt;
        return Upstream{"", address->host, address->port};
    }
    std::string_view authority = text;
    std::string scheme = "http://";
    for (const char* known : {"http://", "https://"}) {
        if (!text.starts_with(known)) continue;
        scheme = known;
        authority.remove_prefix(scheme.size());
    }
    if (authority.ends_with('/')) authority.remove_suffix(1);
    const auto host = host_of(std::string(authority));
    if (!host) return std::nullopt;
    return Upstream{scheme + std::string(authority), *host, 0};
}

}  // namespace roundhouse
