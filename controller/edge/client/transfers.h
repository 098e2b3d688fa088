// An HTTP client over libcurl: any number of requests at once, on one thread.
//
// Redirects are not followed, the proxy variables of the environment are ignored, and the limits of
// a request hold whatever the server does. Each request has a connection of its own: on a used one
// there may be bytes that nobody asked for, and libcurl would take them for the reply.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "loop/own_connections.h"

namespace roundhouse {

// PEM files. All empty: the system's authorities, and no client certificate.
struct TlsFiles {
    std::string authorities;
    std::string certificate;
    std::string key;

    bool operator==(const TlsFiles&) const = default;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;          // http:// or https://; IPv6 addresses in brackets
    std::string unix_socket;  // not empty: connect to it instead of the URL's host
    TlsFiles tls;
    std::string bearer;    // token for an Authorization header; empty: no such header
    std::string username;  // with `password`, for basic authentication; empty: none
    std::string password;
    std::vector<std::string> headers = {};  // further ones: "Name: value"
    std::string body;                       // of a POST
    std::string content_type = "application/json";

    Duration connect_timeout = std::chrono::seconds(10);
    Duration timeout{0};       // from begin() to the last byte; 0: no limit
    Duration idle_timeout{0};  // longest time without a byte; 0: no limit
    std::size_t max_reply_bytes = std::size_t{1} << 20U;  // for the head, and again for the body
    // Connects and sends nothing: the reply has no status, and no problem if that worked.
    bool connect_only = false;

    // Called from wait() for a 2xx reply, if `on_bytes` is set: `on_open` when the head has
    // arrived, `on_bytes` for each piece of the body, which then is neither collected nor limited
    // in size. Returning false ends the request.
    std::function<void()> on_open;
    std::function<bool(std::string_view)> on_bytes;
};

// Why there is no complete reply.
enum class HttpProblem {
    none,
    socket_missing,      // the Unix socket's file does not exist
    permission_denied,   // the Unix socket may not be opened by this user
    connection_refused,  // nothing listens there
    unreachable,         // no such name, no route, or no answer to the attempt to connect
    tls_failed,          // a certificate is not accepted, or the server does not speak TLS
    timed_out,           // connected, but the last byte did not arrive within `timeout`
    idle,                // no byte for as long as `idle_timeout`
    too_large,           // more than max_reply_bytes
    broken,              // the connection ended early, or the reply is not HTTP
    stopped,             // on_bytes returned false
};

struct HttpReply {
    int ticket = 0;
    HttpProblem problem = HttpProblem::none;
    std::string detail;  // the problem in words; empty without one
    // Of `unreachable`: there is a route, and nothing replied to the attempt to connect in time.
    bool connect_timed_out = false;
    // Nothing was sent, as memory or file descriptors ran out.
    bool not_sent = false;
    // Of `broken`: the connection ended before the first line of a reply.
    bool nothing_arrived = false;
    int status = 0;        // 0 when no head arrived; may be set although there is a problem
    std::string location;  // the Location header; "" without one
    std::string body;      // what arrived of it
};

// Used by one thread, except interrupt(). The destructor cancels requests that have not ended.
class HttpTransfers {
  public:
    // Its connections are noted in `own`, unless that is null; it must outlive the transfers.
    explicit HttpTransfers(OwnConnections* own = nullptr);
    ~HttpTransfers();
    HttpTransfers(const HttpTransfers&) = delete;
    HttpTransfers& operator=(const HttpTransfers&) = delete;

    // Begins a request and returns its ticket at once. Errors are reported by its reply.
    int begin(HttpRequest request);

    // Waits until a request has ended, `at_most` is over or interrupt() was called. Returns each
    // reply once.
    std::vector<HttpReply> wait(Duration at_most);

    // Ends a request without a reply, and closes its connection.
    void cancel(int ticket);

    // Ends the current wait(), or the next one if there is none. Any thread.
    void interrupt();

  private:
    class Multi;
    std::unique_ptr<Multi> multi_;
};

}  // namespace roundhouse
