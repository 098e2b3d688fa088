#ifdef __SANITIZE_THREAD__  // does not see Asio's fences, which only repeat what its mutexes do
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#include "edge/http/server.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <utility>  // Asio's coroutines need it and do not include it

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

#include "core/host_port.h"

namespace roundhouse {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

auto into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

// "192.0.2.1:80" or "[2001:db8::1]:80"
std::optional<tcp::endpoint> endpoint_from(std::string_view where) {
    const auto parts = parse_host_port(where);
    if (!parts) return std::nullopt;
    error_code error;
    const auto address = asio::ip::make_address(parts->host, error);
    if (error) return std::nullopt;
    return tcp::endpoint(address, static_cast<unsigned short>(parts->port));
}

std::string to_string(const tcp::endpoint& endpoint) {
    return host_port(endpoint.address().to_string(), endpoint.port());
}

// One client. Belongs to the server's thread.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(tcp::socket accepted, const WireLimits& limits)
        : socket(std::move(accepted)),
          news(socket.get_executor()),
          reader(limits),
          deadline_(socket.get_executor()) {}

    // The client has this long from now on; then the connection is closed.
    void allow(std::chrono::milliseconds time) {
        waiting_since_ = steady_clock::now();
        deadline_.expires_at(waiting_since_ + time);
        deadline_.async_wait([weak = weak_from_this()](const error_code&) {
            const auto connection = weak.lock();
            // A deadline that was moved meanwhile does not count.
            if (connection && connection->deadline_.expiry() <= steady_clock::now()) {
                connection->give_up();
            }
        });
    }

    // Nothing is expected of the client.
    void rest() {
        waiting_since_ = steady_clock::time_point::max();
        deadline_.expires_at(steady_clock::time_point::max());
    }

    steady_clock::time_point waiting_since() const { return waiting_since_; }

    // Whatever is under way on it ends with an error.
    void close() {
        error_code ignored;
        socket.close(ignored);
        deadline_.cancel(ignored);
        news.cancel(ignored);
    }

    // As close(). What the client has not taken is thrown away: the kernel would keep it, and offer
    // it for minutes.
    void give_up() {
        int untaken = 0;
        error_code ignored;
        if (::ioctl(socket.native_handle(), SIOCOUTQ, &untaken) == 0 && untaken > 0) {
            socket.set_option(asio::socket_base::linger(true, 0), ignored);
        }
        close();
    }

    tcp::socket socket;
    asio::steady_timer news;  // runs out at the next heartbeat; cancelled: there are news
    RequestReader reader;
    bool streams = false;

  private:
    asio::steady_timer deadline_;
    steady_clock::time_point waiting_since_ = steady_clock::now();
};

using Client = std::shared_ptr<Connection>;

}  // namespace

class Server::Machinery {
  public:
    explicit Machinery(const ServerLimits& limits) : limits_(limits) {}
    ~Machinery() { stop(); }
    Machinery(const Machinery&) = delete;
    Machinery& operator=(const Machinery&) = delete;

    Result<void> listen(const std::string& where, Handler handler);
    const std::string& where() const { return where_; }
    void news();
    void stop();

  private:
    asio::awaitable<void> accept();
    void admit(tcp::socket socket);
    void close(Connection* connection);
    void close_longest_waiting();

    asio::awaitable<void> converse(Client client);
    asio::awaitable<std::optional<Incoming>> receive(Connection& client);
    Response response_to(const Incoming& incoming) const;
    asio::awaitable<bool> answer(Client client, Incoming incoming);
    asio::awaitable<void> stream(Client client, Response response);
    static asio::awaitable<void> notice_leaving(Client client);
    asio::awaitable<void> part(Connection& client);
    template <class Buffers>
    asio::awaitable<bool> send(Connection& client, Buffers buffers);

    const ServerLimits limits_;
    Handler handler_;
    std::string where_;
    std::set<Connection*> connections_;
    std::atomic<bool> news_are_due_ = false;
    asio::io_context context_{1};
    tcp::acceptor acceptor_{context_};
    std::thread thread_;
};

// ----- from the outside

Result<void> Server::Machinery::listen(const std::string& where, Handler handler) {
    const auto endpoint = endpoint_from(where);
    if (!endpoint) {
        return Fault{FaultKind::rejected, "'" + where +
                                              "' is no address to listen on: expected IP:PORT, "
                                              "such as 127.0.0.1:9190 or [::1]:9190"};
    }
    error_code error;
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(*endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        return Fault{FaultKind::rejected, "cannot listen on " + where + ": " + error.message()};
    }
    where_ = to_string(acceptor_.local_endpoint());
    handler_ = std::move(handler);
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    return {};
}

void Server::Machinery::news() {
    if (news_are_due_.exchange(true)) return;  // so that a burst costs one turn
    asio::post(context_, [this] {
        news_are_due_ = false;
        for (auto* connection : connections_)
            connection->news.cancel();
    });
}

void Server::Machinery::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    error_code ignored;
    acceptor_.close(ignored);
    for (auto* connection : connections_)
        connection->close();
    connections_.clear();
}

// ----- who is let in, and who has to go

asio::awaitable<void> Server::Machinery::accept() {
    asio::steady_timer pause(context_);
    while (true) {
        error_code error;
        // Without a free file descriptor accepting fails at once, even where nobody wants in.
        co_await acceptor_.async_wait(tcp::acceptor::wait_read, into(error));
        tcp::socket socket = co_await acceptor_.async_accept(into(error));
        if (!error) {
            admit(std::move(socket));
            continue;
        }
        if (error == asio::error::no_descriptors) close_longest_waiting();
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(into(error));
    }
}

