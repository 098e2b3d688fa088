#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <system_error>
#include <vector>

namespace standin {
namespace {

constexpr std::size_t max_request_bytes = 16 * 1024;
constexpr std::size_t max_clients = 128;
constexpr auto client_lifetime = std::chrono::seconds(10);

std::string head_of(const Response& response) {
    return "HTTP/1.1 " + std::to_string(response.status) +
           (response.status < 400 ? " OK" : " Error") +
           "\r\nContent-Type: " + response.content_type +
           "\r\nContent-Length: " + std::to_string(response.body.size()) +
           "\r\nConnection: close\r\n\r\n";
}

std::size_t content_length(std::string_view head) {
    std::string lowered(head);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view name = "\r\ncontent-length:";
    std::size_t at = lowered.find(name);
    if (at == std::string::npos) return 0;
    at = lowered.find_first_not_of(' ', at + name.size());
    if (at == std::string::npos) return 0;
    std::size_t length = 0;
    std::from_chars(lowered.data() + at, lowered.data() + lowered.size(), length);
    return length;
}

// nullopt: the request line is not HTTP.
std::optional<Request> parse_request_line(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t first = line.find(' ');
    const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (second == line.npos || !line.substr(second + 1).starts_with("HTTP/1.")) return std::nullopt;
    Request request;
    request.method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, second - first - 1);
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    return request;
}

int open_signal_fd() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

}  // namespace

HttpServer::HttpServer() : signal_fd_(open_signal_fd()) {
    std::signal(SIGPIPE, SIG_IGN);
}

HttpServer::~HttpServer() {
    for (const Client& client : clients_)
        close(client.fd);
    for (const Listener& listener : listeners_)
        close(listener.fd);
    close(signal_fd_);
}

HttpServer::Listener& HttpServer::add_listener(const std::string& address, int port, int type) {
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
        throw std::system_error(error, std::generic_category(), "port " + std::to_string(port));
    }
    listeners_.push_back({.fd = fd,
                          .port = port,
                          .datagrams = type == SOCK_DGRAM,
                          .handler = nullptr,
                          .line_handler = nullptr});
    return listeners_.back();
}

void HttpServer::bind_http(const std::string& address, int port, Handler handler) {
    add_listener(address, port, SOCK_STREAM).handler = std::move(handler);
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
    for (const Listener& listener : listeners_) {
        if (!listener.datagrams && listen(listener.fd, 64) != 0) {
            throw std::system_error(errno, std::generic_category(),
                                    "port " + std::to_string(listener.port));
        }
    }
}

bool HttpServer::signal_arrived() {
    signalfd_siginfo info{};
    return read(signal_fd_, &info, sizeof info) == sizeof info && !ignoring_signals_;
}

void HttpServer::accept_from(const Listener& listener) {
    if (listener.datagrams) {
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
    clients_.push_back({.fd = fd,
                        .listener = &listener,
                        .received = {},
                        .to_send = {},
                        .closing = false,
                        .deadline = std::chrono::steady_clock::now() + client_lifetime});
}

void HttpServer::answer_http(Client& client) {
    const std::size_t end_of_head = client.received.find("\r\n\r\n");
    const bool too_long = client.received.size() > max_request_bytes;
    if (end_of_head == std::string::npos && !too_long) return;
    const std::string_view head = std::string_view(client.received).substr(0, end_of_head);
    std::optional<Request> request = parse_request_line(head);
    Response response{.status = 400, .body = "{\"error\":\"not HTTP\"}\n"};
    if (too_long) {
        response.status = 413;
    } else if (request) {
        const std::size_t body_size = content_length(head);
        if (client.received.size() < end_of_head + 4 + body_size && body_size < max_request_bytes) {
            return;
        }
        request->body = client.received.substr(end_of_head + 4, body_size);
        response = client.listener->handler(*request);
    }
    client.to_send = head_of(response) + response.body;
    client.closing = true;
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
    return true;
}

// False when the connection is over.
bool HttpServer::write_to(Client& client) {
    if (!client.to_send.empty()) {
        const ssize_t count = send(client.fd, client.to_send.data(), client.to_send.size(), 0);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        client.to_send.erase(0, static_cast<std::size_t>(count));
    }
    return !(client.closing && client.to_send.empty());
}

void HttpServer::drop_expired(SteadyTime now) {
    clients_.remove_if([now](const Client& client) {
        const bool expired = client.fd < 0 || client.deadline < now;
        if (expired && client.fd >= 0) close(client.fd);
        return expired;
    });
}

bool HttpServer::serve_until(SteadyTime deadline) {
    while (true) {
        const SteadyTime now = std::chrono::steady_clock::now();
        if (now >= deadline) return false;
        drop_expired(now);

        std::vector<pollfd> polled{{.fd = signal_fd_, .events = POLLIN, .revents = 0}};
        if (!hanging_) {
            for (const Listener& listener : listeners_)
                polled.push_back({listener.fd, POLLIN, 0});
            for (const Client& client : clients_) {
                const short wish = client.to_send.empty() ? POLLIN : POLLIN | POLLOUT;
                polled.push_back({client.fd, wish, 0});
            }
        }
        auto wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
        wait =
            std::min(wait, std::chrono::milliseconds(hanging_ || clients_.empty() ? 60000 : 1000));
        poll(polled.data(), polled.size(), static_cast<int>(wait.count()));

        if (polled[0].revents != 0 && signal_arrived()) return true;
        if (hanging_) continue;
        std::size_t at = 1 + listeners_.size();
        for (Client& client : clients_) {
            const short ready = polled[at++].revents;
            const bool alive = (ready & POLLIN) != 0 ? read_from(client) : ready != POLLERR;
            if (ready != 0 && (!alive || !write_to(client))) {
                close(client.fd);
                client.fd = -1;
            }
        }
        at = 1;
        for (const Listener& listener : listeners_) {
            if (polled[at++].revents != 0) accept_from(listener);
        }
    }
}

}  // namespace standin
