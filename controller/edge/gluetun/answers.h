// What Gluetun's control server says, as values: replies in, a closed set of answers out. Pure.
//
// Shapes by version (internal/server of Gluetun at the tags named):
//   up to v3.38      {"port":N}, 0 when there is none
//   v3.39 - v3.41    {"port":N}, and {"ports":[a,b]} without "port" for two or more
//   later            {"port":N,"ports":[...]}; "ports" may be null
// Every reply is sniffed text, so its content type tells nothing; bodies end with a newline.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "edge/gluetun/reply.h"

namespace roundhouse {

enum class SentLogin { none, api_key, password };

// What details name. Holds no secret.
struct AskedServer {
    std::string gateway;    // container name
    std::string authority;  // "172.17.0.2:8000"
    SentLogin sent = SentLogin::none;

    bool operator==(const AskedServer&) const = default;
};

// Routes in the order in which they are to be asked.
std::vector<std::string> forwarded_ports_routes();
std::vector<std::string> vpn_status_routes();
std::vector<std::string> public_ip_routes();

// `replies`: of one inquiry into forwarded_ports_routes(), at least one. 0 and null mean "none";
// a number outside of 0..65535, a fraction or a text makes the whole answer malformed.
ForwardedPortsAnswer forwarded_ports_from(const std::vector<ControlReply>& replies,
                                          const AskedServer& server);

// Anything but one of Gluetun's own words is `unknown`.
VpnStatus vpn_status_from(const ControlReply& reply);

// What to do where an answered question for the status gives `unknown`; else empty.
std::string vpn_detail_from(const ControlReply& reply, const AskedServer& server);

// nullopt: not answered, or not with an IP. Empty: Gluetun does not know it.
std::optional<std::string> public_ip_from(const ControlReply& reply);

// The answer when nothing was asked, because `why` (a whole sentence) keeps the key from being
// sent.
ForwardedPortsAnswer unusable_key_answer(const AskedServer& server, const std::string& why);

}  // namespace roundhouse
