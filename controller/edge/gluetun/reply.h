// What came back for one request to a gateway's control server.
#pragma once

#include <string>
#include <utility>

namespace roundhouse {

// Why there is no whole reply.
enum class ReplyProblem {
    none,
    unreachable,  // no connection, or not one byte came, or the time was over
    broken,       // bytes came, but no whole reply that may be used
};

struct ControlReply {
    ReplyProblem problem = ReplyProblem::none;
    // The problem in our own words, as the end of a sentence whose subject is the control server.
    // Never a quote: what is on the wire may repeat a key.
    std::string detail;
    int status = 0;  // without a problem: the HTTP status
    std::string location;
    std::string body;

    bool operator==(const ControlReply&) const = default;
};

inline ControlReply no_reply(ReplyProblem problem, std::string detail) {
    ControlReply reply;
    reply.problem = problem;
    reply.detail = std::move(detail);
    return reply;
}

}  // namespace roundhouse
