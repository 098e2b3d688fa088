// Forwarded ports: which engine may hold which, and whose turn it is to follow a change.
//
// Providers are known to move the port every minute or so; following each move would be an outage
// of our own making. So a running engine is replaced for a port only when that port has been
// reported for `stableFor`, and, behind one gateway, at most as often in any `minInterval` as it
// has forwarded ports. That is counted from what the engines' labels and creation times say.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/classify.h"
#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// Why a gateway's forwarded ports are in use, or are not.
enum class PortUse {
    held,          // each has an engine that listens on it, as far as there are engines
    not_held,      // an engine that is being made or replaced will take it
    settling,      // reported for less than stableFor
    held_back,     // engines were replaced for a port less than minInterval ago
    rotating,      // moves so often that it is not followed each time
    none,          // Gluetun forwards no port
    unauthorized,  // this and the next three: why Gluetun could not be asked
    unsupported,
    unreachable,
    malformed,
    gateway_not_ready,
    in_pool_range,  // it is one of the pool's own ports, of an engine that cannot use it for P2P
};

// So many other ports within ten minutes are no single event any more.
inline constexpr int many_port_changes = 3;

// "Held", "Settling" ...
std::string_view to_string(PortUse use);

struct PortOutlook {
    std::string gateway;
    PortUse use = PortUse::held;
    std::string message;

    bool operator==(const PortOutlook&) const = default;
};

// Whether the control server told which ports there are, be it none.
bool ports_known(const GatewayView& gateway);

// Whether an engine in `slot` may listen on `port` for P2P: not when it is another engine's port,
// or its own for something else, by the pool's ranges.
bool may_hold(const EnginePool& pool, int port, int slot);

// Whether the gateway publishes any of the pool's HTTP ports; else every slot may be behind it.
bool publishes_some(const EnginePool& pool, const GatewayView& gateway);

// The port that all engines behind `gateway` share: the one that most listen on already, else the
// first; none that lies inside the pool's ranges. `listeners` tells how many listen on a port.
std::optional<int> shared_port(const EnginePool& pool, const GatewayView& gateway,
                               const std::function<std::ptrdiff_t(int)>& listeners);

// Whether `engine`, behind `gateway`, listens on a forwarded port: where nobody can say which there
// are, on the one that it was given.
bool holds_forwarded_port(const EngineView& engine, const GatewayView* gateway);

// Turns those of the kept engines into outdated ones that are to be replaced now for a forwarded
// port, and notes with others when it is their turn by time alone. `verdicts` are those of
// `seen.engines`, in their order. Tells of each declared gateway, in the observation's order;
// nothing where forwarded ports are ignored.
std::vector<PortOutlook> follow_forwarded_ports(const EnginePool& pool, const Observation& seen,
                                                Time now, std::vector<Verdict>& verdicts);

}  // namespace roundhouse
