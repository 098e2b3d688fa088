#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <vector>

#include "edge/gluetun/answers.h"
#include "edge/gluetun/route_search.h"
#include "fuzz/properties.h"
#include "fuzz/targets.h"

namespace roundhouse::fuzz {

namespace {

const AskedServer server{"gluetun", "172.17.0.2:8000", SentLogin::api_key};
constexpr std::string_view secret = "s3cr3t";  // which a reply may repeat, and we must not

// The text before `end`, which is taken away with it.
std::string_view take_until(std::string_view& text, std::string_view end) {
    const auto at = text.find(end);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return part;
}

ControlReply reply_from(std::string_view text) {
    std::string_view head = take_until(text, "\n");
    const std::string_view status = take_until(head, " ");
    ControlReply reply;
    const auto parsed = std::from_chars(status.data(), status.data() + status.size(), reply.status);
    if (parsed.ec != std::errc{}) return no_reply(ReplyProblem::broken, "sends no HTTP");
    reply.location = head;
    reply.body = text;
    return reply;
}

std::vector<ControlReply> replies_from(std::string_view text) {
    std::vector<ControlReply> replies;
    while (!text.empty())
        replies.push_back(reply_from(take_until(text, "\n---\n")));
    return replies;
}

// The whole search. After its last reply, the server cannot be reached.
std::vector<ControlReply> run_search(const std::vector<ControlReply>& replies) {
    constexpr std::size_t most_requests = 8;  // two routes, each behind three redirects
    RouteSearch search(forwarded_ports_routes(), server.authority);
    for (std::size_t asked = 0; search.next_path() != nullptr; ++asked) {
        must(asked < most_requests, "a search comes to an end");
        must(search.next_path()->starts_with('/'), "the path stays on the server");
        must(!mentions(*search.next_path(), "\n"), "a path is one line");
        search.add_reply(asked < replies.size() ? replies[asked]
                                                : no_reply(ReplyProblem::unreachable, "is silent"));
    }
    return search.replies();
}

void examine_ports(const ForwardedPortsAnswer& answer) {
    const auto& ports = answer.ports;
    must(ports.empty() == (answer.kind != PortsAnswerKind::ports), "ports exactly for `ports`");
    must(std::ranges::all_of(ports, [](int port) { return port >= 1 && port <= 65535; }),
         "a port is one of 1..65535");
    must(std::ranges::adjacent_find(ports, std::greater_equal<>()) == ports.end(),
         "ports ascend, each once");
    must(answer.detail.empty() == (answer.kind == PortsAnswerKind::ports),
         "what is no port is explained");
    must(!mentions(answer.detail, secret), "a detail repeats no reply");
}

void examine_status(const ControlReply& reply) {
    const auto detail = vpn_detail_from(reply, server);
    const bool unknown = vpn_status_from(reply) == VpnStatus::unknown;
    const bool answered = reply.problem != ReplyProblem::unreachable;
    must(detail.empty() == !(unknown && answered), "an unknown status is explained");
    must(!mentions(detail, secret), "a detail repeats no reply");
}

void examine_public_ip(const ControlReply& reply) {
    const auto ip = public_ip_from(reply);
    if (!ip) return;
    must(ip->size() <= 45, "an IP is short");
    must(ip->find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos,
         "an IP has no other characters");
}

}  // namespace

void examine_gluetun(std::string_view text) {
    const auto replies = replies_from(text);
    examine_ports(forwarded_ports_from(run_search(replies), server));
    for (const auto& reply : replies) {
        examine_status(reply);
        examine_public_ip(reply);
    }
}

}  // namespace roundhouse::fuzz
