#include "edge/client/transfers.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "edge/client/noted_socket.h"
#include "edge/client/transfer.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

using Steady = std::chrono::steady_clock;

// A dead peer is noticed after about a minute and a half, even on an idle stream.
constexpr long keep_alive_idle_s = 30;
constexpr long keep_alive_interval_s = 15;

// These are called from C: no exception may leave them, so they do not call on_open or on_bytes.
int on_connected(void* context, char* /*ip*/, char* /*local_ip*/, int /*port*/, int /*local*/) {
    static_cast<Transfer*>(context)->connected = true;
    return CURL_PREREQFUNC_OK;
}

void note_location(std::string_view line, std::string& location) {
    constexpr std::string_view name = "location:";
    constexpr std::string_view spaces = " \t\r\n";
    if (lower(line.substr(0, name.size())) != name) return;
    const auto begin = line.find_first_not_of(spaces, name.size());
    const auto end = line.find_last_not_of(spaces);
    location = begin == std::string_view::npos ? "" : line.substr(begin, end + 1 - begin);
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) try {
    auto& transfer = *static_cast<Transfer*>(context);
    transfer.last_byte = Steady::now();
    const std::string_view line(bytes, size * count);
    transfer.head_bytes += line.size();
    if (transfer.head_bytes > transfer.request.max_reply_bytes) {
        transfer.too_large = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) transfer.reply.location.clear();  // another head
    if (!transfer.head_arrived) note_location(line, transfer.reply.location);
    if (line == "\r\n" || line == "\n") {
        long status = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
        transfer.reply.status = static_cast<int>(status);
        transfer.head_arrived = status >= 200;  // "100 Continue" precedes the real head
    }
    return size * count;
} catch (const std::exception&) {
    return 0;  // out of memory: libcurl ends the transfer
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) try {
    auto& transfer = *static_cast<Transfer*>(context);
    transfer.last_byte = Steady::now();
    const std::string_view chunk(bytes, size * count);
    if (transfer.streams()) {
        transfer.undelivered += chunk;
        return chunk.size();
    }
    if (chunk.size() > transfer.request.max_reply_bytes - transfer.reply.body.size()) {
        transfer.too_large = true;
        return 0;
    }
    transfer.reply.body += chunk;
    return chunk.size();
} catch (const std::exception&) {
    return 0;  // out of memory: libcurl ends the transfer
}

curl_socket_t open_socket(void* context, curlsocktype /*purpose*/, curl_sockaddr* peer) try {
    auto& transfer = *static_cast<Transfer*>(context);
    const int socket = transfer.own == nullptr
                           ? ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol)
                           : open_noted(*transfer.own, peer->family, peer->socktype, peer->protocol,
                                        &peer->addr, peer->addrlen);
    transfer.socket_error = socket < 0 ? errno : 0;  // another address may follow
    return socket;
} catch (const std::exception&) {
    return CURL_SOCKET_BAD;  // out of memory
}

int close_noted_socket(void* own, curl_socket_t socket) try {
    if (const auto local = local_end(socket)) static_cast<OwnConnections*>(own)->closed(*local);
    return ::close(socket);
} catch (const std::exception&) {
    return ::close(socket);
}

long milliseconds(Duration duration) {
    return static_cast<long>(
        std::clamp<Duration::rep>(duration.count(), 0, std::numeric_limits<int>::max()));
}

void start_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
            throw std::runtime_error("libcurl cannot be started");
        }
    });
}

}  // namespace

// libcurl's multi handle and its transfers.
class HttpTransfers::Multi {
  public:
    explicit Multi(OwnConnections* own)
        : handle_((start_curl_once(), curl_multi_init())), own_(own) {
        if (handle_ == nullptr) throw std::runtime_error("libcurl cannot be started");
    }
    ~Multi() {
        while (!transfers_.empty())
            cancel(transfers_.begin()->first);
        curl_multi_cleanup(handle_);
    }
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;

