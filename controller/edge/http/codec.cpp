#ifdef __SANITIZE_ADDRESS__  // makes GCC 12 take boost::none for a variable that was never set
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "edge/http/codec.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdio>
#include <utility>

#include "edge/http/errors.h"
#include "edge/text/host_name.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Parser = http::request_parser<http::string_body>;

// "http://host/path" becomes "/path" with that Host, as HTTP requires. false: its host is not
// valid.
bool use_origin_form(Request& request) {
    const auto scheme_end = request.target.find("://");
    const std::string scheme = lower(request.target.substr(0, scheme_end));
    if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https")) return true;
    const auto begin = scheme_end + 3;
    const auto end = std::min(request.target.find_first_of("/?", begin), request.target.size());
    std::string& host = request.headers["host"];
    host = request.target.substr(begin, end - begin);
    request.target.erase(0, end);
    if (!request.target.starts_with('/')) request.target.insert(0, 1, '/');
    return host_of(host).has_value();
}

// The body is read later.
Request request_from(const http::request_header<>& head) {
    Request request;
    request.method = std::string(head.method_string());
    request.target = std::string(head.target());
    for (const auto& field : head) {
        request.headers.emplace(lower(std::string(field.name_string())),
                                std::string(field.value()));
    }
    return request;
}

// What is wrong with the headers that say where the body ends; empty: nothing. Proxies disagree
// about all but the plainest forms, and one that reads another length sees other requests.
std::string framing_problem(const http::request_header<>& head) {
    const auto codings = head.count(http::field::transfer_encoding);
    if (codings > 0 && head.version() != 11) return "HTTP/1.0 has no Transfer-Encoding";
    const auto coding = head[http::field::transfer_encoding];
    if (codings > 1 || (codings == 1 && !beast::iequals(coding, "chunked"))) {
        return "chunked is the only supported transfer encoding";
    }
    const auto length = head[http::field::content_length];
    const bool is_number = length.find_first_not_of("0123456789") == beast::string_view::npos;
    if (head.count(http::field::content_length) > 1 || !is_number) {
        return "send one Content-Length, with one number";
    }
    return "";
}

// The same for the headers Host.
std::string host_problem(const http::request_header<>& head) {
    const auto hosts = head.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && head.version() == 11)) return "send one Host header";
    const bool is_good = hosts == 0 || host_of(std::string(head[http::field::host]));
    return is_good ? "" : "the Host header takes a name or an IP address, and a port";
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::chrono::system_clock::time_point now) {
    constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto midnight = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{midnight};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(now - midnight)};
    std::array<char, 64> text{};
    std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
        days.at(std::chrono::weekday{midnight}.c_encoding()), static_cast<unsigned>(date.day()),
        months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string size_limit(const char* part, std::size_t bytes) {
    return std::string("the ") + part + " of a request may have " + std::to_string(bytes) +
           " bytes";
}

bool allows_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

bool has_header(const Response& response, std::string_view header) {
    return std::ranges::any_of(response.headers,
                               [&](const auto& given) { return given.first == header; });
}

}  // namespace

struct RequestDecoder::Message {
    explicit Message(const RequestLimits& limits) {
        // Beast counts only what has not been parsed yet: the decoder enforces the real limit.
        parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes) + 1);
        parser.body_limit(limits.body_bytes);
    }

    Parser parser;
    // Copied when the head is complete: Beast later adds the trailers of a chunked body to its
    // fields, and those are not headers.
    Request request;
    std::string head;  // as sent: Beast joins folded lines, and then they cannot be seen
    bool expects_continue = false;
};

RequestDecoder::RequestDecoder(const RequestLimits& limits) : limits_(limits) {}

RequestDecoder::~RequestDecoder() = default;

void RequestDecoder::feed(std::string_view bytes) {
    if (!has_failed_) bytes_ += bytes;
}

bool RequestDecoder::is_in_request() const {
    return message_ != nullptr;
}

bool RequestDecoder::expects_continue() {
    return message_ != nullptr && std::exchange(message_->expects_continue, false);
}

std::optional<DecodedRequest> RequestDecoder::next() {
    if (has_failed_) return std::nullopt;
    if (message_ == nullptr) {
        // Some clients send an extra line break after a body.
        bytes_.erase(0, std::min(bytes_.find_first_not_of("\r\n"), bytes_.size()));
        if (bytes_.empty()) return std::nullopt;
        message_ = std::make_unique<Message>(limits_);
    }
    Parser& parser = message_->parser;
    if (!parser.is_header_done()) {
        if (auto error = read_head()) return error;
    }
    if (parser.is_header_done() && !parser.is_done()) {
        if (auto error = read_body()) return error;
    }
    if (!parser.is_done()) return std::nullopt;
    DecodedRequest decoded;
    decoded.http_1_0 = parser.get().version() == 10;
    decoded.keep_alive = parser.get().keep_alive();
    decoded.request = std::move(message_->request);
    decoded.request.body = std::move(parser.get().body());
    message_.reset();
    return decoded;
}

