// HTTP/1.0 and 1.1 as bytes: what comes over a connection into requests, responses into what goes
// back. No socket in sight.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace roundhouse {

struct WireLimits {
    std::size_t head_bytes = std::size_t{16} << 10U;  // request line and headers together
    std::size_t body_bytes = std::size_t{64} << 10U;
};

// A request, and what its bytes say about its connection.
struct Incoming {
    Request request;
    bool http_1_0 = false;
    bool keep_alive = false;  // another request may follow
    // What to answer where the bytes are no request (400), or too many (413, 431). Nothing else is
    // known then, and the connection is of no further use.
    std::optional<Response> refusal = {};
};

// Takes the bytes of one connection in whatever pieces they come, and never holds more than a head,
// a body and one piece. What could be read in two ways (two lengths, a length and chunks) is
// refused, so that no proxy in front sees other requests than we do.
class RequestReader {
  public:
    explicit RequestReader(const WireLimits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    void take(std::string_view bytes);

    // The next request once it is whole, or refused; after a refusal no other comes. Nothing: it
    // takes more bytes.
    std::optional<Incoming> next();

    // A request has begun and is not whole.
    bool begun() const;

    // The client keeps its body back until it is told go_ahead. True once for a request.
    bool awaits_go_ahead();

  private:
    struct Message;
    std::optional<Incoming> refuse(int status, const std::string& why);
    // Each returns why the request is refused, or nothing.
    std::optional<Incoming> read_head();
    std::optional<Incoming> read_body();
    std::optional<Incoming> judge_head();

    WireLimits limits_;
    std::string bytes_;                 // not understood yet
    std::unique_ptr<Message> message_;  // that has begun
    bool of_no_use_ = false;
};

inline constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";

// The head of the response to a request. Its length is left out where there is no end to it
// (`response.next`), or no body by its status.
std::string head_of(const Response& response, const Incoming& incoming,
                    std::chrono::system_clock::time_point now);

// Whether the body follows the head: not after HEAD, nor with a status that has none.
bool is_body_sent(const Response& response, const Incoming& incoming);

// {"error": {"code", "message"}}, never cached.
Response error_response(int status, const std::string& message);

}  // namespace roundhouse
