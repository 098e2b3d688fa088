// The codec of HTTP/1.0 and 1.1: bytes into requests, and the heads of responses into bytes. It
// uses no socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/http/message.h"

namespace roundhouse {

struct RequestLimits {
    std::size_t head_bytes = std::size_t{16} << 10U;  // request line and headers together
    std::size_t body_bytes = std::size_t{64} << 10U;
};

struct DecodedRequest {
    Request request;
    bool http_1_0 = false;
    bool keep_alive = false;  // another request may follow
    // The response to bytes that are no valid request (400) or exceed a limit (413, 431). With it
    // the other members have no meaning, and the connection has to be closed.
    std::optional<Response> error = {};
};

// Decodes the requests of one connection from pieces of any size. It holds at most one head, one
// body and one piece. An error is also what a proxy in front could read in another way than
// roundhouse does: two lengths or lengths in a list, a length and chunks, a Transfer-Encoding other
// than "chunked" or with HTTP/1.0, a header on several lines, a bad Host, or with HTTP/1.1 none.
// The target "http://host/path" becomes "/path", and its host replaces the header's.
class RequestDecoder {
  public:
    explicit RequestDecoder(const RequestLimits& limits);
    ~RequestDecoder();
    RequestDecoder(const RequestDecoder&) = delete;
    RequestDecoder& operator=(const RequestDecoder&) = delete;

    void feed(std::string_view bytes);

    // The next complete request, or an error, which is the last. nullopt: more bytes are needed.
    std::optional<DecodedRequest> next();

    // A request has begun and is not complete.
    bool is_in_request() const;

    // Whether the client waits for continue_response before it sends the body. True once a request.
    bool expects_continue();

  private:
    struct Message;
    std::optional<DecodedRequest> fail(int status, const std::string& message);
    // Each returns an error, or nullopt.
    std::optional<DecodedRequest> read_head();
    std::optional<DecodedRequest> check_head();
    std::optional<DecodedRequest> read_body();

    RequestLimits limits_;
    std::string bytes_;                 // not parsed yet
    std::unique_ptr<Message> message_;  // the request that has begun
    bool has_failed_ = false;
};

inline constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";

// The head of the response to a request. It has no length if the response is a stream
// (`response.next`) or its status allows no body.
std::string encode_head(const Response& response, const DecodedRequest& decoded,
                        std::chrono::system_clock::time_point now);

// Whether a body follows the head: not after HEAD, nor with a status that allows none.
bool sends_body(const Response& response, const DecodedRequest& decoded);

}  // namespace roundhouse
