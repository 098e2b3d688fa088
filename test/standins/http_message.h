// The requests and answers of the stand-ins' HTTP server, and how they look on the wire.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace standin {

struct Request {
    std::string method;
    std::string target;  // path and query, as it was sent
    std::string path;    // without the query
    std::string query;
    std::string head;  // request line and headers, as they were sent
    std::string body;

    // The value of a header, whatever its case; empty when it is not there.
    std::string header(std::string_view name) const;
    // The value of a query parameter; empty when it is not there. Nothing is decoded.
    std::string parameter(std::string_view name) const;
};

// How an answer reaches the client. All but `whole` are faults.
enum class Delivery {
    whole,
    dripped,  // one byte every `drip_interval`
    bare,     // only the body, without a status line or headers
    dropped,  // the connection is closed instead
    never,    // the connection stays open and nothing comes
};

constexpr auto drip_interval = std::chrono::milliseconds(100);
constexpr auto stream_interval = std::chrono::milliseconds(40);

struct Response {
    int status = 200;
    std::string body = {};
    std::string content_type = "application/json";
    std::vector<std::string> headers = {};  // "Name: value"
    std::size_t filler_bytes = 0;           // so many "x" follow the body
    Delivery delivery = Delivery::whole;
    // Set for a response without a length. Called every `stream_interval`: what to send next, which
    // may be nothing yet; nullopt: it ends.
    std::function<std::optional<std::string>()> more = {};
};

// The head of a request, up to the empty line. nullopt: that is not HTTP.
std::optional<Request> parse_head(std::string_view head);

// 0 when the request has none.
std::size_t content_length(const Request& request);

// Whether the client expects to send another request over the same connection.
bool wants_to_keep_connection(const Request& request);

// Status line and headers, up to and with the empty line.
std::string head_of(const Response& response, bool keeps_connection);

}  // namespace standin
