// What Docker is asked to create for one engine: the template with this engine's slot, ports and
// gateway filled in. Plain values, no JSON.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// Where one engine goes. `gateway` is empty in a pool without gateways.
struct Placement {
    int slot = 0;
    std::string gateway;
    Incarnation incarnation;
    EnginePorts ports;
    bool takes_forwarded_port = false;  // ports.p2p is a port that the VPN forwards
    bool followed = false;  // and a serving engine gave way for it: that has to stay rare
    // For so long it is not created, for a forwarded port that is expected.
    Duration waits_for_port{0};
    int failures = 0;  // consecutive ones of the engines before it in this slot

    bool operator==(const Placement&) const = default;
};

struct EngineRequest {
    std::string name;
    std::string image;
    std::vector<std::string> entrypoint;  // empty: the image's own
    std::vector<std::string> command;     // empty: the image's own
    std::vector<std::string> env;         // "NAME=value"
    KeyValues labels;
    // "container:<64 hex>" whenever the pool has gateways, else the name of a Docker network.
    std::string network_mode;
    std::vector<int> published_tcp_ports;  // same number on the host; none behind a gateway
    std::vector<int> published_udp_ports;
    std::string publish_address;     // of the host; empty: all
    std::vector<std::string> binds;  // "source:/target[:options]"
    KeyValues tmpfs;                 // target -> options
    Resources resources;
    std::string user;
    Logging logging;
    Duration stop_timeout{0};

    bool operator==(const EngineRequest&) const = default;
};

// The bases of the engines behind `gateway`: its own where the spec gives it some, else the pool's,
// as for a gateway that the spec does not name, and in a pool without gateways ("").
PortBases bases_behind(const EnginePool& pool, const std::string& gateway);

// The ports of a slot where no forwarded port is involved: base + slot.
EnginePorts ports_of_slot(const PortBases& bases, int slot);

// What clients dial to reach an engine: its gateway's host; without gateways its own name, which
// Docker resolves on networks that users made. On Docker's "bridge", which has no names, it is the
// address of the published port, 127.0.0.1 if that is every address.
std::string host_of(const EnginePool& pool, const std::string& gateway, const std::string& engine);

// What shows the log of an engine: "docker logs acestream-0".
std::string log_command(const EnginePool& pool, const std::string& engine, int slot);

EngineRequest make_engine_request(const EnginePool& pool, const Placement& placement);

// What $(NAME) in a template may name, besides the variables of its own env. The first
// `exported_variables` are environment variables of the engine, too.
std::vector<std::string> engine_variable_names();
inline constexpr std::size_t exported_variables = 5;

// Kubernetes' $(NAME) expansion: known names are replaced, unknown references stay as they are,
// "$$(" is a literal "$(".
std::string expand_references(const std::string& text, const KeyValues& variables);

}  // namespace roundhouse
