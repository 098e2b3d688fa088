// One call to the Docker daemon: connections, the API version, and faults from what goes wrong.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "edge/client/transfers.h"
#include "edge/docker/endpoint.h"
#include "loop/result.h"

namespace roundhouse {

struct DockerCall {
    std::string what;  // for messages: "create acestream-3"
    std::string method = "GET";
    std::string path;  // with its query, without the version: "/containers/json?all=1"
    std::string body = {};
    Duration deadline{0};  // the negotiation included; 0: as long as bytes arrive
    Duration patience{0};  // longest silence; 0: any
    std::size_t max_reply_bytes = std::size_t{1} << 20U;
};

struct DockerReply {
    int status = 0;  // as HTTP has it; every whole reply of the daemon, 404 and 409 too
    std::string body;
};

// What to do with a reply that comes as it comes. Both are called from the calling thread.
struct DockerReader {
    std::function<void()> on_open;                   // the head of a 2xx reply is there
    std::function<bool(std::string_view)> on_bytes;  // false: enough
};

// Speaks the oldest API version from 1.41 to 1.51 that the daemon still accepts. It is asked for
// once, at the first call, and again after calls without an answer: the daemon may be another one.
// Connections are kept and used again.
//
// Any thread, several at once.
class DockerWire {
  public:
    // `connect_timeout` bounds the attempt to connect within each call.
    explicit DockerWire(DockerEndpoint endpoint,
                        Duration connect_timeout = std::chrono::seconds(10));
    ~DockerWire();
    DockerWire(const DockerWire&) = delete;
    DockerWire& operator=(const DockerWire&) = delete;

    // `unavailable`: no whole reply came, or one that Docker does not write (HTML of a proxy);
    // `rejected`: the daemon speaks no version that we do.
    Result<DockerReply> call(const DockerCall& call);

    // As call(), but gives the body of a 2xx reply to `reader`; such a body may go on for ever.
    // `cancelled` soon after `stop` is requested.
    Result<DockerReply> stream(const DockerCall& call, const DockerReader& reader,
                               const std::stop_token& stop);

    // The fault for a reply that is not what the call wanted: 404 is `gone`, 409 `conflict`, 502 to
    // 504 `unavailable`, everything else `rejected`. Carries Docker's own message on.
    Fault fault_of(const DockerCall& call, const DockerReply& reply) const;

    // "docker: <what>: <why>"
    static Fault fault(FaultKind kind, const DockerCall& call, const std::string& why);

  private:
    class Lease;

    struct Attempt {
        std::string path_prefix;  // "/v1.41"
        Duration spent{0};        // of the call's deadline
    };

    Result<DockerReply> exchange(const DockerCall& call, const Attempt& attempt,
                                 const DockerReader& reader, const std::stop_token& stop);
    Result<std::string> version(const DockerCall& call, const std::stop_token& stop);
    Result<std::string> negotiate(const DockerCall& call, const std::stop_token& stop);
    Fault fault_of_problem(const DockerCall& call, const HttpReply& reply) const;
    void forget_version();

    const DockerEndpoint endpoint_;
    const Duration connect_timeout_;

    std::mutex mutex_;  // guards what follows
    std::string version_;
    std::vector<std::unique_ptr<HttpTransfers>> idle_;
};

}  // namespace roundhouse
