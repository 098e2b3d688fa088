#include "edge/command/balancer_server.h"

namespace roundhouse {

bool start_balancer(Server& server, const std::optional<HostPort>& address, Balancer& balancer,
                    Journal& journal) {
    if (!address) return true;
    const auto listening = server.listen(
        *address, [&balancer](const Request& request) { return balancer.handle(request); });
    if (!listening) {
        journal.record(
            {Severity::error, "cannot start the balancer", {{"error", listening.fault().message}}});
        return false;
    }
    journal.record(
        {Severity::info, "balancer listens for players", {{"address", server.address()}}});
    return true;
}

}  // namespace roundhouse
