#include "edge/client/http_probes.h"

#include <cstddef>
#include <utility>

#include "core/host_port.h"

namespace roundhouse {

namespace {

// Nobody reads what an engine answers: past this the status alone has to do.
constexpr std::size_t longest_body_bytes = std::size_t{64} << 10U;

std::string url_of(const ProbeRequest& request) {
    return "http://" + host_port(request.host, request.port) + request.path;
}

ProbeReply judge_connection(std::string engine_id, const HttpReply& reply) {
    ProbeReply judged{std::move(engine_id), ProbeKind::p2p, ProbeOutcome::unreachable,
                      reply.detail};
    if (reply.problem == HttpProblem::none) judged.outcome = ProbeOutcome::answered;
    if (reply.problem == HttpProblem::refused) judged.outcome = ProbeOutcome::failed;
    return judged;
}

ProbeReply judge(std::string engine_id, const HttpReply& reply) {
    ProbeReply judged{std::move(engine_id), ProbeKind::http, ProbeOutcome::failed, reply.detail};
    // Long bodies are cut short on purpose.
    const bool has_status = reply.problem == HttpProblem::none ||
                            reply.problem == HttpProblem::stopped ||
                            reply.problem == HttpProblem::too_large;
    if (has_status) {
        const bool good = reply.status >= 200 && reply.status < 400;
        judged.outcome = good ? ProbeOutcome::answered : ProbeOutcome::failed;
        judged.detail = good ? "" : "HTTP " + std::to_string(reply.status);
    } else if (reply.problem == HttpProblem::unreachable) {
        judged.outcome = ProbeOutcome::unreachable;
    }
    return judged;
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
        replies.push_back(kind == ProbeKind::p2p ? judge_connection(engine_id, reply)
                                                 : judge(engine_id, reply));
    }
    return replies;
}

void HttpProbes::interrupt() {
    transfers_.interrupt();
}

}  // namespace roundhouse
