// Who uses which port in one gateway's network namespace, and which forwarded port the next engine
// there gets. Everybody counts: our engines, those that the plan creates, engines of other pools,
// strangers that were seen from outside, and the gateway's own control server.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

struct PortUser {
    enum class Kind {
        ours,   // an engine of this pool, there or being created
        other,  // everybody else: waiting does not help
    };

    Kind kind = Kind::ours;
    std::string id;    // of an engine that is there; else empty
    std::string name;  // "acestream-2", "container other-0 of pool other"
};

class PortLedger {
  public:
    // Of the namespace of `gateway`, which is null in a pool without gateways: there every engine
    // has a namespace of its own, and the ports of the ledger are the host's. Both arguments must
    // outlive the ledger.
    PortLedger(const EnginePool& pool, const GatewayView* gateway);

    // An engine of ours that is there.
    void add(const EngineView& engine);
    // An engine of ours that is being created.
    void add(const EnginePorts& ports, const std::string& name);
    void add(const NeighbourView& neighbour);
    // An engine of ours that may be here, on ports that are not known.
    void add_unknown() { one_is_unknown_ = true; }

    // The first user of `port` besides the engine `leaving_id`; null where there is none.
    const PortUser* user_of(int port, std::string_view leaving_id = {}) const;
    // What keeps an engine in `slot` from its ports, once the engine `leaving_id` has left: the
    // port and its user; nullopt: nothing.
    struct Clash {
        int port = 0;
        const PortUser* user = nullptr;
    };
    std::optional<Clash> clash_of(int slot, std::string_view leaving_id = {}) const;

    // The forwarded port that an engine created in `slot` gets, in place of `leaving` where that is
    // not null; nullopt: its own P2P port. `leaving` keeps a port that is still forwarded, and any
    // port while it is not known which ports are. Of free ports `wished` comes first, then the one
    // that was reported for longest.
    std::optional<int> forwarded_port(int slot, const EngineView* leaving, int wished = 0) const;
    // Forwarded ports that certainly nobody listens on, longest reported first.
    std::vector<int> free_forwarded_ports() const;
    // The port that all engines here share (assign: shared): the one that most hold, else the
    // first.
    std::optional<int> shared_port() const;
    // How long the control server has reported the port.
    Duration reported_for(int port) const;

  private:
    void add_user(int port, PortUser user);

    bool may_hold_here(int port, int slot) const;

    const EnginePool& pool_;
    const GatewayView* gateway_;
    std::string gateway_name_;  // empty in a pool without gateways
    PortBases bases_;           // of the engines here
    std::map<int, std::vector<PortUser>> users_;
    // Forwarded ports, and how many of our engines were made with them.
    std::map<int, int> holders_;
    bool one_is_unknown_ = false;  // it may listen on any forwarded port
};

}  // namespace roundhouse
