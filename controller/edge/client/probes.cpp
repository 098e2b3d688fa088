#include "edge/client/probes.h"

#include <cstddef>
#include <utility>

#include "core/host_port.h"

namespace roundhouse {

namespace {

// The body of a reply is not used: after this many bytes the request is ended.
constexpr std::size_t longest_body_bytes = std::size_t{64} << 10U;

std::string url_of(const ProbeRequest& request) {
    return "http://" + host_port(request.host, request.port) + request.path;
}

ProbeReply p2p_reply(std::string engine_id, const HttpReply& reply) {
    ProbeReply result{std::move(engine_id), ProbeKind::p2p, ProbeOutcome::unreachable,
                      reply.detail};
    if (reply.problem == HttpProblem::none) result.outcome = ProbeOutcome::answered;
    if (reply.problem == HttpProblem::connection_refused) result.outcome = ProbeOutcome::failed;
    return result;
}

ProbeReply http_reply(std::string engine_id, const HttpReply& reply) {
    ProbeReply result{std::move(engine_id), ProbeKind::http, ProbeOutcome::failed, reply.detail};
    // Long bodies are cut off on purpose; the status has arrived all the same.
    const bool has_status = reply.problem == HttpProblem::none ||
                            reply.problem == HttpProblem::stopped ||
                            reply.problem == HttpProblem::too_large;
    if (has_status) {
        const bool good = reply.status >= 200 && reply.status < 400;
        result.outcome = good ? ProbeOutcome::answered : ProbeOutcome::failed;
        result.detail = good ? "" : "HTTP " + std::to_string(reply.status);
    } else if (reply.problem == HttpProblem::unreachable) {
        result.outcome = ProbeOutcome::unreachable;
    }
    return result;
}

}  // namespace

void HttpProbes::begin(const ProbeRequest& request) {
    HttpRequest wanted;
    wanted.url = url_of(request);
    wanted.connect_timeout = request.timeout;
    wanted.timeout = request.timeout;
    wanted.max_reply_bytes = longest_body_bytes;
    wanted.keep_alive = false;
    wanted.on_bytes = [seen = std::size_t{0}](std::string_view bytes) mutable {
        seen += bytes.size();
        return seen <= longest_body_bytes;
    };
    wanted.connect_only = request.kind == ProbeKind::p2p;
    probes_[transfers_.begin(std::move(wanted))] = {request.engine_id, request.kind};
}

std::vector<ProbeReply> HttpProbes::wait(Duration at_most) {
    std::vector<ProbeReply> replies;
    for (const auto& reply : transfers_.wait(at_most)) {
        const auto [engine_id, kind] = probes_.extract(reply.ticket).mapped();
        replies.push_back(kind == ProbeKind::p2p ? p2p_reply(engine_id, reply)
                                                 : http_reply(engine_id, reply));
    }
    return replies;
}

void HttpProbes::interrupt() {
    transfers_.interrupt();
}

}  // namespace roundhouse
