// What one look at the world saw. A look that did not get the whole list of engines has failed, and
// leaves no Observation. Any other answer that is missing makes one engine, one gateway or the
// image unknown, and no more.
//
// Facts that take time to know (how long a gateway has not been ready, how often a probe failed)
// come as ages from sensors; nothing in here compares two looks.
//
// Words for how well an engine does, each stronger than the one before:
//   answers    its last probe was answered (ProbeView::answered_last)
//   serves     it runs and answers, or failed fewer probes than the threshold since it answered
//   ready      it serves, and its gateway is ready; nobody else listens on its port
//   available  it counts for the rollout budget: ready, or out of this controller's reach for good
// Words for P2P ports:
//   forwarded  the VPN provider forwards the port to the gateway, as its control server reports it
//   held       an engine that is there was made with that port
//   assigned   the plan gives the port to an engine that is to be created
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/failures.h"
#include "core/host_port.h"
#include "core/time.h"

namespace roundhouse {

// A gateway's life between two starts. Engines belong to the incarnation they were made for: after
// a restart (same id) or a re-creation (new id) the namespace they joined is gone.
struct Incarnation {
    std::string id;          // 64 hex digits
    std::string started_at;  // as Docker writes it, nanoseconds and all: compared, never computed

    bool operator==(const Incarnation&) const = default;
};

// What Gluetun's control server says of the VPN (GET /v1/vpn/status).
enum class VpnStatus {
    unknown,  // not answered, or not understood
    starting,
    running,
    stopping,
    stopped,
    crashed,
    completed,
};

// How the question for the forwarded ports was answered. Only `ports` ever changes an engine.
enum class PortsAnswerKind {
    ports,         // there are some
    none,          // asked and answered: none (yet)
    unauthorized,  // 401 or 403, and no other question was answered either
    lacks_route,   // 401 or 403, but the same login reads other routes: its role lacks this one
    unsupported,   // no such route: a Gluetun that forwards no ports, or not Gluetun at all
    unreachable,   // no answer in time
    malformed,     // an answer that cannot be understood
};

struct ForwardedPortsAnswer {
    PortsAnswerKind kind = PortsAnswerKind::unreachable;
    std::vector<int> ports;  // 1..65535, ascending, each once; not empty exactly for `ports`
    std::string detail;      // for the user: what happened, where, and what to do; holds no secret

    bool operator==(const ForwardedPortsAnswer&) const = default;
};

// Paused: its container is; the namespace lives on, and nothing in it answers. Unknown: Docker gave
// no answer about it that can be used. Nothing is placed there, and its engines stay as they are.
enum class GatewayState { missing, stopped, paused, starting, unhealthy, ready, unknown };

struct GatewayView {
    std::string name;
    // false: the spec does not name it (any more), but engines say that they were made for it.
    bool declared = true;
    GatewayState state = GatewayState::missing;
    std::string detail;  // a sentence's end that says why it is in this state; empty when ready
    // In the state `unknown` these four are as last known.
    Incarnation incarnation;
    std::string address;                // where its namespace can be dialled; empty when unknown
    std::set<int> published_tcp_ports;  // container ports published on the host
    // By container port, where on the host: an empty host is every address of it.
    std::map<int, HostPort> host_ports;

    // What its control server said in this round; nothing when it was not asked.
    VpnStatus vpn_status = VpnStatus::unknown;
    std::string vpn_detail;                // why it is unknown although Gluetun answers
    std::optional<std::string> public_ip;  // empty: Gluetun says that it does not know
    ForwardedPortsAnswer ports_answer;

    // What takes time to know: by a monotonic clock, since this controller looks.
    Duration not_ready_for{0};
    Duration missing_for{0};
    Duration ready_for{0};
    // Each port of `ports_answer`, and how long it has been reported without being contradicted.
    std::map<int, Duration> reported_for;
    // Those of them that were the first since the gateway started, or its VPN reconnected.
    std::set<int> first_ports;
    // A port may come after the gateway is ready: its settings ask for one, or it had one before.
    bool expects_port = false;
    // How long ago it was ready after a start or a reconnect: a port may come for a while then.
    Duration port_awaited_for{0};
    int port_changes = 0;  // how often other ports were reported, in the last ten minutes
    std::optional<Duration> reconnected_ago;  // its VPN's latest reconnect, if one was seen
    // A later reconnect was seen, and engines are not restarted for it before this time is over.
    std::optional<Duration> next_rotation_in;
    // Ports on which something listens that no list shows. They are asked from outside: the HTTP
    // ports of slots before an engine is created there, and known strangers in every look.
    std::set<int> strangers_ports;
    // Where there are such ports: the containers that share its network and are no engines.
    std::vector<std::string> guests = {};

