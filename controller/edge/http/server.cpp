#include "edge/http/server.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "core/host_port.h"
#include "edge/http/asio.h"
#include "edge/http/errors.h"
#include "edge/http/session.h"

namespace roundhouse {

namespace {

// What to do about an address that cannot be had, as the end of a sentence; empty where the error
// says it all.
std::string hint_for(const error_code& error, int port) {
    if (error == asio::error::address_in_use) {
        return ": is another roundhouse running? ss -ltnp 'sport = :" + std::to_string(port) +
               "' shows what listens there";
    }
    if (error == asio::error::access_denied && port < 1024) {
        return ": a port below 1024 needs the right to bind it; choose a higher one";
    }
    return "";
}

}  // namespace

class Server::Impl {
  public:
    explicit Impl(const ServerLimits& limits) : limits_(limits) {}
    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<void> listen(const HostPort& address, Handler handler);
    const std::string& address() const { return address_; }
    void wake_streams();
    void stop();

  private:
    asio::awaitable<void> accept_connections();
    void start_session(tcp::socket socket);
    void abort_longest_waiting();
    Response respond(const Request& request) const;

    const ServerLimits limits_;
    Handler handler_;
    const Session::Respond respond_ = [this](const Request& request) { return respond(request); };
    std::string address_;
    std::set<Session*> sessions_;
    std::atomic<bool> wake_is_posted_ = false;
    asio::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    std::thread thread_;
};

Result<void> Server::Impl::listen(const HostPort& address, Handler handler) {
    error_code error;
    const tcp::endpoint endpoint(asio::ip::make_address(address.host, error),
                                 static_cast<unsigned short>(address.port));
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        return Fault{FaultKind::rejected, "cannot listen on " +
                                              host_port(address.host, address.port) + ": " +
                                              error.message() + hint_for(error, address.port)};
    }
    const auto local = acceptor_.local_endpoint();
    address_ = host_port(local.address().to_string(), local.port());
    handler_ = std::move(handler);
    asio::co_spawn(context_, accept_connections(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    return {};
}

void Server::Impl::wake_streams() {
    if (wake_is_posted_.exchange(true)) return;  // a burst wakes them once
    asio::post(context_, [this] {
        wake_is_posted_ = false;
        for (auto* session : sessions_)
            session->wake_stream();
    });
}

void Server::Impl::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    error_code ignored;
    acceptor_.close(ignored);
    for (auto* session : sessions_)
        session->close();
    sessions_.clear();
}

asio::awaitable<void> Server::Impl::accept_connections() {
    asio::steady_timer pause(context_);
    while (true) {
        error_code error;
        // Without a free file descriptor accepting fails at once, even if no client is waiting.
        co_await acceptor_.async_wait(tcp::acceptor::wait_read, await_into(error));
        tcp::socket socket = co_await acceptor_.async_accept(await_into(error));
        if (!error) {
            start_session(std::move(socket));
            continue;
        }
        if (error == asio::error::no_descriptors) abort_longest_waiting();
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(await_into(error));
    }
}

void Server::Impl::start_session(tcp::socket socket) {
    if (sessions_.size() >= limits_.connections) abort_longest_waiting();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto session = std::make_shared<Session>(std::move(socket), limits_, respond_);
    sessions_.insert(session.get());
    asio::co_spawn(context_, session->run(), [this, session](const std::exception_ptr&) {
        session->close();
        sessions_.erase(session.get());
    });
}

void Server::Impl::abort_longest_waiting() {
    const auto longest = std::ranges::min_element(sessions_, {}, &Session::waiting_since);
    if (longest == sessions_.end()) return;
    (*longest)->abort();
    sessions_.erase(longest);
}

Response Server::Impl::respond(const Request& request) const {
    try {
        Response response = handler_(request);
        const auto streams = std::ranges::count_if(sessions_, &Session::is_streaming);
        const bool full = static_cast<std::size_t>(streams) >= limits_.streams;
        if (!response.next || !full) return response;
        return error_response(503, "there are " + std::to_string(streams) +
                                       " streams already, and there may be no more");
    } catch (...) {
        return internal_error();
    }
}

Server::Server(const ServerLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}

Server::~Server() = default;

Result<void> Server::listen(const HostPort& address, Handler handler) {
    return impl_->listen(address, std::move(handler));
}

const std::string& Server::address() const {
    return impl_->address();
}

void Server::wake_streams() {
    impl_->wake_streams();
}

void Server::stop() {
    impl_->stop();
}

}  // namespace roundhouse
