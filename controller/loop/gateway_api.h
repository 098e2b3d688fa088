// The port to a gateway's control server: what Gluetun itself says of its VPN.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// What a gateway's control server said in one round. Each answer is one of a closed set.
struct GatewayReading {
    ForwardedPortsAnswer forwarded_ports;
    VpnStatus vpn_status = VpnStatus::unknown;
    // Why the status is unknown although Gluetun answers, and what to do; else empty.
    std::string vpn_detail;
    // nullopt: not answered. Empty: Gluetun answered that it does not know (VPN down, or look-ups
    // of the public IP are off).
    std::optional<std::string> public_ip;
};

// Any thread, several at once. Never throws.
class GatewayApi {
  public:
    virtual ~GatewayApi() = default;

    // Asks the control server of `gateway`, at `address` (an IP or a name) and the port of the
    // spec, for its forwarded ports, the VPN's status and the public IP. Ends within 2 s in all,
    // whatever the other side does; what was not answered by then is unreachable or unknown. So is
    // everything when `address` is empty.
    virtual GatewayReading read(const GatewaySpec& gateway, const std::string& address) = 0;
};

}  // namespace roundhouse
