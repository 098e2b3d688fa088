// Reads the replies of Gluetun's control server: replies in, a closed set of answers out. Pure.
//
// Shapes by version (internal/server of Gluetun at the tags named):
//   up to v3.38      {"port":N}, 0 when there is none
//   v3.39 - v3.41    {"port":N}, and {"ports":[a,b]} without "port" for two or more
//   later            {"port":N,"ports":[...]}; "ports" may be null
// Gluetun guesses the content type of each reply from its text, so it means nothing here. Bodies
// end with a newline.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "edge/gluetun/reply.h"

namespace roundhouse {

enum class SentLogin { none, api_key, password };

// The control server, as messages name it, and whom it let in. Holds no secret.
struct AskedServer {
    std::string gateway;    // container name
    std::string authority;  // "172.17.0.2:8000"
    SentLogin sent = SentLogin::none;
    bool answered_some = false;            // of the questions of one reading
    std::vector<std::string> denied = {};  // "GET /v1/vpn/status": 401 or 403

    bool operator==(const AskedServer&) const = default;
};

// The routes of each question, in the order in which to try them.
std::vector<std::string> forwarded_ports_routes();
std::vector<std::string> vpn_status_routes();
std::vector<std::string> public_ip_routes();

// `replies`: of one RouteSearch over forwarded_ports_routes(), at least one. A port of 0 or null
// means none; a number outside 0..65535, a fraction or a string makes the whole answer malformed.
ForwardedPortsAnswer forwarded_ports_from(const std::vector<ControlReply>& replies,
                                          const AskedServer& server);

// `unknown` unless the reply is one of Gluetun's words.
VpnStatus vpn_status_from(const ControlReply& reply);

// What to do if the server answered and the status is `unknown`; else empty.
std::string vpn_detail_from(const ControlReply& reply, const AskedServer& server);

// nullopt: no answer, or not an IP. Empty: Gluetun does not know its IP.
std::optional<std::string> public_ip_from(const ControlReply& reply);

// `server`, and what became of one more question, which `routes` may answer: its replies.
void note_access(AskedServer& server, const std::vector<std::string>& routes,
                 const std::vector<ControlReply>& replies);

// The answer if no request was sent because the key cannot be used; `why` is a whole sentence.
ForwardedPortsAnswer unusable_key_answer(const AskedServer& server, const std::string& why);

}  // namespace roundhouse
