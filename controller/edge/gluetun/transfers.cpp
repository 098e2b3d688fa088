#include "edge/gluetun/transfers.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/host_port.h"
#include "edge/gluetun/silence.h"

namespace roundhouse {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t longest_reply_bytes = std::size_t{64} << 10U;
// A request ends later than the deadline, which says better what was late.
constexpr Duration grace_period{500};

}  // namespace

ControlTransfers::ControlTransfers(ControlTarget target, Instant deadline)
    : target_(std::move(target)), deadline_(deadline) {}

void ControlTransfers::start(int id, const std::string& path) {
    HttpRequest request;
    request.url = "http://" + host_port(target_.ip, target_.port) + path;
    request.headers.push_back("Host: " + target_.authority);
    const ControlLogin& login = target_.login;
    if (!login.api_key.empty()) request.headers.push_back("X-API-Key: " + login.api_key);
    request.username = login.username;
    request.password = login.password;
    const auto left = std::max(deadline_ - steady_clock::now(), steady_clock::duration::zero());
    request.timeout = std::chrono::ceil<Duration>(left) + grace_period;
    request.connect_timeout = request.timeout;
    request.max_reply_bytes = longest_reply_bytes;
    ids_[transfers_.begin(std::move(request))] = id;
}

std::optional<ControlTransfers::Ended> ControlTransfers::wait() {
    while (ended_.empty()) {
        const auto left = std::chrono::ceil<Duration>(deadline_ - steady_clock::now());
        ended_ = transfers_.wait(left);
        if (ended_.empty() && steady_clock::now() >= deadline_) return std::nullopt;
    }
    HttpReply next = std::move(ended_.back());
    ended_.pop_back();
    const int id = ids_.extract(next.ticket).mapped();
    return Ended{id, reply_from(std::move(next))};
}

// libcurl's words are about its internals, and may repeat a part of the reply.
ControlReply ControlTransfers::reply_from(HttpReply reply) const {
    if (reply.not_sent) return not_asked();
    switch (reply.problem) {
        case HttpProblem::none: {
            ControlReply whole;
            whole.status = reply.status;
            whole.location = std::move(reply.location);
            whole.body = std::move(reply.body);
            return whole;
        }
        case HttpProblem::too_large:
            return no_reply(ReplyProblem::broken,
                            "sends more than 64 KiB, which Gluetun never does; check the port");
        case HttpProblem::broken:
            if (reply.nothing_arrived) break;
            return no_reply(ReplyProblem::broken,
                            "sends something that is no whole HTTP reply; check the port");
        default: break;
    }
    const bool has_reason = reply.problem == HttpProblem::unreachable && !reply.detail.empty();
    return no_reply(ReplyProblem::unreachable,
                    "does not answer" + (has_reason ? " (" + reply.detail + ")" : "") + ": " +
                        advice_on_silence(target_.ip, own_networks(),
                                          "nothing listens there; check that Gluetun runs "
                                          "(docker logs), and compare controlServer.port with "
                                          "its HTTP_CONTROL_SERVER_ADDRESS"));
}

}  // namespace roundhouse
