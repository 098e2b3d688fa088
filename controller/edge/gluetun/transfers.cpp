#include "edge/gluetun/transfers.h"

#include <cpprest/http_client.h>
#include <cpprest/rawptrstream.h>
#include <fcntl.h>
#include <pplx/threadpool.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "edge/gluetun/received_bytes.h"
#include "edge/gluetun/silence.h"
#include "edge/system/unique_fd.h"

namespace roundhouse {

namespace {

using std::chrono::steady_clock;
using Tcp = boost::asio::ip::tcp;

constexpr std::size_t longest_reply_bytes = std::size_t{64} << 10U;
// Slows down a flood; Gluetun's replies are smaller.
constexpr int receive_buffer_bytes = 16384;
// cpprestsdk's own timeout comes after the deadline: its errors do not say what was late.
constexpr auto grace_period = std::chrono::milliseconds(500);
// How often the received bytes are checked. Between two checks a flood takes memory.
constexpr auto check_period = std::chrono::milliseconds(5);

// cpprestsdk starts 40 threads unless a number is set before its first use.
void start_threads() {
    static const bool started = [] {
        crossplat::threadpool::initialize_with_threads(2);
        return true;
    }();
    static_cast<void>(started);
}

// The URL parser requires brackets around an IPv6 address, and the resolver rejects them. A URL
// built from parts holds the bare address.
web::uri base_of(const ControlTarget& target) {
    web::uri_builder builder;
    builder.set_scheme("http").set_host(target.ip).set_port(target.port);
    return builder.to_uri();
}

bool is_ipv6(const ControlTarget& target) {
    return target.ip.find(':') != std::string::npos;
}

// cpprestsdk could make this header from its own credentials, but leaks memory each time.
std::string basic_header(const ControlLogin& login) {
    const std::string text = login.username + ":" + login.password;
    return "Basic " + utility::conversions::to_base64({text.begin(), text.end()});
}

}  // namespace

// Filled by cpprestsdk's threads.
class ControlTransfers::ReplyQueue {
  public:
    void push(Ended ended) {
        const std::lock_guard lock(mutex_);
        ended_.push_back(std::move(ended));
        filled_.notify_all();
    }

    std::optional<Ended> pop(Instant until) {
        std::unique_lock lock(mutex_);
        if (!filled_.wait_until(lock, until, [this] { return !ended_.empty(); })) {
            return std::nullopt;
        }
        Ended first = std::move(ended_.front());
        ended_.pop_front();
        return first;
    }

