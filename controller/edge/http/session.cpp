#include "edge/http/session.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace roundhouse {

using std::chrono::steady_clock;

namespace {

// Empty: the client has left already.
std::string address_of_peer(const tcp::socket& socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    return error ? "" : peer.address().to_string();
}

}  // namespace

Session::Session(tcp::socket socket, const ServerLimits& limits, const Respond& respond)
    : socket_(std::move(socket)),
      client_(address_of_peer(socket_)),
      limits_(limits),
      respond_(respond),
      decoder_(limits.request_size),
      heartbeat_(socket_.get_executor()),
      deadline_(socket_.get_executor()) {}

asio::awaitable<void> Session::run() {
    const auto self = shared_from_this();
    bool keep_alive = true;
    while (keep_alive) {
        auto request = co_await read_request();
        keep_alive = request && co_await respond_to(std::move(*request));
    }
    co_await linger();
}

void Session::wake_stream() {
    heartbeat_.cancel();
}

void Session::close() {
    error_code ignored;
    socket_.close(ignored);
    deadline_.cancel(ignored);
    heartbeat_.cancel(ignored);
}

void Session::abort() {
    int unsent = 0;
    error_code ignored;
    if (::ioctl(socket_.native_handle(), SIOCOUTQ, &unsent) == 0 && unsent > 0) {
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    }
    close();
}

// The session is aborted unless another deadline is set, or this one cleared, within `timeout`.
void Session::set_deadline(std::chrono::milliseconds timeout) {
    waiting_since_ = steady_clock::now();
    deadline_.expires_at(waiting_since_ + timeout);
    deadline_.async_wait([weak = weak_from_this()](const error_code&) {
        const auto session = weak.lock();
        // The handler of a deadline that has been replaced runs, too.
        if (session && session->deadline_.expiry() <= steady_clock::now()) session->abort();
    });
}

void Session::clear_deadline() {
    waiting_since_ = Instant::max();
    deadline_.expires_at(Instant::max());
}

// The next request, or an error to answer. nullopt: the client has left, or was too slow.
asio::awaitable<std::optional<DecodedRequest>> Session::read_request() {
    std::array<char, 4096> bytes{};
    set_deadline(limits_.idle);
    bool has_begun = false;
    while (true) {
        if (auto request = decoder_.next()) co_return request;
        if (!has_begun && decoder_.is_in_request()) {
            has_begun = true;
            set_deadline(limits_.request);
        }
        error_code error;
        if (decoder_.expects_continue()) {
            co_await asio::async_write(socket_, asio::buffer(continue_response), await_into(error));
        }
        const std::size_t count =
            co_await socket_.async_read_some(asio::buffer(bytes), await_into(error));
        if (error) co_return std::nullopt;
        decoder_.feed({bytes.data(), count});
    }
}

// Returns whether the connection is kept for another request.
asio::awaitable<bool> Session::respond_to(DecodedRequest decoded) {
    decoded.request.client = client_;
    Response response = decoded.error ? std::move(*decoded.error) : respond_(decoded.request);
    // Set before the first wait, so that the next request of any client is checked against the
    // limit of streams with this one counted.
    is_streaming_ = response.next && decoded.request.method != "HEAD";
    const std::string head = encode_head(response, decoded, std::chrono::system_clock::now());
    std::string_view body = response.body;
    if (!sends_body(response, decoded)) body = {};
    const std::array buffers = {asio::buffer(head), asio::buffer(body)};
    const bool sent = co_await send(buffers);
    if (!sent) co_return false;
    if (!response.next) co_return decoded.keep_alive;
    if (is_streaming_) co_await stream(std::move(response));
    co_return false;
}

template <class Buffers>
asio::awaitable<bool> Session::send(Buffers buffers) {
    set_deadline(limits_.response);
    error_code error;
    co_await asio::async_write(socket_, buffers, await_into(error));
    co_return !error;
}

// Ends when the client leaves, or does not receive what is sent.
asio::awaitable<void> Session::stream(Response response) {
    asio::co_spawn(socket_.get_executor(), close_on_disconnect(), asio::detached);
    while (socket_.is_open()) {
        std::string text = response.next();
        if (text.empty()) {
            clear_deadline();
            heartbeat_.expires_after(limits_.heartbeat);
            error_code woken;
            co_await heartbeat_.async_wait(await_into(woken));
            if (woken) continue;
            text = ":\n\n";
        }
        const bool sent = co_await send(asio::buffer(text));
        if (!sent) co_return;
    }
}

// Runs beside a stream, which reads nothing itself.
asio::awaitable<void> Session::close_on_disconnect() {
    const auto self = shared_from_this();
    co_await discard_input();
    close();
}

// Returns when the client has closed its sending half, or the connection is broken or closed.
asio::awaitable<void> Session::discard_input() {
    std::array<char, 4096> ignored{};
    error_code error;
    while (!error)
        co_await socket_.async_read_some(asio::buffer(ignored), await_into(error));
}

// The lingering close: the socket is closed only after the client has closed its half. Closing it
// while input is unread would reset the connection, and the client could lose the response.
asio::awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) co_return;
    set_deadline(limits_.linger);
    co_await discard_input();
}

}  // namespace roundhouse
