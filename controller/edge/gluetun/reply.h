// The reply to one request to a gateway's control server.
#pragma once

#include <string>
#include <utility>

namespace roundhouse {

// Why there is no whole reply.
enum class ReplyProblem {
    none,
    unreachable,  // no connection, not one byte received, or the deadline passed
    late,         // the deadline passed, but the server replied to another request in time
    broken,       // bytes were received, but they are no reply that can be used
};

struct ControlReply {
    ReplyProblem problem = ReplyProblem::none;
    // The problem, as the end of a sentence whose subject is the control server. It never quotes
    // the reply, which may repeat a key.
    std::string detail;
    int status = 0;  // the HTTP status; 0 with a problem
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

// Memory, threads or open files have run out.
inline ControlReply not_asked() {
    return no_reply(ReplyProblem::unreachable,
                    "could not be asked; check roundhouse's limits of memory, threads and open "
                    "files");
}

}  // namespace roundhouse
