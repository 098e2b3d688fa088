// HTTP requests to the Docker daemon: connections, the API version, and faults with their remedy.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/observation.h"
#include "edge/client/transfers.h"
#include "edge/docker/endpoint.h"
#include "edge/docker/operations.h"
#include "loop/result.h"

namespace roundhouse {

struct DockerCall {
    DockerOperation operation;
    std::string what;            // for messages: "create acestream-3"
    std::string container = {};  // its id, for operations on one container
    std::string method = "GET";
    std::string path;  // with its query, without the version: "/containers/json?all=1"
    std::string body = {};
    std::vector<std::string> headers = {};  // "Name: value"; never part of a message
    Duration deadline{0};                   // includes the version negotiation; 0: no limit
    Duration idle_timeout{0};               // longest time without a byte; 0: no limit
    std::size_t max_reply_bytes = std::size_t{1} << 20U;
};

struct DockerReply {
    int status = 0;  // HTTP status
    std::string body;
};

// For the body of a 2xx reply, piece by piece. Both are called from the calling thread.
struct DockerStreamHandlers {
    std::function<void()> on_open;                   // the head of the reply has arrived
    std::function<bool(std::string_view)> on_bytes;  // false: end the call
};

// Uses the oldest API version from 1.41 to 1.51 that the daemon accepts. The first call asks the
// daemon for its versions; so does the next call after one without an answer, since the daemon may
// have been replaced. An answer to that question that cannot be used is no obstacle: the version
// agreed on last is used, or else the oldest.
//
// A daemon that roundhouse cannot use is refused at each call, with what it lacks.
//
// Any thread, several at once.
class DockerConnection {
  public:
    // `connect_timeout` bounds the attempt to connect within each call.
    explicit DockerConnection(DockerEndpoint endpoint,
                              Duration connect_timeout = std::chrono::seconds(10));
    DockerConnection(const DockerConnection&) = delete;
    DockerConnection& operator=(const DockerConnection&) = delete;

    // Returns a reply whose status is a success of the operation (edge/docker/operations.h); for
    // other statuses a fault with Docker's own message. `unavailable`: no complete reply arrived;
    // `rejected`: the daemon and roundhouse have no API version in common.
    Result<DockerReply> call(const DockerCall& call);

    // As call(), but passes the body of a 2xx reply to `handlers`; such a body may be endless.
    // `cancelled` soon after `stop` is requested.
    Result<DockerReply> stream(const DockerCall& call, const DockerStreamHandlers& handlers,
                               const std::stop_token& stop);

    // The daemon as it was when its versions were last understood.
    RuntimeView about() const;

    // "docker: <what>: <why>"
    static Fault fault(const DockerCall& call, const Fault& why);

  private:
    struct Attempt {
        std::string path_prefix;  // "/v1.41"
        Duration spent{0};        // of the call's deadline
    };

    Result<DockerReply> exchange(const DockerCall& call, const Attempt& attempt,
                                 const DockerStreamHandlers& handlers, const std::stop_token& stop);
    Result<std::string> version(const DockerCall& call, const std::stop_token& stop);
    Result<std::optional<RuntimeView>> negotiate(const DockerCall& call,
                                                 const std::stop_token& stop);
    Fault fault_of_status(const DockerCall& call, const DockerReply& reply) const;
    Fault fault_of_problem(const DockerCall& call, const HttpReply& reply) const;
    void forget_version();

    const DockerEndpoint endpoint_;
    const Duration connect_timeout_;

    mutable std::mutex mutex_;  // guards what follows
    bool is_agreed_ = false;    // false: to be asked for
    RuntimeView daemon_;
};

}  // namespace roundhouse