    int begin(HttpRequest request);
    std::vector<HttpReply> wait(Duration at_most);
    void cancel(int ticket);
    void interrupt() {
        interrupted_ = true;
        curl_multi_wakeup(handle_);
    }

  private:
    void configure(Transfer& transfer) const;
    static void configure_tls(CURL* easy, const TlsFiles& files);
    void collect_ended();
    void deliver();
    void end_idle();
    void end(int ticket, HttpProblem problem, std::string detail);
    void end(int ticket);
    Duration until_idle(Duration at_most) const;

    CURLM* handle_;
    OwnConnections* own_;
    std::atomic<bool> interrupted_ = false;
    int last_ticket_ = 0;
    std::map<int, std::unique_ptr<Transfer>> transfers_;
    std::vector<HttpReply> ended_;
};

int HttpTransfers::Multi::begin(HttpRequest request) {
    const int ticket = ++last_ticket_;
    auto& transfer = *(transfers_[ticket] = std::make_unique<Transfer>());
    transfer.request = std::move(request);
    transfer.reply.ticket = ticket;
    transfer.easy.reset(curl_easy_init());
    if (transfer.easy != nullptr) {
        configure(transfer);
        if (curl_multi_add_handle(handle_, transfer.easy.get()) == CURLM_OK) return ticket;
        transfer.easy.reset();
    }
    transfer.reply.not_sent = true;
    end(ticket, HttpProblem::broken, "out of memory");
    return ticket;
}

void HttpTransfers::Multi::configure(Transfer& transfer) const {
    const HttpRequest& request = transfer.request;
    CURL* easy = transfer.easy.get();
    const auto set = [easy](CURLoption option, auto value) {
        curl_easy_setopt(easy, option, value);
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // the end of a request does not wait for a slow name server
    set(CURLOPT_USERAGENT, "roundhouse");
    set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    set(CURLOPT_ERRORBUFFER, transfer.error.data());
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_TCP_KEEPIDLE, keep_alive_idle_s);
    set(CURLOPT_TCP_KEEPINTVL, keep_alive_interval_s);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    if (request.connect_only) set(CURLOPT_CONNECT_ONLY, 1L);
    if (!request.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
    configure_tls(easy, request.tls);
    transfer.own = own_;
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
    if (own_ != nullptr) {
        set(CURLOPT_CLOSESOCKETFUNCTION, &close_noted_socket);
        set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(own_));
    }
    if (!request.username.empty()) {
        set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        set(CURLOPT_USERNAME, request.username.c_str());
        set(CURLOPT_PASSWORD, request.password.c_str());
    }
    if (!request.bearer.empty()) {
        set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        set(CURLOPT_XOAUTH2_BEARER, request.bearer.c_str());
    }

    const auto add_header = [&](const std::string& header) {
        curl_slist* const list = curl_slist_append(transfer.headers.get(), header.c_str());
        if (transfer.headers == nullptr) transfer.headers.reset(list);
    };
    for (const std::string& header : request.headers)
        add_header(header);
    if (request.method == "POST") {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDS, request.body.c_str());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        add_header("Content-Type: " + request.content_type);
        add_header("Expect:");
    } else {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    if (transfer.headers != nullptr) set(CURLOPT_HTTPHEADER, transfer.headers.get());
    set(CURLOPT_PREREQFUNCTION, &on_connected);
    set(CURLOPT_PREREQDATA, static_cast<void*>(&transfer));
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
}

// The server's certificate and name are always verified: that is libcurl's default.
void HttpTransfers::Multi::configure_tls(CURL* easy, const TlsFiles& files) {
    const auto set = [easy](CURLoption option, const std::string& file) {
        if (!file.empty()) curl_easy_setopt(easy, option, file.c_str());
    };
    set(CURLOPT_CAINFO, files.authorities);
    set(CURLOPT_SSLCERT, files.certificate);
    set(CURLOPT_SSLKEY, files.key);
}

