// Carries HTTP requests to a handler and its responses back. What is asked and answered is the
// handler's.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "edge/http/codec.h"
#include "edge/http/message.h"
#include "loop/result.h"

namespace roundhouse {

// Whatever clients do, a server holds no more than this, and waits no longer.
struct ServerLimits {
    using Time = std::chrono::milliseconds;

    std::size_t connections = 256;
    std::size_t streams = 64;  // of those, responses without an end; one more is answered 503
    WireLimits wire;           // more than these is answered 431 or 413
    Time idle{75'000};         // until a request begins: longer than a usual scrape interval
    Time request{10'000};      // from a request's first byte to its last
    Time response{10'000};     // to take a whole response, or each piece of a stream
    Time farewell{2'000};      // to close, once the last response of a connection is sent
    Time heartbeat{15'000};    // a stream where nothing happens gets a comment: is anybody there?
};

// One thread, which the handler runs on: who asks next waits for it. A connection is closed without
// an answer when its time is up; where there is no room for another (or no file descriptor), the
// one that has waited longest for its client goes, so that idle clients never lock out health
// checks. A stream ends when its client leaves or closes its sending half.
//
// A request that cannot be read, or is too big, is answered with a JSON error, and one whose
// handler throws with 500. Any bytes of a target that HTTP allows reach the handler as they came.
class Server {
  public:
    using Handler = std::function<Response(const Request&)>;

    explicit Server(const ServerLimits& limits = {});
    ~Server();  // as stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Listens on "IP:port" ("127.0.0.1:9190", "[::1]:9190"; port 0 for any) and begins to serve.
    // At most once. The handler is called from the server's thread. The fault (`rejected`) says
    // what kept it from listening.
    Result<void> listen(const std::string& where, Handler handler);

    // "127.0.0.1:9190", as it came to be. Empty before listen().
    const std::string& where() const;

    // Streams ask their `next` for what is new. Any thread, at any time.
    void news();

    // Ends all connections, without waiting for any client. When it returns, the handler and what
    // it returned are not called, and never again.
    void stop();

  private:
    class Machinery;
    std::unique_ptr<Machinery> machinery_;
};

}  // namespace roundhouse
