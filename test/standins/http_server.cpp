#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace standin {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_request_bytes = std::size_t{16} * 1024;
constexpr std::size_t max_clients = 128;
constexpr auto client_lifetime = 10s;
constexpr auto faulty_client_lifetime = 60s;  // longer than any client may wait
constexpr std::size_t filler_chunk_bytes = std::size_t{16} * 1024;

std::system_error port_error(int error, int port) {
    return {error, std::generic_category(), "port " + std::to_string(port)};
}

int bind_socket(const std::string& address, int port, int type) {
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, address.c_str(), &where.sin_addr);
    // A bound port that does not listen yet can be bound again with SO_REUSEADDR, so the backlog
    // is opened only by listen_all(); two engines that start on one port meet there at the latest.
    if (bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
        const int error = errno;
        close(fd);
        throw port_error(error, port);
    }
    return fd;
}

int open_signal_fd() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

void close_and_forget(int& fd) {
    if (fd >= 0) close(std::exchange(fd, -1));
}

}  // namespace

HttpServer::HttpServer() : signal_fd_(open_signal_fd()) {
    std::signal(SIGPIPE, SIG_IGN);
}

HttpServer::~HttpServer() {
    for (Client& client : clients_)
        close_and_forget(client.fd);
    for (Listener& listener : listeners_)
        close_and_forget(listener.fd);
    close(signal_fd_);
}

HttpServer::Listener& HttpServer::add_listener(const std::string& address, int port, int type) {
    const int fd = bind_socket(address, port, type);
    listeners_.push_back({.fd = fd, .address = address, .port = port, .type = type});
    return listeners_.back();
}

void HttpServer::bind_http(const std::string& address, int port, Handler handler,
                           Connections connections) {
    Listener& listener = add_listener(address, port, SOCK_STREAM);
    listener.handler = std::move(handler);
    listener.connections = connections;
}

void HttpServer::bind_lines(const std::string& address, int port, LineHandler handler) {
    add_listener(address, port, SOCK_STREAM).line_handler = std::move(handler);
}

void HttpServer::bind_silent(const std::string& address, int port) {
    add_listener(address, port, SOCK_STREAM);
}

void HttpServer::bind_udp(const std::string& address, int port) {
    add_listener(address, port, SOCK_DGRAM);
}

void HttpServer::listen_all() {
    for (Listener& listener : listeners_) {
        if (listener.fd < 0 || listener.listening || listener.type != SOCK_STREAM) continue;
        if (listen(listener.fd, 64) != 0) throw port_error(errno, listener.port);
        listener.listening = true;
    }
}

void HttpServer::release(int port) {
    for (Listener& listener : listeners_) {
        if (listener.port != port) continue;
        close_and_forget(listener.fd);
        listener.listening = false;
        for (Client& client : clients_) {
            if (client.listener == &listener) close_and_forget(client.fd);
        }
    }
}

void HttpServer::take_again(int port) {
    for (Listener& listener : listeners_) {
        if (listener.port != port || listener.fd >= 0) continue;
        listener.fd = bind_socket(listener.address, listener.port, listener.type);
    }
    listen_all();
}

void HttpServer::stop_accepting() {
    hang();
    for (const Listener& listener : listeners_) {
        if (listener.listening) listen(listener.fd, 0);  // a shorter queue for the same socket
    }
}

bool HttpServer::takes_signal_to_end() {
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof info) != sizeof info) return false;
    if (info.ssi_signo != SIGUSR1) return !ignoring_signals_;
    stop_accepting();
    return false;
}

void HttpServer::accept_from(const Listener& listener) {
    if (listener.type == SOCK_DGRAM) {
        std::array<char, 2048> dropped{};
        while (recv(listener.fd, dropped.data(), dropped.size(), 0) >= 0) {
        }
        return;
    }
    const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (clients_.size() >= max_clients || (!listener.handler && !listener.line_handler)) {
        close(fd);
        return;
    }
    const SteadyTime deadline = std::chrono::steady_clock::now() + client_lifetime;
    clients_.push_back({.fd = fd, .listener = &listener, .deadline = deadline});
}

void HttpServer::answer_http(Client& client) {
    const std::size_t end_of_head = client.received.find("\r\n\r\n");
    if (client.received.size() > max_request_bytes) {
        return send_response(client, {.status = 413, .body = ""}, false, true);
    }
    if (end_of_head == std::string::npos) return;
    std::optional<Request> request =
        parse_head(std::string_view(client.received).substr(0, end_of_head + 2));
    if (!request) {
        const Response refusal{.status = 400, .body = "{\"error\":\"not HTTP\"}\n"};
        return send_response(client, refusal, false, true);
    }
    const std::size_t body_size = std::min(content_length(*request), max_request_bytes);
    if (client.received.size() < end_of_head + 4 + body_size) return;
    request->body = client.received.substr(end_of_head + 4, body_size);
    client.received.erase(0, end_of_head + 4 + body_size);
    const Response response = client.listener->handler(*request);
    const bool keeps = client.listener->connections == Connections::keep &&
                       response.delivery == Delivery::whole && !response.more &&
                       wants_to_keep_connection(*request);
    send_response(client, response, keeps, request->method != "HEAD");
}