    bool operator==(const GatewayView&) const = default;
};

// "a process that is not ours, perhaps of container torrents": who listens on strangers_ports.
std::string describe_stranger(const GatewayView& gateway);

// The daemon that runs the containers, as it named itself.
struct RuntimeView {
    std::string name;         // "Docker", "Podman"; empty: not known yet
    std::string version;      // "20.10.24"
    std::string api_version;  // of its API, the version that is spoken: "1.41"
    // It keeps a container as long as another one is there that joined its namespace.
    bool pins_gateways = false;

    bool operator==(const RuntimeView&) const = default;
};

// "Podman 4.3.1, API 1.41"; empty while it is not known.
std::string describe(const RuntimeView& runtime);

// Where a container has its network. It never changes.
struct Network {
    std::string joins = {};  // the id of the container whose namespace it joined; empty: none
    std::string name = {};   // else its own network, as Docker names it: "bridge"

    bool is_known() const { return !joins.empty() || !name.empty(); }
    bool operator==(const Network&) const = default;
};

// "network bridge", "the network of container 0123456789ab"
std::string describe(const Network& network);

// As Docker names them.
enum class EngineState { created, running, paused, restarting, removing, exited, dead };

// How an engine came to stand still. Known for engines that are not running.
struct EngineEnd {
    int exit_code = 0;
    bool out_of_memory = false;
    std::string start_error;          // Docker's own words when it could not be started
    std::optional<Time> finished_at;  // nullopt: never ran
    bool removal_under_way = false;   // by us or by anybody else

    bool operator==(const EngineEnd&) const = default;
};

// What the probe sensor knows of one engine since this controller looks at it.
struct ProbeView {
    bool answered_ever = false;
    bool answered_last = false;
    // Consecutive probes without a good answer. A connection attempt that nothing replied to is
    // one of them only where something else in the namespace replied right after it.
    int failures = 0;
    // The last probe met silence, and so did whatever else was asked in the namespace: it says
    // nothing about the engine.
    bool unreachable = false;
    Duration failing_for{0};  // since the first of the consecutive failures
    std::string detail;       // what the last probe met; empty when it was answered

    // Of its P2P port: how often in a row a connection was refused, and since when.
    int p2p_refusals = 0;
    Duration p2p_refused_for{0};

    bool probed() const { return answered_ever || failures > 0 || unreachable; }
    bool operator==(const ProbeView&) const = default;
};

// How an engine is used, as the socket table of its network namespace shows. This controller's own
// connections do not count.
struct UsageView {
    int sessions = 0;  // established connections to its HTTP port
    // Since the last session ended; where none was seen, since this controller began to look. 0
    // while there are some.
    Duration idle_for{0};
    // No session since it was created: the controller has looked all the time.
    bool never_used = false;

    bool operator==(const UsageView&) const = default;
};

// What a person asked the controller to do with an engine, once it is idle.
enum class DrainRequest {
    none,
    remove,   // the pool runs with one engine fewer
    replace,  // by a new one in its slot
};

// The ports an engine was made with, from its labels.
struct EnginePorts {
    int http = 0;
    int https = 0;
    int api = 0;
    int p2p = 0;

    bool contain(int port) const {
        return port == http || port == https || port == api || port == p2p;
    }
    bool operator==(const EnginePorts&) const = default;
};

struct EngineView {
    std::string id;
    std::string name;
    // nullopt: the labels cannot be read, so that nobody knows whose container it is. Never
    // touched.
    std::optional<int> slot;
    EngineState state = EngineState::created;
    Network network;
    std::string address;  // its own IP in a pool without gateways
    std::string image;
    std::string gateway;  // by its present name, where it was renamed
    Incarnation incarnation;
    std::string template_hash;
    EnginePorts ports;
    bool made_with_forwarded_port = false;  // ports.p2p was forwarded then
    bool followed = false;  // it took the place of an engine that served, for that port
    int failures = 0;
    Time created_at{};
    std::optional<EngineEnd> end;
    // Why Docker's answer about it cannot be used; empty: it can. Such an engine is left as it is,
    // and counted. `slot` is empty, too, if neither label nor name shows it.
    std::string unknown;
    ProbeView probe;
    std::optional<UsageView> usage = std::nullopt;  // nullopt: not known
    // Why its sessions are not known, and what to do; empty: they are, or nobody asked.
    std::string usage_unknown = {};
    // Whether something listens on its P2P port, as the same table shows; nullopt: not known. And
    // for how long it has answered over HTTP while nothing did.
    std::optional<bool> p2p_listens = std::nullopt;
    Duration p2p_unheard_for{0};
    // For how long a voluntary step has been wanted for it (Decision::wished); 0: not, or since
    // just now.
    Duration wished_for{0};
    DrainRequest drain_request = DrainRequest::none;
    // That it wrote before it failed, oldest first, cleaned; empty: none are known.
    std::vector<std::string> last_lines = {};

