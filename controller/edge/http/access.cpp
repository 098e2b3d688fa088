#include "edge/http/access.h"

#include <algorithm>
#include <string_view>

#include "edge/http/errors.h"
#include "edge/http/request_parts.h"
#include "edge/system/secret_file.h"
#include "edge/text/host_name.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

bool is_known_host(const std::vector<std::string>& names, const Request& request) {
    const auto host = host_of(std::string(header(request, "host")));
    if (!host) return false;
    return is_ip_address(*host) || *host == "localhost" ||
           std::ranges::find(names, *host) != names.end();
}

std::optional<Response> host_error(const AccessRules& rules, const Request& request) {
    if (is_known_host(rules.host_names, request)) return std::nullopt;
    return error_response(
        403,
        "without an API key, only known host names are answered: use an IP address or localhost, "
        "add the name to ROUNDHOUSE_ALLOWED_HOSTS, or set ROUNDHOUSE_API_KEY_FILE");
}

std::optional<Response> key_error(const std::string& api_key_file, const Request& request) {
    const auto secret = read_secret(api_key_file);
    const std::string_view key = secret ? trimmed(secret.value()) : std::string_view{};
    if (key.empty()) {
        return unauthorized(
            "nobody is let in: the controller cannot read a key from its API key file; see that "
            "the file is there, readable for the controller, and holds the key on one line");
    }
    if (equal_in_constant_time(bearer_key(header(request, "authorization")), key)) {
        return std::nullopt;
    }
    return unauthorized("send the API key in a header: Authorization: Bearer <key>");
}

// Browsers say "http://nas:9190", or "null". The scheme is not compared: a proxy may add TLS.
bool is_own_origin(const Request& request) {
    const std::string origin = lower(header(request, "origin"));
    const auto scheme_end = origin.find("://");
    return scheme_end != std::string::npos &&
           origin.substr(scheme_end + 3) == lower(header(request, "host"));
}

bool is_from_another_origin(const Request& request) {
    const bool has_origin = request.headers.contains("origin");
    if (has_origin && !is_own_origin(request)) return true;
    // Sent by new browsers; "same-site" is also said of another port, or of a sibling's name.
    const std::string_view site = header(request, "sec-fetch-site");
    if (site == "same-site") return !has_origin;
    return request.headers.contains("sec-fetch-site") && site != "same-origin" && site != "none";
}

}  // namespace

std::optional<Response> access_error(const AccessRules& rules, Access access,
                                     const Request& request) {
    if (access == Access::open) return std::nullopt;
    if (rules.api_key_file.empty()) return host_error(rules, request);
    return access == Access::data ? key_error(rules.api_key_file, request) : std::nullopt;
}

std::optional<Response> origin_error(const Request& request) {
    if (!is_from_another_origin(request)) return std::nullopt;
    return error_response(403,
                          "web pages of another origin may not do this; a reverse proxy in front "
                          "has to pass on the Host header unchanged");
}

}  // namespace roundhouse