std::vector<HttpReply> HttpTransfers::Multi::wait(Duration at_most) {
    const auto deadline = Steady::now() + at_most;
    while (true) {
        int running = 0;
        curl_multi_perform(handle_, &running);
        deliver();
        collect_ended();
        end_idle();
        const auto left = std::chrono::ceil<Duration>(deadline - Steady::now());
        if (!ended_.empty() || interrupted_.exchange(false) || left <= Duration{0}) {
            return std::exchange(ended_, {});
        }
        curl_multi_poll(handle_, nullptr, 0, static_cast<int>(milliseconds(until_idle(left))),
                        nullptr);
    }
}

// Passes what has arrived to on_open and on_bytes.
void HttpTransfers::Multi::deliver() {
    std::vector<int> stopped;
    for (auto& [ticket, transfer] : transfers_) {
        if (!transfer->head_arrived || !transfer->streams()) continue;
        if (!std::exchange(transfer->opened, true) && transfer->request.on_open) {
            transfer->request.on_open();
        }
        const std::string bytes = std::exchange(transfer->undelivered, {});
        if (!bytes.empty() && !transfer->request.on_bytes(bytes)) stopped.push_back(ticket);
    }
    for (const int ticket : stopped)
        end(ticket, HttpProblem::stopped, "stopped by its reader");
}

void HttpTransfers::Multi::collect_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(handle_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        judge_end(*transfer, message->data.result);
        end(transfer->reply.ticket);
    }
}

void HttpTransfers::Multi::end_idle() {
    std::vector<int> idle;
    for (const auto& [ticket, transfer] : transfers_) {
        const Duration idle_timeout = transfer->request.idle_timeout;
        if (idle_timeout > Duration{0} && Steady::now() - transfer->last_byte >= idle_timeout) {
            idle.push_back(ticket);
        }
    }
    for (const int ticket : idle) {
        const Duration idle_timeout = transfers_[ticket]->request.idle_timeout;
        end(ticket, HttpProblem::idle, "nothing arrived for " + format_duration(idle_timeout));
    }
}

void HttpTransfers::Multi::end(int ticket, HttpProblem problem, std::string detail) {
    HttpReply& reply = transfers_[ticket]->reply;
    reply.problem = problem;
    reply.detail = std::move(detail);
    end(ticket);
}

void HttpTransfers::Multi::end(int ticket) {
    ended_.push_back(std::move(transfers_[ticket]->reply));
    cancel(ticket);
}

void HttpTransfers::Multi::cancel(int ticket) {
    const auto found = transfers_.find(ticket);
    if (found == transfers_.end()) return;
    CURL* easy = found->second->easy.get();
    if (easy != nullptr) curl_multi_remove_handle(handle_, easy);
    transfers_.erase(found);
}

Duration HttpTransfers::Multi::until_idle(Duration at_most) const {
    for (const auto& [ticket, transfer] : transfers_) {
        const Duration idle_timeout = transfer->request.idle_timeout;
        if (idle_timeout <= Duration{0}) continue;
        const auto left = transfer->last_byte + idle_timeout - Steady::now();
        at_most = std::clamp(std::chrono::ceil<Duration>(left), Duration{1}, at_most);
    }
    return at_most;
}

HttpTransfers::HttpTransfers(OwnConnections* own) : multi_(std::make_unique<Multi>(own)) {}
HttpTransfers::~HttpTransfers() = default;

int HttpTransfers::begin(HttpRequest request) {
    return multi_->begin(std::move(request));
}
std::vector<HttpReply> HttpTransfers::wait(Duration at_most) {
    return multi_->wait(at_most);
}
void HttpTransfers::cancel(int ticket) {
    multi_->cancel(ticket);
}
void HttpTransfers::interrupt() {
    multi_->interrupt();
}

}  // namespace roundhouse