void Server::Machinery::admit(tcp::socket socket) {
    if (connections_.size() >= limits_.connections) close_longest_waiting();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto client = std::make_shared<Connection>(std::move(socket), limits_.wire);
    connections_.insert(client.get());
    asio::co_spawn(context_, converse(client),
                   [this, client](const std::exception_ptr&) { close(client.get()); });
}

void Server::Machinery::close(Connection* connection) {
    connection->close();
    connections_.erase(connection);
}

void Server::Machinery::close_longest_waiting() {
    const auto longest = std::ranges::min_element(connections_, {}, &Connection::waiting_since);
    if (longest == connections_.end()) return;
    (*longest)->give_up();
    connections_.erase(longest);
}

// ----- one connection

asio::awaitable<void> Server::Machinery::converse(Client client) {
    bool more = true;
    while (more) {
        auto incoming = co_await receive(*client);
        more = incoming && co_await answer(client, std::move(*incoming));
    }
    co_await part(*client);
}

// The next request. Nothing: the client has left, or was too slow.
asio::awaitable<std::optional<Incoming>> Server::Machinery::receive(Connection& client) {
    std::array<char, 4096> bytes{};
    client.allow(limits_.idle);
    bool begun = false;
    while (true) {
        if (auto incoming = client.reader.next()) co_return incoming;
        if (!begun && client.reader.begun()) {
            begun = true;
            client.allow(limits_.request);
        }
        error_code error;
        if (client.reader.awaits_go_ahead()) {
            co_await asio::async_write(client.socket, asio::buffer(go_ahead), into(error));
        }
        const std::size_t count =
            co_await client.socket.async_read_some(asio::buffer(bytes), into(error));
        if (error) co_return std::nullopt;
        client.reader.take({bytes.data(), count});
    }
}

Response Server::Machinery::response_to(const Incoming& incoming) const {
    if (incoming.refusal) return *incoming.refusal;
    try {
        Response response = handler_(incoming.request);
        const auto streams = std::ranges::count_if(
            connections_, [](const Connection* connection) { return connection->streams; });
        const bool full = static_cast<std::size_t>(streams) >= limits_.streams;
        if (!response.next || !full) return response;
        return error_response(503, "there are " + std::to_string(streams) +
                                       " streams already, and there may be no more");
    } catch (...) {
        return error_response(500, "the controller failed to answer this request");
    }
}

// Returns whether another request may follow.
asio::awaitable<bool> Server::Machinery::answer(Client client, Incoming incoming) {
    Response response = response_to(incoming);
    // Before anything is waited for: whoever asks meanwhile has to be counted with it.
    client->streams = response.next && incoming.request.method != "HEAD";
    const std::string head = head_of(response, incoming, std::chrono::system_clock::now());
    std::string_view body = response.body;
    if (!is_body_sent(response, incoming)) body = {};
    const std::array buffers = {asio::buffer(head), asio::buffer(body)};
    const bool sent = co_await send(*client, buffers);
    if (!sent) co_return false;
    if (!response.next) co_return incoming.keep_alive;
    if (client->streams) co_await stream(client, std::move(response));
    co_return false;
}

template <class Buffers>
asio::awaitable<bool> Server::Machinery::send(Connection& client, Buffers buffers) {
    client.allow(limits_.response);
    error_code error;
    co_await asio::async_write(client.socket, buffers, into(error));
    co_return !error;
}

// Goes on until the client leaves, or does not take what it is sent.
asio::awaitable<void> Server::Machinery::stream(Client client, Response response) {
    asio::co_spawn(context_, notice_leaving(client), asio::detached);
    while (client->socket.is_open()) {
        std::string text = response.next();
        if (text.empty()) {
            client->rest();
            client->news.expires_after(limits_.heartbeat);
            error_code woken;
            co_await client->news.async_wait(into(woken));
            if (woken) continue;
            text = ":\n\n";
        }
        const bool sent = co_await send(*client, asio::buffer(text));
        if (!sent) co_return;
    }
}

asio::awaitable<void> Server::Machinery::notice_leaving(Client client) {
    std::array<char, 512> ignored{};
    error_code error;
    while (!error)
        co_await client->socket.async_read_some(asio::buffer(ignored), into(error));
    client->close();
}

// Lets the client read to the end what it was sent: closing with bytes of its own unread would make
// the kernel take the response back.
asio::awaitable<void> Server::Machinery::part(Connection& client) {
    std::array<char, 16384> ignored{};
    error_code error;
    client.socket.shutdown(tcp::socket::shutdown_send, error);
    if (error) co_return;
    client.allow(limits_.farewell);
    while (!error)
        co_await client.socket.async_read_some(asio::buffer(ignored), into(error));
}

Server::Server(const ServerLimits& limits) : machinery_(std::make_unique<Machinery>(limits)) {}

Server::~Server() = default;

Result<void> Server::listen(const std::string& where, Handler handler) {
    return machinery_->listen(where, std::move(handler));
}

const std::string& Server::where() const {
    return machinery_->where();
}

void Server::news() {
    machinery_->news();
}

void Server::stop() {
    machinery_->stop();
}

}  // namespace roundhouse
