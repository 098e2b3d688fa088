// One connection of the HTTP server: reads requests one after another and sends the responses.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "edge/http/asio.h"
#include "edge/http/codec.h"
#include "edge/http/message.h"
#include "edge/http/server.h"

namespace roundhouse {

// Owned by a shared_ptr. Belongs to the thread of its socket's executor.
class Session : public std::enable_shared_from_this<Session> {
  public:
    using Instant = std::chrono::steady_clock::time_point;
    using Respond = std::function<Response(const Request&)>;

    // `limits` and `respond` must outlive the session.
    Session(tcp::socket socket, const ServerLimits& limits, const Respond& respond);

    // Serves the connection to its end: the client leaves, breaks a limit or wants no keep-alive,
    // or the session is closed. May throw what a stream's `next` throws.
    asio::awaitable<void> run();

    // A stream asks its `next` for new text.
    void wake_stream();

    // Every operation under way ends with an error.
    void close();

    // As close(), but discards what the client has not received: the kernel would keep it, and
    // offer it for minutes.
    void abort();

    // Since when the client is expected to send or receive; the maximum while it is not.
    Instant waiting_since() const { return waiting_since_; }

    bool is_streaming() const { return is_streaming_; }

  private:
    asio::awaitable<std::optional<DecodedRequest>> read_request();
    asio::awaitable<bool> respond_to(DecodedRequest decoded);
    asio::awaitable<void> stream(Response response);
    asio::awaitable<void> close_on_disconnect();
    asio::awaitable<void> discard_input();
    asio::awaitable<void> linger();
    template <class Buffers>
    asio::awaitable<bool> send(Buffers buffers);

    void set_deadline(std::chrono::milliseconds timeout);
    void clear_deadline();

    tcp::socket socket_;
    const std::string client_;  // its IP address
    const ServerLimits& limits_;
    const Respond& respond_;
    RequestDecoder decoder_;
    bool is_streaming_ = false;
    asio::steady_timer heartbeat_;  // cancelled when a stream has new text
    asio::steady_timer deadline_;
    Instant waiting_since_ = std::chrono::steady_clock::now();
};

}  // namespace roundhouse
