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

ProbeOutcome outcome_of_unreachable(const HttpReply& reply) {
    return reply.connect_timed_out ? ProbeOutcome::silent : ProbeOutcome::unreachable;
}

ProbeReply connection_reply(const HttpReply& reply) {
    switch (reply.problem) {
        case HttpProblem::none: return {0, ProbeOutcome::answered, ""};
        case HttpProblem::connection_refused: return {0, ProbeOutcome::failed, reply.detail};
        default: return {0, outcome_of_unreachable(reply), reply.detail};
    }
}

ProbeReply http_reply(const HttpReply& reply, const std::string& path) {
    // Long bodies are cut off on purpose; the status has arrived all the same.
    const bool has_status = reply.status != 0 && (reply.problem == HttpProblem::none ||
                                                  reply.problem == HttpProblem::stopped ||
                                                  reply.problem == HttpProblem::too_large);
    if (has_status) {
        const bool good = reply.status >= 200 && reply.status < 400;
        if (good) return {0, ProbeOutcome::answered, ""};
        // Engines answer so to what they do not know.
        const bool is_unknown_path = reply.status == 400 || reply.status == 404;
        return {0, ProbeOutcome::failed,
                "HTTP " + std::to_string(reply.status) +
                    (is_unknown_path ? " at " + path + ": does probe.path fit the image?" : "")};
    }
    switch (reply.problem) {
        case HttpProblem::timed_out: return {0, ProbeOutcome::stalled, reply.detail};
        case HttpProblem::unreachable: return {0, outcome_of_unreachable(reply), reply.detail};
        default: return {0, ProbeOutcome::failed, reply.detail};
    }
}

}  // namespace

void HttpProbes::begin(const ProbeRequest& request) {
    HttpRequest wanted;
    wanted.url = url_of(request);
    wanted.connect_timeout = request.timeout;
    wanted.timeout = request.timeout;
    wanted.max_reply_bytes = longest_body_bytes;
    wanted.on_bytes = [seen = std::size_t{0}](std::string_view bytes) mutable {
        seen += bytes.size();
        return seen <= longest_body_bytes;
    };
    wanted.connect_only = request.kind == ProbeKind::connection;
    probes_[transfers_.begin(std::move(wanted))] = {request.ticket, request.kind, request.path};
}

std::vector<ProbeReply> HttpProbes::wait(Duration at_most) {
    std::vector<ProbeReply> replies;
    for (const auto& reply : transfers_.wait(at_most)) {
        const Probe probe = probes_.extract(reply.ticket).mapped();
        replies.push_back(probe.kind == ProbeKind::connection ? connection_reply(reply)
                                                              : http_reply(reply, probe.path));
        replies.back().ticket = probe.ticket;
    }
    return replies;
}

void HttpProbes::interrupt() {
    transfers_.interrupt();
}

}  // namespace roundhouse
