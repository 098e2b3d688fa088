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
#include "edge/system/unique_fd.h"

namespace roundhouse {

namespace {

using std::chrono::steady_clock;
using Tcp = boost::asio::ip::tcp;

constexpr std::size_t longest_reply_bytes = std::size_t{64} << 10U;
// Slows a flood down; Gluetun's replies are smaller.
constexpr int receive_buffer_bytes = 16384;
// cpprestsdk's own time limit comes only after our deadline: its errors do not tell what was late.
constexpr auto grace_period = std::chrono::milliseconds(500);
// How often the size of what has arrived is looked at. Between two looks a flood costs memory.
constexpr auto watch_period = std::chrono::milliseconds(5);

// cpprestsdk starts 40 threads unless it is told otherwise before its first use.
void start_threads() {
    static const bool started = [] {
        crossplat::threadpool::initialize_with_threads(2);
        return true;
    }();
    static_cast<void>(started);
}

// The URL parser wants IPv6 addresses in brackets, and the resolver behind it chokes on them. Put
// together from parts, the URL holds the bare address.
web::uri base_of(const ControlTarget& target) {
    web::uri_builder builder;
    builder.set_scheme("http").set_host(target.ip).set_port(target.port);
    return builder.to_uri();
}

bool is_ipv6(const ControlTarget& target) {
    return target.ip.find(':') != std::string::npos;
}

// cpprestsdk would make this header from its own credentials too, but loses memory each time.
std::string basic_header(const ControlLogin& login) {
    const std::string text = login.username + ":" + login.password;
    return "Basic " + utility::conversions::to_base64({text.begin(), text.end()});
}

}  // namespace

// Where replies arrive, from cpprestsdk's threads.
class ControlTransfers::Mailbox {
  public:
    void put(Ended ended) {
        const std::lock_guard lock(mutex_);
        ended_.push_back(std::move(ended));
        filled_.notify_all();
    }

    std::optional<Ended> take(Instant until) {
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

// One request. Kept alive by whoever waits for it and by its continuation in cpprestsdk, which
// writes to its memory until the very end.
class ControlTransfers::Exchange {
  public:
    // Throws when there is no socket to be had.
    explicit Exchange(const ControlTarget& target, Instant deadline)
        : socket_(::socket(is_ipv6(target) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
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
                on_end(self->conclude(whole));
            });
    }

    // Ends it soon, from any thread. A connection that is still being made ends by its time limit.
    void hang_up() const { ::shutdown(socket_.get(), SHUT_RDWR); }

    std::uint64_t arrived_bytes() const { return received_bytes(socket_.get()); }

  private:
    web::http::client::http_client_config configuration(const ControlTarget& target,
                                                        Instant deadline) const {
        web::http::client::http_client_config config;
        const auto left = std::max(deadline - steady_clock::now(), steady_clock::duration::zero());
        config.set_timeout(left + grace_period);
        config.set_max_redirects(0);
        // cpprestsdk owns and closes a duplicate: ours counts its bytes, and hangs up.
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

    ControlReply conclude(const pplx::task<web::http::http_response>& whole) {
        ControlReply reply;
        try {
            const web::http::http_response response = whole.get();
            if (arrived_bytes() > longest_reply_bytes) return failure();
            reply.status = response.status_code();
            response.headers().match("Location", reply.location);
            const auto size = static_cast<std::size_t>(body_.getpos(std::ios_base::out));
            reply.body.assign(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(size));
            return reply;
        } catch (const std::exception&) {
            // The library's words are about its own insides; what arrived tells more.
            return failure();
        }
    }

    ControlReply failure() const {
        const std::uint64_t bytes = arrived_bytes();
        if (bytes > longest_reply_bytes) {
            return no_reply(ReplyProblem::broken,
                            "sends more than 64 KiB, which Gluetun never does; check the port");
        }
        // The end of the connection counts as one.
        if (bytes > 1) {
            return no_reply(ReplyProblem::broken,
                            "sends something that is no whole HTTP reply; check the port");
        }
        return no_reply(ReplyProblem::unreachable,
                        "does not answer: nothing listens there, or no route leads there; check "
                        "that Gluetun runs, that roundhouse is on one of its networks, and "
                        "controlServer.port");
    }

    UniqueFd socket_;
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(longest_reply_bytes);
    concurrency::streams::rawptr_buffer<std::uint8_t> body_{memory_.data(), memory_.size(),
                                                            std::ios_base::out};
    web::http::client::http_client client_;
};

ControlTransfers::ControlTransfers(ControlTarget target, Instant deadline)
    : target_(std::move(target)), deadline_(deadline), mailbox_(std::make_shared<Mailbox>()) {}

ControlTransfers::~ControlTransfers() {
    for (const auto& [ticket, exchange] : under_way_) {
        exchange->hang_up();
    }
}

void ControlTransfers::begin(int ticket, const std::string& path) {
    try {
        start_threads();
        const auto exchange = std::make_shared<Exchange>(target_, deadline_);
        under_way_[ticket] = exchange;
        Exchange::start(exchange, target_, path, [ticket, mailbox = mailbox_](ControlReply reply) {
            mailbox->put({ticket, std::move(reply)});
        });
    } catch (const std::exception&) {
        mailbox_->put({ticket, no_reply(ReplyProblem::unreachable,
                                        "could not be asked; check roundhouse's limits of memory, "
                                        "threads and open files")});
    }
}

std::optional<ControlTransfers::Ended> ControlTransfers::wait() {
    while (true) {
        const Instant next_look = steady_clock::now() + watch_period;
        if (auto ended = mailbox_->take(std::min(deadline_, next_look))) {
            under_way_.erase(ended->ticket);
            return ended;
        }
        if (steady_clock::now() >= deadline_) return std::nullopt;
        for (const auto& [ticket, exchange] : under_way_) {
            if (exchange->arrived_bytes() > longest_reply_bytes) exchange->hang_up();
        }
    }
}

}  // namespace roundhouse
