#include "edge/pod/gateway_health.h"

#include <chrono>
#include <string>
#include <vector>

#include "edge/client/connect_check.h"
#include "edge/client/transfers.h"

namespace roundhouse {

namespace {

using Health = GatewayContainer::Health;

constexpr const char* here = "127.0.0.1";
constexpr std::chrono::seconds patience{1};
constexpr int well = 200;

// 0: no reply.
int status_of_health_server(int port) {
    HttpTransfers transfers;
    HttpRequest request;
    request.url = std::string("http://") + here + ":" + std::to_string(port) + "/";
    request.connect_timeout = request.timeout = patience;
    transfers.begin(std::move(request));
    std::vector<HttpReply> replies;
    while (replies.empty())
        replies = transfers.wait(patience);
    return replies.front().status;
}

}  // namespace

Health ask_gateway_health(int health_port, int control_port) {
    const int status = status_of_health_server(health_port);
    if (status != 0) return status == well ? Health::healthy : Health::unhealthy;
    const auto control = ConnectCheck().ask({{here, control_port}});
    return control.front() == PortAnswer::listens ? Health::none : Health::unhealthy;
}

}  // namespace roundhouse