void HttpServer::send_response(Client& client, const Response& response, bool keeps,
                               bool with_body) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool faulty = response.delivery != Delivery::whole || response.filler_bytes > 0;
    client.deadline = now + (faulty ? faulty_client_lifetime : client_lifetime);
    if (response.delivery == Delivery::dropped) return close_and_forget(client.fd);
    if (response.delivery == Delivery::never) return;
    if (response.delivery != Delivery::bare) client.to_send += head_of(response, keeps);
    if (with_body) {
        client.to_send += response.body;
        client.filler_bytes = response.filler_bytes;
        client.more = response.more;
    }
    client.dripping = response.delivery == Delivery::dripped;
    client.closing = !keeps;
}

void HttpServer::answer_lines(Client& client) {
    std::size_t end = 0;
    while ((end = client.received.find('\n')) != std::string::npos) {
        std::string_view line = std::string_view(client.received).substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        client.to_send += client.listener->line_handler(line);
        client.received.erase(0, end + 1);
    }
    client.closing = client.received.size() > max_request_bytes;
}

// False when the connection is over.
bool HttpServer::read_from(Client& client) {
    std::array<char, 4096> chunk{};
    const ssize_t count = recv(client.fd, chunk.data(), chunk.size(), 0);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (client.closing) return true;
    client.received.append(chunk.data(), static_cast<std::size_t>(count));
    if (client.listener->handler) {
        answer_http(client);
    } else {
        answer_lines(client);
    }
    return client.fd >= 0;
}

// False when the connection is over.
bool HttpServer::write_to(Client& client) {
    if (client.to_send.empty() && client.filler_bytes > 0) {
        const std::size_t next = std::min(client.filler_bytes, filler_chunk_bytes);
        client.to_send.assign(next, 'x');
        client.filler_bytes -= next;
    }
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!client.to_send.empty() && client.send_at <= now) {
        const std::size_t size = client.dripping ? 1 : client.to_send.size();
        const ssize_t count = send(client.fd, client.to_send.data(), size, 0);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        client.to_send.erase(0, static_cast<std::size_t>(count));
        if (client.dripping) client.send_at = now + drip_interval;
    }
    return !(client.closing && client.to_send.empty() && client.filler_bytes == 0 &&
             client.more == nullptr);
}

// A reader that is slower than the stream gets it later, and all of it.
void HttpServer::continue_streams(SteadyTime now) {
    for (Client& client : clients_) {
        if (client.fd < 0 || client.more == nullptr || !client.to_send.empty()) continue;
        client.deadline = now + client_lifetime;
        auto next = client.more();
        if (next) {
            client.to_send = std::move(*next);
        } else {
            client.more = nullptr;
            if (!write_to(client)) close_and_forget(client.fd);
        }
    }
}

void HttpServer::drop_expired(SteadyTime now) {
    clients_.remove_if([now](Client& client) {
        if (client.deadline < now) close_and_forget(client.fd);
        return client.fd < 0;
    });
}

SteadyTime HttpServer::next_wake_up(SteadyTime now, SteadyTime deadline) const {
    if (hanging_) return std::min(deadline, now + 60s);
    SteadyTime wake_up = std::min(deadline, now + (clients_.empty() ? 60s : 1s));
    for (const Client& client : clients_) {
        if (client.more != nullptr) wake_up = std::min(wake_up, now + stream_interval);
        if (client.send_at > now) wake_up = std::min(wake_up, client.send_at);
    }
    return wake_up;
}

void HttpServer::poll_once(SteadyTime now, SteadyTime wake_up) {
    std::vector<pollfd> polled{{.fd = signal_fd_, .events = POLLIN, .revents = 0}};
    if (!hanging_) {
        for (const Listener& listener : listeners_)
            polled.push_back({listener.fd, POLLIN, 0});
        for (const Client& client : clients_) {
            const bool has_more = !client.to_send.empty() || client.filler_bytes > 0;
            const bool may_send = has_more && client.send_at <= now;
            polled.push_back(
                {client.fd, static_cast<short>(may_send ? POLLIN | POLLOUT : POLLIN), 0});
        }
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wake_up - now);
    poll(polled.data(), polled.size(), static_cast<int>(wait.count()));

    if (polled[0].revents != 0 && takes_signal_to_end()) stopping_ = true;
    if (hanging_) return;
    std::size_t at = 1 + listeners_.size();
    for (Client& client : clients_) {
        const short ready = polled[at++].revents;
        if (ready == 0 || client.fd < 0) continue;
        const bool alive = (ready & POLLIN) != 0 ? read_from(client) : ready != POLLERR;
        if (!alive || !write_to(client)) close_and_forget(client.fd);
    }
    at = 1;
    for (const Listener& listener : listeners_) {
        if (at < polled.size() && polled[at++].revents != 0) accept_from(listener);
    }
}

bool HttpServer::serve_until(SteadyTime deadline) {
    while (!stopping_) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= deadline) return false;
        if (!hanging_) continue_streams(now);
        drop_expired(now);
        poll_once(now, next_wake_up(now, deadline));
    }
    return true;
}

}  // namespace standin
