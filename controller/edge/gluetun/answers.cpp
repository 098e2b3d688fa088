#include "edge/gluetun/answers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "edge/gluetun/route_search.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

constexpr std::string_view route_of_ports = "\"GET /v1/portforward\"";
constexpr std::size_t longest_ip_bytes = 45;  // an IPv6 address that embeds an IPv4 one

// Thrown and caught in this file only. `what` is the end of a sentence.
struct Unexpected {
    std::string what;
};

// null: not a JSON object.
Json parse_object(std::string_view body) {
    auto parsed = parse_json(body);
    return parsed && parsed.value().is_object() ? std::move(parsed.value()) : Json();
}

int port_from(const Json& number) {
    const auto port = number.is_number_integer() ? number.get<std::int64_t>() : -1;
    if (port < 0 || port > 65535) {
        throw Unexpected{"reports a port that is not a whole number from 0 to 65535"};
    }
    return static_cast<int>(port);
}

std::set<int> ports_from(const Json& reply) {
    const Json& list = member(reply, "ports");
    const Json& single = member(reply, "port");
    if (!list.is_null() && !list.is_array()) throw Unexpected{"sends \"ports\" that is not a list"};
    std::set<int> ports;
    if (!list.empty()) {
        for (const Json& element : list) {
            ports.insert(port_from(element));
        }
    } else if (!single.is_null()) {
        ports.insert(port_from(single));
    }
    ports.erase(0);
    return ports;
}

ForwardedPortsAnswer read_ports(std::string_view body) {
    const Json reply = parse_object(body);
    if (reply.is_null()) {
        return {PortsAnswerKind::malformed,
                {},
                body.empty() ? "sends an empty reply" : "sends something that is no JSON object"};
    }
    if (!reply.contains("port") && !reply.contains("ports")) {
        return {PortsAnswerKind::malformed, {}, "sends neither \"port\" nor \"ports\""};
    }
    try {
        const std::set<int> ports = ports_from(reply);
        if (!ports.empty()) return {PortsAnswerKind::ports, {ports.begin(), ports.end()}, ""};
        return {PortsAnswerKind::none,
                {},
                "reports no forwarded port (yet): see its log, and that VPN_PORT_FORWARDING=on "
                "is set and the provider and server forward ports"};
    } catch (const Unexpected& unexpected) {
        return {PortsAnswerKind::malformed, {}, unexpected.what};
    }
}

bool is_access_denied(const ControlReply& reply) {
    return reply.problem == ReplyProblem::none && (reply.status == 401 || reply.status == 403);
}

// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool last = i + 1 == words.size();
        text += (i == 0 ? "" : last ? " and " : ", ") + words[i];
    }
    return text;
}

std::string denied_login(const AskedServer& server) {
    const std::string where =
        server.answered_some ? "for " + listed(server.denied) : "for every route";
    switch (server.sent) {
        case SentLogin::none:
            return "requires a key " + where + ": name its file in controlServer.apiKeyFile, and ";
        case SentLogin::api_key:
            return "refuses the key of the spec " + where + ": compare it with Gluetun's, and ";
        case SentLogin::password: break;
    }
    return "refuses the user of the spec " + where +
           ": compare name and password with Gluetun's, and ";
}

// Whether the login is good, as other routes were read with it.
bool lacks_routes(const AskedServer& server) {
    return server.answered_some && server.sent != SentLogin::none;
}

std::string lacking_routes_detail(const AskedServer& server) {
    const std::string login = server.sent == SentLogin::password ? "user" : "key";
    const bool one = server.denied.size() == 1;
    const bool for_ports = std::ranges::count(server.denied, route_of_ports) > 0;
    return "accepts the " + login + " of the spec, but not for " + listed(server.denied) +
           ": add " + (one ? "that route" : "those routes") +
           " to its role in /gluetun/auth/config.toml" +
           (for_ports ? " (up to v3.40 \"GET /v1/openvpn/portforwarded\" in place of the first)"
                      : "") +
           ", and restart Gluetun, which reads roles when it starts; if the routes that it "
           "answers are open to everybody, compare the " +
           login;
}

std::string access_denied_detail(const AskedServer& server) {
    const SentLogin sent = server.sent;
    const bool basic = sent == SentLogin::password;
    const std::string login = basic ? R"(auth = "basic", username and password)"
                                    : R"(auth = "apikey" and apikey = the key)";
    const std::string default_role = basic ? R"({"auth":"basic","username":"...","password":"..."})"
                                           : R"({"auth":"apikey","apikey":"..."})";
    return denied_login(server) +
           "in /gluetun/auth/config.toml, give a role of [[roles]] routes = [\"GET "
           "/v1/portforward\", \"GET /v1/vpn/status\", \"GET /v1/publicip/ip\"] (up to v3.40 "
           "\"GET /v1/openvpn/portforwarded\" in place of the first), " +
           login + "; from v3.41 on HTTP_CONTROL_SERVER_AUTH_DEFAULT_ROLE=" + default_role +
           " does the same; Gluetun reads both when it starts";
}

