#include "edge/pod/gateway_health.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "edge/client/transfers.h"

namespace roundhouse {

namespace {

using Health = GatewayContainer::Health;

constexpr const char* here = "127.0.0.1";
constexpr std::chrono::seconds patience{1};
constexpr int well = 200;

HttpReply reply_of(int port, bool connect_only) {
    HttpTransfers transfers;
    HttpRequest request;
    request.url = std::string("http://") + here + ":" + std::to_string(port) + "/";
    request.connect_timeout = request.timeout = patience;
    request.connect_only = connect_only;
    transfers.begin(std::move(request));
    std::vector<HttpReply> replies;
    while (replies.empty())
        replies = transfers.wait(patience);
    return replies.front();
}

}  // namespace

Health ask_gateway_health(int health_port, int control_port) {
    const int status = reply_of(health_port, false).status;
    if (status != 0) return status == well ? Health::healthy : Health::unhealthy;
    const bool listens = reply_of(control_port, true).problem == HttpProblem::none;
    return listens ? Health::none : Health::unhealthy;
}

}  // namespace roundhouse
