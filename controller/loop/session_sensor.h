// Who uses the engines: their sessions, from the socket tables of their namespaces, and for how
// long there have been none; whether anything listens on their P2P ports; and for how long a
// voluntary step has been wanted for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "loop/clock.h"
#include "loop/gateway_sighting.h"
#include "loop/own_connections.h"
#include "loop/runtime.h"
#include "loop/socket_tables.h"
#include "loop/workers.h"

namespace roundhouse {

// One thread: the loop's.
class SessionSensor {
  public:
    // The arguments must outlive the sensor.
    SessionSensor(Runtime& runtime, Workers& workers, SocketTables& tables,
                  const OwnConnections& own, const Clock& clock)
        : runtime_(runtime), workers_(workers), tables_(tables), own_(own), clock_(clock) {}

    // Fills in EngineView::usage, usage_unknown, p2p_listens, p2p_unheard_for and wished_for, as
    // last measured. Of an engine that came since then there has been no session.
    void recall(std::vector<EngineView>& engines);

    // Whether to measure before this plan is carried out. Always, if it takes serving engines away
    // or wants to; else once in half a check interval, and while there are no sessions only when
    // connections have come or gone, or 50 s are over: the kernel remembers connections that end
    // for 60 s. Other steps do not wait for that, unless the last measure is five check intervals
    // old.
    bool is_due(const Plan& plan, Duration check_interval) const;

    // As recall(), but first reads one table for each gateway, and one for each engine that has a
    // namespace of its own. What was known of an engine holds for a minute more when its table
    // cannot be read.
    void measure(const std::vector<GatewaySighting>& gateways, std::vector<EngineView>& engines);

    // Notes for which engines the plan of a round wants a voluntary step.
    void note_wishes(const Plan& plan);

  private:
    // What is known of one engine.
    struct Subject {
        bool known = false;   // its table was read, at `last_look` for the last time
        std::string unknown;  // why not; empty: it is known, or nobody has looked
        Monotonic last_look{};
        Monotonic listed_at{};
        int sessions = 0;
        // When a session was last there, or may have been.
        Monotonic last_use{};
        bool never_used = false;
        // What ended before it came was its predecessor's, which had the same port.
        Monotonic came_at = Monotonic::min();
        std::set<Endpoint> half_closed;   // at the last look: they are no new use
        std::optional<bool> p2p_listens;  // nullopt: the last table could not be read
        // It has answered over HTTP since then, and nothing listened on its P2P port.
        std::optional<Monotonic> unheard_since;
    };
    // A namespace, and the engines that listen in it.
    struct Home {
        ContainerProcess process;
        std::string unknown;  // why its process is not known; empty: it is
        std::vector<EngineView*> engines;
    };

    std::vector<Home> homes_of(const std::vector<GatewaySighting>& gateways,
                               std::vector<EngineView>& engines);
    void find_processes(std::vector<Home>& own);
    void note_listed(const std::vector<EngineView>& engines);
    void learn(const EngineView& engine, const std::vector<SocketRow>& rows, Monotonic now);
    static void learn_p2p(Subject& subject, const EngineView& engine,
                          const std::vector<SocketRow>& rows, Monotonic now);
    void miss(const EngineView& engine, const std::string& why, Monotonic now);
    bool is_own(const SocketRow& row) const;

    Runtime& runtime_;
    Workers& workers_;
    SocketTables& tables_;
    const OwnConnections& own_;
    const Clock& clock_;
    bool has_looked_ = false;
    Monotonic listed_at_{};  // the last list
    std::optional<Monotonic> measured_at_;
    std::vector<std::pair<ContainerProcess, std::string>> counts_;  // of sockets, just before that
    std::map<std::string, Subject> subjects_;                       // by the engine's id
    std::map<std::string, std::int64_t> pids_;       // of engines with a namespace of their own
    std::map<std::string, Monotonic> wished_since_;  // by the engine's id
};

}  // namespace roundhouse
