// Forwarded ports: which engine may hold which, and whose turn it is to follow a change.
//
// Providers are known to move the port every minute or so; following each move would be an outage
// of our own making. So a running engine is replaced for a port only when that port has been
// reported for `stableFor`, and, behind one gateway, at most as often in any `minInterval` as it
// has forwarded ports. That is counted from what the engines' labels and creation times say. The
// first port of a gateway that started, or whose VPN reconnected, is no move, and is not counted.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "core/port_ledger.h"
#include "core/reason.h"
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
    unauthorized,  // this and the next four: why Gluetun could not be asked
    lacks_route,
    unsupported,
    unreachable,
    malformed,
    gateway_not_ready,
    in_pool_range,  // it is one of the pool's own ports, of an engine that cannot use it for P2P
    closed,         // the engine that was given it does not listen on it
};

// So many other ports within ten minutes are no single event any more.
inline constexpr int many_port_changes = 3;

// "Held", "Settling" ...
std::string_view to_string(PortUse use);

struct Step;

struct PortOutlook {
    std::string gateway;
    PortUse use = PortUse::held;
    std::string message;

    bool operator==(const PortOutlook&) const = default;
};

// Whether the control server said which ports there are, be it none.
bool ports_known(const GatewayView& gateway);

// Whether an engine in `slot` behind `gateway` may listen on `port` for P2P: not when it is another
// engine's port, or its own for something else, by the ranges of that gateway's engines.
bool may_hold(const EnginePool& pool, const std::string& gateway, int port, int slot);

// Whether the gateway publishes the HTTP port of any slot; else every slot may be behind it.
bool publishes_some(const EnginePool& pool, const GatewayView& gateway);

// Whether `engine`, behind `gateway`, listens on a forwarded port: where nobody can say which there
// are, on the one that it was given.
bool holds_forwarded_port(const EngineView& engine, const GatewayView* gateway);

// A voluntary step that would be good for an engine. Not a fate: the engine does well without it.
struct Wish {
    Reason reason = Reason::up_to_date;
    std::string message;
    std::optional<Time> due;  // it is granted then at the earliest; nullopt: now
    int port = 0;             // the forwarded port that it is for; 0: none
};

// The wishes for the forwarded ports of one gateway, and a summary for users.
struct PortWishes {
    PortOutlook outlook;
    std::map<const EngineView*, Wish> wishes;
};

// Which engines should follow a forwarded port of `gateway`. `kept` are the engines that may: of
// the gateway's present incarnation, as declared, and free of other plans. `ports` knows what the
// plan has given out, in `steps`. `others_come`: an engine will be created anyway, sooner or later.
PortWishes wishes_for_ports(const EnginePool& pool, const Observation& seen,
                            const GatewayView& gateway, const PortLedger& ports,
                            const std::vector<const EngineView*>& kept,
                            const std::vector<Step>& steps, bool others_come, Time now);

}  // namespace roundhouse