    bool operator==(const EngineView&) const = default;
};

// The image as the puller (a sensor) and a look at the daemon know it.
struct ImageView {
    bool present = true;
    // Why Docker's last answer does not show whether it is present; empty: it does. If it does not,
    // a create is tried.
    std::string unknown = {};
    bool pulling = false;
    int pull_failures = 0;                    // consecutive
    Duration since_last_failure{0};           // meaningful when pull_failures > 0
    std::string failure = {};                 // what the last of these said
    std::optional<Duration> since_last_pull;  // since the last pull that succeeded
    std::string progress = {};                // of the pull under way

    bool operator==(const ImageView&) const = default;
};

// What went wrong with steps without leaving a trace on a container, counted by the step runner.
struct Trouble {
    int failures = 0;  // consecutive
    Duration since_last_failure{0};
    std::string detail;  // what the last attempt said

    bool operator==(const Trouble&) const = default;
};

// A container of another pool, in some gateway's network namespace. Never touched.
struct NeighbourView {
    std::string id;
    std::string name;
    std::string pool;        // whose engine it is
    std::string gateway_id;  // whose namespace it joined
    EnginePorts ports;
    Time created_at{};

    bool operator==(const NeighbourView&) const = default;
};

// A step that has not ended yet. What a look shows of its slot cannot be relied on.
struct StepInFlight {
    bool leaving = false;         // ends without an engine in the slot
    std::string gateway;          // where the new engine goes, unless it leaves
    EnginePorts ports;            // that it will have there
    std::string gateway_id = {};  // of that gateway's container, which may have another name by now
    std::string engine_id = {};   // of the engine that it starts or takes away; empty: none

    bool operator==(const StepInFlight&) const = default;
};

// The spec's template, by which no engine can be created.
struct TemplateRefusal {
    std::string message;        // Docker's words, and the field to change where they show it
    bool has_stand_in = false;  // the last template that Docker accepted is in service instead
    bool awaits_image = false;  // its image could not be pulled, and that is tried again

    bool operator==(const TemplateRefusal&) const = default;
};

struct Observation {
    // The spec's gateways in its order, then those that only engines still name.
    std::vector<GatewayView> gateways;
    std::vector<EngineView> engines;              // every container that carries our pool's label
    std::map<int, StepInFlight> steps_in_flight;  // by slot; the container's state is in between
    // By slot: calls that failed (a refused create), and steps that succeeded and did not help,
    // because the next look found the new engine in need of the same step.
    std::map<int, Trouble> troubles;
    // By the container's id: it could not be stopped or removed. Its slot is not held back.
    std::map<std::string, Trouble> failed_removals = {};
    // By slot: how long ago this controller created an engine there, by a clock that never jumps.
    std::map<int, Duration> created_ago;

    // Only looked at in rounds that would create an engine; before that, the best is assumed.
    ImageView image;
    std::map<int, std::string> foreign_names;  // by slot: a stranger holds its name
    // Why they could not be read from Docker's last answer; empty: they could.
    std::string names_unknown = {};

    std::vector<NeighbourView> neighbours = {};  // running engines of other pools
    // By slot: what Docker warned of when this controller created the engine that is there.
    std::map<int, std::string> create_warnings = {};
    std::optional<TemplateRefusal> template_refusal = std::nullopt;
    RuntimeView runtime = {};
    int stood_down = 0;  // so many engines fewer are wanted: DrainRequest::remove
    FailureRun failures = {};

    bool operator==(const Observation&) const = default;
};

// As users read them, and Docker and Gluetun spell them: "running", "unhealthy", "crashed".
std::string_view to_string(EngineState state);
std::string_view to_string(GatewayState state);
std::string_view to_string(VpnStatus status);

}  // namespace roundhouse
