// The HTTP server: carries requests to a handler, and its responses back.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/host_port.h"
#include "edge/http/codec.h"
#include "edge/http/message.h"
#include "loop/result.h"

namespace roundhouse {

// Bounds of memory and of time, whatever clients do.
struct ServerLimits {
    using Timeout = std::chrono::milliseconds;

    std::size_t connections = 256;
    std::size_t streams = 64;    // of those, responses without an end; one more is answered 503
    RequestLimits request_size;  // a larger request is answered 431 or 413
    Timeout idle{75'000};        // between requests: longer than a usual scrape interval
    Timeout request{10'000};     // from a request's first byte to its last
    Timeout response{10'000};    // to receive a whole response, or each piece of a stream
    Timeout linger{2'000};       // to close, after the last response of a connection
    Timeout heartbeat{15'000};   // a stream without news gets a comment, to find a dead client
};

// Runs on one thread, which also calls the handler: a slow handler delays every client.
//
// A connection whose timeout is over is closed without an answer. When all connections or file
// descriptors are in use, a new client replaces the one that has kept the server waiting longest,
// so that idle clients never lock out health checks. A stream ends when its client disconnects or
// closes its sending half.
//
// A request that is malformed or too large is answered with a JSON error, and one whose handler
// throws with 500. The target reaches the handler as it was sent: not decoded, not normalized.
class Server {
  public:
    using Handler = std::function<Response(const Request&)>;

    explicit Server(const ServerLimits& limits = {});
    ~Server();  // as stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens on an IP address and a port (0 for any free one) and starts to serve. At most once.
    // The fault (`rejected`) says why it cannot listen.
    Result<void> listen(const HostPort& address, Handler handler);

    // The address in use, with the port that was chosen for port 0. Empty before listen().
    const std::string& address() const;

    // Makes every stream ask its `next` for new text. Any thread, at any time.
    void wake_streams();

    // Ends all connections without waiting for any client. After it returns, neither the handler
    // nor the `next` of a stream is called again.
    void stop();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace roundhouse
