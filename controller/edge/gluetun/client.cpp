#include "edge/gluetun/client.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/host_port.h"
#include "edge/gluetun/answers.h"
#include "edge/gluetun/route_search.h"
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

// All questions of one read(), side by side: what hangs holds up only itself.
class Interview {
  public:
    Interview(std::string gateway, const GluetunSettings& settings, ControlTarget target,
              steady_clock::time_point deadline)
        : gateway_(std::move(gateway)),
          settings_(settings),
          inquiries_{GluetunInquiry(forwarded_ports_routes(), target.authority),
                     GluetunInquiry(vpn_status_routes(), target.authority),
                     GluetunInquiry(public_ip_routes(), target.authority)},
          transfers_(std::move(target), deadline) {}

    void run() {
        for (std::size_t i = 0; i < inquiries_.size(); ++i) {
            ask(i);
        }
        while (under_way_ > 0) {
            auto ended = transfers_.wait();
            if (!ended) return give_up();
            --under_way_;
            const auto i = static_cast<std::size_t>(ended->ticket);
            take(i, std::move(ended->reply));
            if (inquiries_[i].path() != nullptr) ask(i);
        }
    }

    GatewayReading reading(const AskedServer& server) const {
        return {.forwarded_ports = forwarded_ports_from(inquiries_[0].replies(), server),
                .vpn_status = vpn_status_from(inquiries_[1].replies().back()),
                .vpn_detail = vpn_detail_from(inquiries_[1].replies().back(), server),
                .public_ip = public_ip_from(inquiries_[2].replies().back())};
    }

  private:
    void ask(std::size_t i) {
        begun_[i] = steady_clock::now();
        ++under_way_;
        transfers_.begin(static_cast<int>(i), *inquiries_[i].path());
    }

    void take(std::size_t i, ControlReply reply) {
        if (settings_.on_request) {
            const auto took = std::chrono::duration_cast<Duration>(steady_clock::now() - begun_[i]);
            settings_.on_request({gateway_, reply.status, took});
        }
        inquiries_[i].take(std::move(reply));
    }

    void give_up() {
        for (std::size_t i = 0; i < inquiries_.size(); ++i) {
            if (inquiries_[i].path() == nullptr) continue;
            take(i, no_reply(ReplyProblem::unreachable,
                             "gives no whole reply within " + format_duration(settings_.deadline) +
                                 "; check that roundhouse is on one of Gluetun's networks, and "
                                 "Gluetun's log"));
        }
    }

    std::string gateway_;
    const GluetunSettings& settings_;
    std::array<GluetunInquiry, 3> inquiries_;
    std::array<steady_clock::time_point, 3> begun_{};
    int under_way_ = 0;
    ControlTransfers transfers_;
};

// Nothing could be asked.
GatewayReading only(ForwardedPortsAnswer answer) {
    GatewayReading reading;
    reading.forwarded_ports = std::move(answer);
    return reading;
}

GatewayReading unreachable(const AskedServer& server, const std::string& why) {
    return only(forwarded_ports_from({no_reply(ReplyProblem::unreachable, why)}, server));
}

}  // namespace

GluetunClient::GluetunClient(GluetunSettings settings) : settings_(std::move(settings)) {}

GatewayReading GluetunClient::read(const GatewaySpec& gateway, const std::string& address) {
    const auto deadline = steady_clock::now() + settings_.deadline;
    const int port = gateway.control_server.port;
    AskedServer server{gateway.container, host_port(address, port)};
    auto login = read_login(gateway.control_server);
    if (!login) return only(unusable_key_answer(server, login.fault().message));
    server.sent = kind_of(login.value());

    if (address.empty()) {
        return unreachable(server,
                           "has no address that Docker knows: name one as controlServer.address");
    }
    auto ip = names_.find(address, deadline);
    if (!ip) {
        return unreachable(
            server, "cannot be found: " + ip.fault().message + "; check controlServer.address");
    }
    Interview interview(gateway.container, settings_,
                        {std::move(ip.value()), port, server.authority, std::move(login.value())},
                        deadline);
    interview.run();
    return interview.reading(server);
}

}  // namespace roundhouse
