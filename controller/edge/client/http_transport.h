// HTTP requests under way, any number at once, on one thread. Everything that speaks HTTP as a
// client stands on this; libcurl is behind it and nowhere else.
//
// Redirects are not followed, proxies of the environment are not used, and every limit that a
// request names is kept whatever the other side does.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace roundhouse {

// PEM files. All empty: the system's authorities, no certificate of our own.
struct TlsFiles {
    std::string authorities;
    std::string certificate;
    std::string key;

    bool operator==(const TlsFiles&) const = default;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;          // http:// or https://; IPv6 addresses in brackets
    std::string unix_socket;  // dialled instead of the URL's host when not empty
    TlsFiles tls;
    std::string bearer;  // the token of an Authorization header; empty: none is sent
    std::string body;    // JSON

    Duration connect_timeout = std::chrono::seconds(10);
    Duration timeout{0};   // from begin() to the last byte; 0: no limit
    Duration patience{0};  // longest time without a byte; 0: no limit
    std::size_t max_reply_bytes = std::size_t{1} << 20U;
    bool keep_alive = true;
    // Nothing is sent: the reply, without a status, tells whether a connection came about.
    bool connect_only = false;

    // Called from wait(). `on_open` when the head of a 2xx reply has arrived; `on_bytes` for what
    // follows it, which then is neither collected nor limited. Returning false ends the request.
    std::function<void()> on_open;
    std::function<bool(std::string_view)> on_bytes;
};

// Why there is no whole reply.
enum class HttpProblem {
    none,
    socket_missing,     // the Unix socket's file does not exist
    permission_denied,  // the Unix socket may not be opened by this user
    refused,            // nobody listens there
    unreachable,        // no such name, no route, or no answer to the attempt to connect
    tls_failed,         // certificates do not fit, or the other side does not speak TLS
    timed_out,          // connected, but `timeout` was over before the last byte
    silent,             // no byte for as long as `patience`
    too_large,          // more than max_reply_bytes
    broken,             // broke off early, or is not HTTP
    stopped,            // on_bytes said so
};

struct HttpReply {
    int ticket = 0;
    HttpProblem problem = HttpProblem::none;
    std::string detail;  // the problem in words; empty without one
    int status = 0;      // 0 when no head arrived; may be set although there is a problem
    std::string body;    // what was collected of it
};

// Used by one thread, except interrupt(). Requests that are under way at destruction are dropped.
class HttpTransfers {
  public:
    HttpTransfers();
    ~HttpTransfers();
    HttpTransfers(const HttpTransfers&) = delete;
    HttpTransfers& operator=(const HttpTransfers&) = delete;

    // Begins a request and returns its ticket at once. Whatever is wrong with it, a reply tells.
    int begin(HttpRequest request);

    // Waits until a request has ended, `at_most` is over or interrupt() was called. Returns the
    // replies that are there, each once.
    std::vector<HttpReply> wait(Duration at_most);

    // Gives a request up. No reply will tell of it, and its connection is not used again.
    void drop(int ticket);

    // Ends the current wait(), or else the next. Any thread.
    void interrupt();

  private:
    class Machinery;
    std::unique_ptr<Machinery> machinery_;
};

// Text for one place in a URL's path or query: everything but letters, digits and -._~ as %XX.
std::string percent_escape(std::string_view text);

}  // namespace roundhouse
