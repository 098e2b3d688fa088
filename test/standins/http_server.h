// A tiny HTTP/1.1 server for stand-in containers: one thread, one poll loop, fixed limits.
// It has to stay up whatever a test sends.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "http_message.h"

namespace standin {

using Handler = std::function<Response(const Request&)>;

// Answers line by line instead of by HTTP: what to send for a received line.
using LineHandler = std::function<std::string(std::string_view line)>;

using SteadyTime = std::chrono::steady_clock::time_point;

// Whether a connection serves one request, or as many as the client sends.
enum class Connections { close_each, keep };

// All calls from one thread. Handlers may call it too.
class HttpServer {
  public:
    HttpServer();
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Reserves a TCP port. The port refuses connections until listen_all(). Throws
    // std::system_error with the port in its text when the port is taken.
    void bind_http(const std::string& address, int port, Handler handler,
                   Connections connections = Connections::close_each);
    void bind_lines(const std::string& address, int port, LineHandler handler);
    // Accepts and closes: a port that is open and says nothing.
    void bind_silent(const std::string& address, int port);
    // Takes a UDP port and drops what arrives.
    void bind_udp(const std::string& address, int port);

    // Has every bound port listen that does not yet. Throws as bind_http() does.
    void listen_all();

    // Gives all of a port up, with its connections: it refuses from now on.
    void release(int port);
    // Takes a released port again, as it was. Throws as bind_http() does.
    void take_again(int port);

    // From now on connections are accepted by the kernel and nobody answers them.
    void hang() { hanging_ = true; }
    // hang(), and after a connection or two the kernel accepts no more: connecting times out.
    void stop_accepting();

    // Serves until `deadline` or until SIGTERM or SIGINT arrives; true for the latter. With
    // ignore_signals() these are swallowed. SIGUSR1 calls stop_accepting().
    bool serve_until(SteadyTime deadline);
    void ignore_signals() { ignoring_signals_ = true; }

  private:
    struct Listener {
        int fd = -1;  // -1: released
        std::string address;
        int port = 0;
        int type = 0;
        bool listening = false;
        Connections connections = Connections::close_each;
        Handler handler = nullptr;
        LineHandler line_handler = nullptr;
    };
    struct Client {
        int fd = -1;  // -1: over
        const Listener* listener = nullptr;
        SteadyTime deadline;
        std::string received = {};
        std::string to_send = {};
        std::size_t filler_bytes = 0;  // still to come after to_send
        std::function<std::optional<std::string>()> more =
            {};  // as in Response; null once it ended
        bool dripping = false;
        SteadyTime send_at = {};  // nothing goes out before
        bool closing = false;     // closed once all is sent; nothing more is read
    };

    Listener& add_listener(const std::string& address, int port, int type);
    bool takes_signal_to_end();
    void accept_from(const Listener& listener);
    bool read_from(Client& client);
    bool write_to(Client& client);
    void answer_http(Client& client);
    void send_response(Client& client, const Response& response, bool keeps, bool with_body);
    void answer_lines(Client& client);
    void continue_streams(SteadyTime now);
    void drop_expired(SteadyTime now);
    SteadyTime next_wake_up(SteadyTime now, SteadyTime deadline) const;
    void poll_once(SteadyTime now, SteadyTime wake_up);

    int signal_fd_ = -1;
    bool hanging_ = false;
    bool ignoring_signals_ = false;
    bool stopping_ = false;
    std::list<Listener> listeners_;  // clients point into it
    std::list<Client> clients_;
};

}  // namespace standin