  private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<Ended> ended_;
};

// One request. Owned by ControlTransfers and by its continuation in cpprestsdk, which may write to
// its memory until the request has ended.
class ControlTransfers::Exchange {
  public:
    // Throws if it cannot open a socket.
    explicit Exchange(const ControlTarget& target, Instant deadline)
        : ip_(target.ip),
          socket_(::socket(is_ipv6(target) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          client_(base_of(target), configuration(target, deadline)) {
        if (!socket_.valid()) throw std::runtime_error("no socket");
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                     sizeof(receive_buffer_bytes));
    }

    static void start(const std::shared_ptr<Exchange>& self, const ControlTarget& target,
                      const std::string& path, std::function<void(ControlReply)> on_end) {
        self->client_.request(self->request_for(target, path))
            .then([](const web::http::http_response& head) { return head.content_ready(); })
            .then([self,
                   on_end = std::move(on_end)](const pplx::task<web::http::http_response>& whole) {
                on_end(self->reply_from(whole));
            });
    }

    // Ends the request soon. A connection that is not established yet ends by its timeout. Any
    // thread.
    void shut_down() const { ::shutdown(socket_.get(), SHUT_RDWR); }

    std::uint64_t received() const { return received_bytes(socket_.get()); }

  private:
    web::http::client::http_client_config configuration(const ControlTarget& target,
                                                        Instant deadline) const {
        web::http::client::http_client_config config;
        const auto left = std::max(deadline - steady_clock::now(), steady_clock::duration::zero());
        config.set_timeout(left + grace_period);
        config.set_max_redirects(0);
        // cpprestsdk owns and closes a duplicate; socket_ stays valid to count bytes and shut down.
        config.set_nativehandle_options([fd = socket_.get(), ipv6 = is_ipv6(target)](void* handle) {
            const int duplicate = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
            static_cast<Tcp::socket*>(handle)->assign(ipv6 ? Tcp::v6() : Tcp::v4(), duplicate);
        });
        return config;
    }

    web::http::http_request request_for(const ControlTarget& target, const std::string& path) {
        web::http::http_request request(web::http::methods::GET);
        request.set_request_uri(path);
        request.headers().add("Host", target.authority);
        request.headers().add("User-Agent", "roundhouse");
        const ControlLogin& login = target.login;
        if (!login.api_key.empty()) request.headers().add("X-API-Key", login.api_key);
        if (!login.username.empty()) request.headers().add("Authorization", basic_header(login));
        request.set_response_stream(body_.create_ostream());
        return request;
    }

    ControlReply reply_from(const pplx::task<web::http::http_response>& whole) {
        ControlReply reply;
        try {
            const web::http::http_response response = whole.get();
            if (received() > longest_reply_bytes) return failure();
            reply.status = response.status_code();
            response.headers().match("Location", reply.location);
            const auto size = static_cast<std::size_t>(body_.getpos(std::ios_base::out));
            reply.body.assign(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(size));
            return reply;
        } catch (const std::exception&) {
            // The library's message is about its internals; the received bytes say more.
            return failure();
        }
    }

    ControlReply failure() const {
        const std::uint64_t bytes = received();
        if (bytes > longest_reply_bytes) {
            return no_reply(ReplyProblem::broken,
                            "sends more than 64 KiB, which Gluetun never does; check the port");
        }
        // The end of the connection counts as one byte.
        if (bytes > 1) {
            return no_reply(ReplyProblem::broken,
                            "sends something that is no whole HTTP reply; check the port");
        }
        return no_reply(ReplyProblem::unreachable,
                        "does not answer: " +
                            advice_on_silence(ip_, own_networks(),
                                              "nothing listens there; check that Gluetun runs "
                                              "(docker logs), and compare controlServer.port with "
                                              "its HTTP_CONTROL_SERVER_ADDRESS"));
    }

    std::string ip_;
    UniqueFd socket_;
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(longest_reply_bytes);
    concurrency::streams::rawptr_buffer<std::uint8_t> body_{memory_.data(), memory_.size(),
                                                            std::ios_base::out};
    web::http::client::http_client client_;
};

ControlTransfers::ControlTransfers(ControlTarget target, Instant deadline)
    : target_(std::move(target)), deadline_(deadline), replies_(std::make_shared<ReplyQueue>()) {}

ControlTransfers::~ControlTransfers() {
    for (const auto& [id, exchange] : pending_) {
        exchange->shut_down();
    }
}

void ControlTransfers::start(int id, const std::string& path) {
    try {
        start_threads();
        const auto exchange = std::make_shared<Exchange>(target_, deadline_);
        pending_[id] = exchange;
        Exchange::start(exchange, target_, path, [id, replies = replies_](ControlReply reply) {
            replies->push({id, std::move(reply)});
        });
    } catch (const std::exception&) {
        replies_->push({id, no_reply(ReplyProblem::unreachable,
                                     "could not be asked; check roundhouse's limits of memory, "
                                     "threads and open files")});
    }
}

std::optional<ControlTransfers::Ended> ControlTransfers::wait() {
    while (true) {
        const Instant next_check = steady_clock::now() + check_period;
        if (auto ended = replies_->pop(std::min(deadline_, next_check))) {
            pending_.erase(ended->id);
            return ended;
        }
        if (steady_clock::now() >= deadline_) return std::nullopt;
        for (const auto& [id, exchange] : pending_) {
            if (exchange->received() > longest_reply_bytes) exchange->shut_down();
        }
    }
}

}  // namespace roundhouse