std::string name_of(const AskedServer& server) {
    return "the control server of " + server.gateway + " at " + server.authority;
}

// The detail, if any, is the end of a sentence.
ForwardedPortsAnswer answer_from(const std::vector<ControlReply>& replies,
                                 const AskedServer& server) {
    const ControlReply& last = replies.back();
    if (last.problem == ReplyProblem::unreachable || last.problem == ReplyProblem::late) {
        return {PortsAnswerKind::unreachable, {}, last.detail};
    }
    if (last.problem == ReplyProblem::broken) return {PortsAnswerKind::malformed, {}, last.detail};
    if (last.status == 200) return read_ports(last.body);
    const bool unknown_or_denied = says_no_such_route(last.status) || last.status == 403;
    if (!unknown_or_denied) {
        return {PortsAnswerKind::malformed,
                {},
                "answers with HTTP " + std::to_string(last.status) + ": see Gluetun's log"};
    }
    if (std::any_of(replies.begin(), replies.end(), is_access_denied)) {
        if (lacks_routes(server))
            return {PortsAnswerKind::lacks_route, {}, lacking_routes_detail(server)};
        return {PortsAnswerKind::unauthorized, {}, access_denied_detail(server)};
    }
    return {PortsAnswerKind::unsupported,
            {},
            "knows neither /v1/portforward nor /v1/openvpn/portforwarded: check that it is "
            "Gluetun's (controlServer.port, HTTP_CONTROL_SERVER_ADDRESS)"};
}

}  // namespace

std::vector<std::string> forwarded_ports_routes() {
    return {"/v1/portforward", "/v1/openvpn/portforwarded"};
}

std::vector<std::string> vpn_status_routes() {
    return {"/v1/vpn/status"};
}

std::vector<std::string> public_ip_routes() {
    return {"/v1/publicip/ip"};
}

ForwardedPortsAnswer forwarded_ports_from(const std::vector<ControlReply>& replies,
                                          const AskedServer& server) {
    ForwardedPortsAnswer answer = answer_from(replies, server);
    if (!answer.detail.empty()) answer.detail = name_of(server) + " " + answer.detail;
    return answer;
}

VpnStatus vpn_status_from(const ControlReply& reply) {
    static const std::array<std::pair<std::string_view, VpnStatus>, 6> words{{
        {"starting", VpnStatus::starting},
        {"running", VpnStatus::running},
        {"stopping", VpnStatus::stopping},
        {"stopped", VpnStatus::stopped},
        {"crashed", VpnStatus::crashed},
        {"completed", VpnStatus::completed},
    }};
    if (reply.problem != ReplyProblem::none || reply.status != 200) return VpnStatus::unknown;
    const Json object = parse_object(reply.body);
    const Json& status = member(object, "status");
    for (const auto& [word, meaning] : words) {
        if (status == word) return meaning;
    }
    return VpnStatus::unknown;
}

std::string vpn_detail_from(const ControlReply& reply, const AskedServer& server) {
    const bool answered = reply.problem != ReplyProblem::unreachable;
    if (!answered || vpn_status_from(reply) != VpnStatus::unknown) return "";
    const std::string text =
        "only Docker's health check shows a VPN that is down: " + name_of(server) + " ";
    if (reply.problem == ReplyProblem::late) return text + reply.detail;
    if (is_access_denied(reply)) {
        return text + (lacks_routes(server) ? lacking_routes_detail(server)
                                            : access_denied_detail(server));
    }
    return text + "answers GET /v1/vpn/status with something else than a VPN status (HTTP " +
           std::to_string(reply.status) + "): see Gluetun's log";
}

std::optional<std::string> public_ip_from(const ControlReply& reply) {
    if (reply.problem != ReplyProblem::none || reply.status != 200) return std::nullopt;
    const Json object = parse_object(reply.body);
    const Json& ip = member(object, "public_ip");
    if (!ip.is_string()) return std::nullopt;
    const auto& text = ip.get_ref<const std::string&>();
    const bool is_ip = text.size() <= longest_ip_bytes &&
                       text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
    return is_ip ? std::optional(text) : std::nullopt;
}

void note_access(AskedServer& server, const std::vector<std::string>& routes,
                 const std::vector<ControlReply>& replies) {
    const bool answered =
        replies.back().problem == ReplyProblem::none && replies.back().status == 200;
    server.answered_some = server.answered_some || answered;
    const bool denied = !answered && std::any_of(replies.begin(), replies.end(), is_access_denied);
    if (denied) server.denied.push_back("\"GET " + routes.front() + "\"");
}

ForwardedPortsAnswer unusable_key_answer(const AskedServer& server, const std::string& why) {
    return {PortsAnswerKind::unauthorized, {}, name_of(server) + " was not asked: " + why};
}

}  // namespace roundhouse
