#include "gluetun_routes.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace standin {
namespace {

struct Route {
    std::string_view route;
    Profile since = Profile::v3_38;
    bool is_public = true;  // open to everybody where v3.40 and v3.41 have no role configured
};

constexpr std::array routes = {
    Route{"GET /v1/version"},
    Route{"GET /v1/vpn/status"},
    Route{"PUT /v1/vpn/status"},
    Route{.route = "GET /v1/vpn/settings", .is_public = false},
    Route{"GET /v1/openvpn/status"},
    Route{"PUT /v1/openvpn/status"},
    Route{"GET /v1/openvpn/portforwarded"},
    Route{.route = "GET /v1/openvpn/settings", .is_public = false},
    Route{"GET /v1/dns/status"},
    Route{"GET /v1/updater/status"},
    Route{"GET /v1/publicip/ip"},
    Route{"GET /v1/portforward", Profile::v3_41},
    Route{"PUT /v1/portforward", Profile::master},
    Route{.route = "GET /openvpn/portforwarded", .is_public = false},
    Route{.route = "GET /openvpn/settings", .is_public = false},
};

std::string decoded_base64(std::string_view text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = digits.find(c);
        if (value == digits.npos) break;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xff);
    }
    return out;
}

bool opens(const Role& role, const Request& request) {
    if (role.kind == Role::Kind::none) return true;
    if (role.kind == Role::Kind::api_key) {
        const std::string sent = request.header("X-API-Key");
        return (sent.empty() ? request.parameter("api_key") : sent) == role.secret;
    }
    const std::string sent = request.header("Authorization");
    return sent.starts_with("Basic ") && decoded_base64(sent.substr(6)) == role.secret;
}

bool is_public(const std::string& route) {
    return std::any_of(routes.begin(), routes.end(),
                       [&](const Route& each) { return each.is_public && each.route == route; });
}

}  // namespace

std::optional<Profile> parse_profile(std::string_view name) {
    if (name == "v3.38") return Profile::v3_38;
    if (name == "v3.40") return Profile::v3_40;
    if (name == "v3.41") return Profile::v3_41;
    if (name == "master") return Profile::master;
    return std::nullopt;
}

bool has_route(Profile profile, const std::string& route) {
    return std::any_of(routes.begin(), routes.end(), [&](const Route& each) {
        return each.since <= profile && each.route == route;
    });
}

bool has_path(Profile profile, const std::string& path) {
    return has_route(profile, "GET " + path) || has_route(profile, "PUT " + path);
}

std::optional<Role> parse_role(const std::string& text) {
    if (text == "none") return Role{};
    if (text.starts_with("apikey ")) {
        return Role{.kind = Role::Kind::api_key, .secret = text.substr(7)};
    }
    if (text.starts_with("basic ") && text.find(':') != std::string::npos) {
        return Role{.kind = Role::Kind::basic, .secret = text.substr(6)};
    }
    return std::nullopt;
}

std::optional<Response> refusal(Profile profile, const std::optional<Role>& role,
                                const Request& request) {
    if (profile == Profile::v3_38) return std::nullopt;
    const std::string route = request.method + " " + request.path;
    if (profile == Profile::master && !has_route(profile, route)) {
        return has_path(profile, request.path) ? plain_error(405, "Method Not Allowed")
                                               : plain_error(404, "Not Found");
    }
    Response denial = plain_error(401, "Unauthorized");
    if (!has_route(profile, route)) return denial;
    if (!role) {
        const bool open = profile < Profile::master && is_public(route);
        return open ? std::nullopt : std::optional(denial);
    }
    const bool covered = role->routes.empty() || role->routes.contains(route);
    if (covered && opens(*role, request)) return std::nullopt;
    // Only a request that brings no user and password is asked for them.
    const bool brings_some = request.header("Authorization").starts_with("Basic ");
    if (covered && role->kind == Role::Kind::basic && !brings_some) {
        denial.headers.push_back("Www-Authenticate: Basic realm=\"restricted\", charset=\"UTF-8\"");
    }
    return denial;
}

Response plain_error(int status, const std::string& text) {
    return {.status = status,
            .body = text + "\n",
            .content_type = "text/plain; charset=utf-8",
            .headers = {"X-Content-Type-Options: nosniff"}};
}

}  // namespace standin