std::optional<DecodedRequest> RequestDecoder::fail(int status, const std::string& message) {
    has_failed_ = true;
    message_.reset();
    bytes_.clear();
    DecodedRequest decoded;
    decoded.error = error_response(status, message);
    return decoded;
}

std::optional<DecodedRequest> RequestDecoder::read_head() {
    beast::error_code error;
    Parser& parser = message_->parser;
    const std::size_t used = parser.put({bytes_.data(), bytes_.size()}, error);
    message_->head.append(bytes_, 0, used);
    bytes_.erase(0, used);
    const std::size_t so_far =
        message_->head.size() + (parser.is_header_done() ? 0 : bytes_.size());
    if (so_far > limits_.head_bytes || error == http::error::header_limit) {
        return fail(431, size_limit("head", limits_.head_bytes));
    }
    if (error == http::error::body_limit) {
        return fail(413, size_limit("body", limits_.body_bytes));
    }
    if (error && error != http::error::need_more) {
        return fail(400, "this is not an HTTP/1.1 request: " + error.message());
    }
    return parser.is_header_done() ? check_head() : std::nullopt;
}

// What HTTP requires of a head as a whole.
std::optional<DecodedRequest> RequestDecoder::check_head() {
    const Parser& parser = message_->parser;
    const auto& head = parser.get();
    const std::string& text = message_->head;
    if (text.find("\r\n ") != std::string::npos || text.find("\r\n\t") != std::string::npos) {
        return fail(400, "write each header on one line");
    }
    for (const std::string& problem : {host_problem(head), framing_problem(head)}) {
        if (!problem.empty()) return fail(400, problem);
    }
    message_->request = request_from(head);
    if (!use_origin_form(message_->request)) return fail(400, "the target's host is not valid");
    message_->expects_continue = head.version() == 11 && !parser.is_done() &&
                                 beast::iequals(head[http::field::expect], "100-continue");
    return std::nullopt;
}

std::optional<DecodedRequest> RequestDecoder::read_body() {
    if (bytes_.empty()) return std::nullopt;
    message_->expects_continue = false;
    // Beast assumes that it sees the end of all chunks, "0\r\n\r\n", in one piece.
    constexpr std::size_t last_chunk_bytes = 5;
    if (message_->parser.chunked() && bytes_.size() < last_chunk_bytes) return std::nullopt;
    message_->parser.eager(true);
    beast::error_code error;
    bytes_.erase(0, message_->parser.put({bytes_.data(), bytes_.size()}, error));
    if (error == http::error::body_limit) {
        return fail(413, size_limit("body", limits_.body_bytes));
    }
    if (error && error != http::error::need_more) {
        return fail(400, "the chunks of the body cannot be read: " + error.message());
    }
    const bool endless = !message_->parser.is_done() && bytes_.size() > limits_.head_bytes;
    if (endless) return fail(400, "the text between the chunks of the body is too long");
    return std::nullopt;
}

std::string encode_head(const Response& response, const DecodedRequest& decoded,
                        std::chrono::system_clock::time_point now) {
    const auto reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head.append(reason.data(), reason.size()).append("\r\n");
    add_header(head, "Date", http_date(now));
    const bool streams = response.next != nullptr;
    if (allows_body(response.status)) {
        add_header(head, "Content-Type", response.content_type);
        if (!streams) add_header(head, "Content-Length", std::to_string(response.body.size()));
    }
    for (const auto& [name, value] : response.headers)
        add_header(head, name, value);
    if (streams) {
        if (!has_header(response, "Cache-Control")) add_header(head, "Cache-Control", "no-store");
        add_header(head, "X-Accel-Buffering", "no");  // else nginx buffers events
    }
    if (!decoded.keep_alive || streams) {
        add_header(head, "Connection", "close");
    } else if (decoded.http_1_0) {
        add_header(head, "Connection", "keep-alive");
    }
    return head + "\r\n";
}

bool sends_body(const Response& response, const DecodedRequest& decoded) {
    return allows_body(response.status) && decoded.request.method != "HEAD";
}

}  // namespace roundhouse
