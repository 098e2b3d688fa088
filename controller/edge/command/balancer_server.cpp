#include "edge/command/balancer_server.h"

#include "edge/system/machine_name.h"
#include "edge/text/host_name.h"

namespace roundhouse {

BalancerHosts balancer_hosts(const Environment& environment) {
    const auto own = runs_in_container() ? std::nullopt : host_of(machine_name());
    return {environment.balancer_host, own.value_or("")};
}

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
