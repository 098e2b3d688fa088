// Remembers of each gateway what only time can tell: since when it has (not) been ready, since when
// each forwarded port has been reported, and when its VPN last connected anew. Ages, and one state:
// a VPN that was down when last asked stays down for a lost reply. What is seen first is never a
// change, and every start of a gateway's container begins anew. What is not known contradicts
// nothing.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "loop/clock.h"

namespace roundhouse {

// One thread: the loop's.
class GatewaySensor {
  public:
    // Fills in the ages of `gateways`, in which all else is as the look and the control servers
    // have it, and makes those unready whose VPN was down a moment ago and cannot be asked now. A
    // gateway that is seen for the first time has an age of zero. Returns the names of those that
    // report other forwarded ports than before.
    std::vector<std::string> measure(std::vector<GatewayView>& gateways, Monotonic now);

  private:
    // What is known of one run of a gateway's container.
    struct Run {
        Incarnation incarnation;
        bool unhealthy = false;                     // by Docker, when last seen
        VpnStatus vpn_status = VpnStatus::unknown;  // last known
        Monotonic vpn_status_at{};                  // and when
        std::string public_ip;                      // last known
        std::optional<Monotonic> returning_since;   // its VPN is back, as far as is known
        std::deque<Monotonic> reconnects;           // lately
        std::optional<Monotonic> reconnected;
        std::optional<std::map<int, Monotonic>> ports;  // last known -> since when
        std::vector<int> last_ports;                    // the last that there were
        std::deque<Monotonic> port_changes;             // lately
    };
    struct Memory {
        std::optional<Monotonic> ready_since;
        std::optional<Monotonic> not_ready_since;
        Run run;
    };

    static void recall_vpn_status(Run& run, GatewayView& gateway, Monotonic now);
    static void measure_readiness(Memory& memory, GatewayView& gateway, Monotonic now);
    // Whether the ports are other ones than before.
    static bool measure_ports(Run& run, GatewayView& gateway, Monotonic now);
    static void measure_reconnects(Run& run, GatewayView& gateway, Monotonic now);
    static bool came_back(Run& run, const GatewayView& gateway);
    static bool has_returned(const Run& run, const GatewayView& gateway, Monotonic now);

    std::map<std::string, Memory> memory_;
};

}  // namespace roundhouse
