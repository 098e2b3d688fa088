#include "edge/gluetun/client.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/host_port.h"
#include "edge/gluetun/answers.h"
#include "edge/gluetun/route_search.h"
#include "edge/gluetun/silence.h"
#include "edge/gluetun/transfers.h"
#include "edge/system/secret_file.h"

namespace roundhouse {

namespace {

using std::chrono::steady_clock;

Result<ControlLogin> read_login(const ControlServer& server) {
    ControlLogin login;
    const bool basic = server.api_key_file.empty();
    const std::string& file = basic ? server.password_file : server.api_key_file;
    if (file.empty()) return login;
    auto secret = read_secret(file);
    if (!secret) return secret.fault();
    if (basic) {
        login.username = server.username;
        login.password = std::move(secret.value());
    } else {
        login.api_key = std::move(secret.value());
    }
    return login;
}

SentLogin kind_of(const ControlLogin& login) {
    if (!login.api_key.empty()) return SentLogin::api_key;
    return login.username.empty() ? SentLogin::none : SentLogin::password;
}

// The route searches of one read(), side by side: one that hangs does not delay the others.
class RouteSearches {
  public:
    RouteSearches(std::string gateway, const GluetunSettings& settings, ControlTarget target,
                  steady_clock::time_point deadline)
        : gateway_(std::move(gateway)),
          settings_(settings),
          ip_(target.ip),
          searches_{RouteSearch(routes_[0], target.authority),
                    RouteSearch(routes_[1], target.authority),
                    RouteSearch(routes_[2], target.authority)},
          transfers_(std::move(target), deadline) {}

    void run() {
        for (std::size_t i = 0; i < searches_.size(); ++i) {
            send_request(i);
        }
        while (pending_ > 0) {
            auto ended = transfers_.wait();
            if (!ended) return time_out();
            --pending_;
            const auto i = static_cast<std::size_t>(ended->id);
            add_reply(i, std::move(ended->reply));
            if (searches_[i].next_path() != nullptr) send_request(i);
        }
    }

    GatewayReading reading(AskedServer server) const {
        for (std::size_t i = 0; i < searches_.size(); ++i)
            note_access(server, routes_[i], searches_[i].replies());
        return {.forwarded_ports = forwarded_ports_from(searches_[0].replies(), server),
                .vpn_status = vpn_status_from(searches_[1].replies().back()),
                .vpn_detail = vpn_detail_from(searches_[1].replies().back(), server),
                .public_ip = public_ip_from(searches_[2].replies().back()),
                .is_on_its_network = is_on_network_of(ip_, own_networks())};
    }

  private:
    void send_request(std::size_t i) {
        started_[i] = steady_clock::now();
        ++pending_;
        transfers_.start(static_cast<int>(i), *searches_[i].next_path());
    }

    void add_reply(std::size_t i, ControlReply reply) {
        if (settings_.on_request) {
            const auto took =
                std::chrono::duration_cast<Duration>(steady_clock::now() - started_[i]);
            settings_.on_request({gateway_, reply.status, took});
        }
        searches_[i].add_reply(std::move(reply));
    }

    void time_out() {
        const ControlReply late = no_reply_in_time();
        for (std::size_t i = 0; i < searches_.size(); ++i) {
            if (searches_[i].next_path() == nullptr) continue;
            ControlReply reply = late;
            if (reply.problem == ReplyProblem::late) {
                reply.detail += ", but not " + routes_[i][searches_[i].replies().size()] +
                                " within " + format_duration(settings_.deadline) +
                                ": see Gluetun's log";
            }
            add_reply(i, std::move(reply));
        }
    }

    // Where one route is answered, the network is well.
    ControlReply no_reply_in_time() const {
        for (std::size_t i = 0; i < searches_.size(); ++i) {
            const auto& replies = searches_[i].replies();
            const bool answered = !replies.empty() && replies.back().problem == ReplyProblem::none;
            if (!answered) continue;
            return no_reply(ReplyProblem::late, "answers " + routes_[i][replies.size() - 1]);
        }
        return no_reply(ReplyProblem::unreachable,
                        "gives no whole reply within " + format_duration(settings_.deadline) +
                            ": " + advice_on_silence(ip_, own_networks(), "see Gluetun's log"));
    }

    std::string gateway_;
    const GluetunSettings& settings_;
    std::string ip_;
    // Newest first, for the forwarded ports, the VPN's status and the public IP.
    std::array<std::vector<std::string>, 3> routes_{forwarded_ports_routes(), vpn_status_routes(),
                                                    public_ip_routes()};
    std::array<RouteSearch, 3> searches_;
    std::array<steady_clock::time_point, 3> started_{};
    int pending_ = 0;
    ControlTransfers transfers_;
};

// A reading without any request.
GatewayReading reading_with(ForwardedPortsAnswer answer) {
    GatewayReading reading;
    reading.forwarded_ports = std::move(answer);
    return reading;
}

GatewayReading reading_with(const AskedServer& server, ControlReply reply) {
    return reading_with(forwarded_ports_from({std::move(reply)}, server));
}

GatewayReading unreachable(const AskedServer& server, std::string why) {
    return reading_with(server, no_reply(ReplyProblem::unreachable, std::move(why)));
}

}  // namespace

GluetunClient::GluetunClient(GluetunSettings settings) : settings_(std::move(settings)) {}

GatewayReading GluetunClient::read(const GatewaySpec& gateway, const std::string& address) try {
    const auto deadline = steady_clock::now() + settings_.deadline;
    const int port = gateway.control_server.port;
    AskedServer server{gateway.container, host_port(address, port)};
    auto login = read_login(gateway.control_server);
    if (!login) return reading_with(unusable_key_answer(server, login.fault().message));
    server.sent = kind_of(login.value());

    if (address.empty()) {
        return unreachable(server, "has no address that Docker knows: set controlServer.address");
    }
    auto ip = names_.find(address, deadline);
    if (!ip) {
        return unreachable(
            server, "cannot be found: " + ip.fault().message + "; check controlServer.address");
    }
    RouteSearches searches(
        gateway.container, settings_,
        {std::move(ip.value()), port, server.authority, std::move(login.value())}, deadline);
    searches.run();
    return searches.reading(server);
} catch (const std::exception&) {
    return reading_with(
        AskedServer{gateway.container, host_port(address, gateway.control_server.port)},
        not_asked());
}

}  // namespace roundhouse
