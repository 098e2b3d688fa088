// A tiny HTTP/1.1 server for stand-in containers: one thread, one poll loop, fixed limits.
// It has to stay up whatever a test sends, so each connection gets one request and one answer.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <string_view>

namespace standin {

struct Request {
    std::string method;
    std::string path;  // without the query
    std::string query;
    std::string body;
};

struct Response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

using Handler = std::function<Response(const Request&)>;

// Answers line by line instead of by HTTP: what to send for a received line.
using LineHandler = std::function<std::string(std::string_view line)>;

using SteadyTime = std::chrono::steady_clock::time_point;

// All calls from one thread.
class HttpServer {
  public:
    HttpServer();
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Reserves a TCP port. The port refuses connections until listen_all(). Throws
    // std::system_error with the port in its text when the port is taken.
    void bind_http(const std::string& address, int port, Handler handler);
    void bind_lines(const std::string& address, int port, LineHandler handler);
    // Accepts and closes: a port that is open and says nothing.
    void bind_silent(const std::string& address, int port);
    // Takes a UDP port and drops what arrives.
    void bind_udp(const std::string& address, int port);

    void listen_all();

    // From now on connections are accepted by the kernel and nobody answers them.
    void hang() { hanging_ = true; }

    // Serves until `deadline` or until SIGTERM or SIGINT arrives; true for the latter. With
    // ignore_signals() the signals are swallowed.
    bool serve_until(SteadyTime deadline);
    void ignore_signals() { ignoring_signals_ = true; }

  private:
    struct Listener {
        int fd = -1;
        int port = 0;
        bool datagrams = false;
        Handler handler;
        LineHandler line_handler;
    };
    struct Client {
        int fd = -1;
        const Listener* listener = nullptr;
        std::string received;
        std::string to_send;
        bool closing = false;  // closed once to_send is empty
        SteadyTime deadline;
    };

    Listener& add_listener(const std::string& address, int port, int type);
    bool signal_arrived();
    void accept_from(const Listener& listener);
    bool read_from(Client& client);
    bool write_to(Client& client);
    void answer_http(Client& client);
    void answer_lines(Client& client);
    void drop_expired(SteadyTime now);

    int signal_fd_ = -1;
    bool hanging_ = false;
    bool ignoring_signals_ = false;
    std::list<Listener> listeners_;  // clients point into it
    std::list<Client> clients_;
};

}  // namespace standin
