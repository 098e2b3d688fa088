// An EnginePool as plain values: valid, and complete with every default. No code that gets one has
// to check it again, since the parser builds no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"

namespace roundhouse {

using namespace std::chrono_literals;

// Keys with values, in the order of the spec.
using KeyValues = std::vector<std::pair<std::string, std::string>>;

enum class PullPolicy { if_not_present, always, never };
enum class PortAssignment { exclusive, shared, none };

// How to reach Gluetun's control server. Holds the paths of secrets, never the secrets.
struct ControlServer {
    int port = 8000;
    std::string address;  // empty: the gateway's own IP as Docker reports it
    std::string api_key_file;
    std::string username;
    std::string password_file;

    bool operator==(const ControlServer&) const = default;
};

// First port of each range; the engine in slot n listens on base + n.
struct PortBases {
    int http = 19000;
    int https = 20000;
    int api = 21000;
    int p2p = 22000;

    bool operator==(const PortBases&) const = default;
};

struct GatewaySpec {
    std::string container;  // container name
    std::string host;       // what clients connect to; by default the container's name
    ControlServer control_server;
    PortBases ports{0, 0, 0, 0};  // of the engines behind it; 0: as in EnginePool::ports

    bool operator==(const GatewaySpec&) const = default;
};

struct ForwardedPortSpec {
    PortAssignment assign = PortAssignment::exclusive;
    Duration stable_for = 20s;
    Duration min_interval = 5min;
    // How long one new engine waits for a port that its ready gateway is to forward.
    Duration wait_for = 30s;

    bool operator==(const ForwardedPortSpec&) const = default;
};

// How long sessions hold up voluntary steps.
struct DrainSpec {
    Duration timeout = 30min;  // since the step is wanted; 0: they do not
    Duration idle_for = 15s;   // so long without a session: not in use

    bool operator==(const DrainSpec&) const = default;
};

struct ProbeSpec {
    std::string path = "/webui/api/service?method=get_version";
    Duration period = 5s;
    Duration timeout = 2s;
    int failure_threshold = 3;
    Duration startup_timeout = 60s;

    bool operator==(const ProbeSpec&) const = default;
};

// 0 means no limit.
struct Resources {
    std::int64_t memory_bytes = 0;
    std::int64_t nano_cpus = 0;
    std::int64_t pids = 0;

    bool operator==(const Resources&) const = default;
};

// An empty driver means the daemon's default.
struct Logging {
    std::string driver;
    KeyValues options;

    bool operator==(const Logging&) const = default;
};

struct EngineTemplate {
    std::string image = "ghcr.io/krinkuto11/acestream-http-proxy:latest";
    PullPolicy pull_policy = PullPolicy::if_not_present;
    std::string registry_auth_file;    // a Docker config.json
    std::vector<std::string> command;  // replaces the image's entrypoint when not empty
    std::vector<std::string> args;     // replaces the image's arguments when not empty
    KeyValues env;
    std::vector<std::string> volumes;  // "source:/target[:options]"
    std::vector<std::string> tmpfs;    // "/target[:options]"
    Resources resources;
    std::string user;
    KeyValues labels;
    Logging logging;
    Duration stop_timeout = 5s;
    ProbeSpec probe;
    // What filled in command, args and env (core/engine_image); empty: the spec alone.
    std::string preset;

    bool operator==(const EngineTemplate&) const = default;
};

struct EnginePool {
    std::string name;
    int replicas = 0;
    // Slots are 0 .. this - 1. Never above MAX_ACTIVE_REPLICAS if that variable is set.
    int max_active_replicas = 20;
    std::vector<GatewaySpec> gateways;  // empty exactly if `network` is not empty
    std::string network;
    std::string publish;       // the address of published ports, without gateways; empty: all
    bool publish_p2p = false;  // besides the HTTP port
    PortBases ports;
    ForwardedPortSpec forwarded_port;
    bool restart_engines_on_reconnect = true;
    // Engines are restarted for reconnects at most once in this time.
    Duration reconnect_min_interval = 5min;
    Duration failover_after = 60s;
    Duration check_interval = 5s;
    int max_unavailable = 1;
    DrainSpec drain;
    EngineTemplate engine_template;
    // Not from a spec: its engines run in a Pod's containers, engine-0 for slot 0.
    bool in_pod = false;

    bool operator==(const EnginePool&) const = default;
};

}  // namespace roundhouse
