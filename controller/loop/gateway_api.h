// The port to a gateway's control server, where Gluetun reports on its VPN.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// What a gateway's control server answered in one round. Each answer is one of a closed set.
struct GatewayReading {
    ForwardedPortsAnswer forwarded_ports;
    VpnStatus vpn_status = VpnStatus::unknown;
    // If Gluetun answers and the status is unknown: why, and what to do. Else empty.
    std::string vpn_detail;
    // nullopt: no answer. Empty: Gluetun answered that it does not know (VPN down, or look-ups of
    // the public IP are off).
    std::optional<std::string> public_ip;
    // The address is in a network of this controller's; true as well if that is not known.
    bool is_on_its_network = true;

    bool operator==(const GatewayReading&) const = default;
};

// Any thread, several at once. Never throws.
class GatewayApi {
  public:
    virtual ~GatewayApi() = default;

    // Asks the control server of `gateway`, at `address` (an IP or a name) and the port of the
    // spec, for its forwarded ports, the VPN's status and the public IP. Returns within 2 s,
    // whatever the server does; answers that are missing by then are unreachable or unknown, as all
    // are when `address` is empty.
    virtual GatewayReading read(const GatewaySpec& gateway, const std::string& address) = 0;
};

}  // namespace roundhouse
