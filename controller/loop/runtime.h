// The port to the container runtime, in our own values. The Docker client implements it for real;
// tests implement it over a world in memory. Both must pass test/contract.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/launch.h"
#include "core/observation.h"
#include "loop/result.h"

namespace roundhouse {

// One row of the list of a pool's containers.
struct ContainerListing {
    std::string id;
    std::string name;  // without Docker's leading slash
    EngineState state = EngineState::created;
    std::map<std::string, std::string> labels;
    std::string network_mode;
    std::string address;  // the first IP that Docker lists; empty for a namespace joiner
    std::string image;
    Time created_at{};
};

// One container in full, as a gateway is looked at.
struct GatewayContainer {
    enum class Health { none, starting, healthy, unhealthy };

    std::string id;
    std::string started_at;  // as Docker writes it
    bool running = false;    // paused and restarting are not running
    std::string state;       // Docker's word, for messages: "exited", "paused" ...
    Health health = Health::none;
    std::string address;  // first IP by network name; "127.0.0.1" in the host's own network
    std::set<int> published_tcp_ports;
};

struct NameHolder {
    std::string id;
    std::string name;
    std::map<std::string, std::string> labels;
};

// What happened to some container. Only a hint to look again.
struct RuntimeEvent {
    std::string action;  // "die", "start", "health_status: healthy" ...
    std::string container_name;
    std::string container_id;
    std::map<std::string, std::string> labels;
};

// Every call may be made from any thread, several at once. Every call ends within a deadline of its
// own (given at each call) and never throws. Faults, unless a call says more: `unavailable` when
// the daemon did not answer in time or understandably, `rejected` when it refused.
class Runtime {
  public:
    virtual ~Runtime() = default;

    // All containers that carry the label roundhouse.pool=<pool>, running or not, in any order.
    // Whole or a fault: a listing that cannot be read to its end is `unavailable`. 10 s.
    virtual Result<std::vector<ContainerListing>> list_pool(const std::string& pool) = 0;

    // How a container that does not run came to stand still; nullopt when it is gone. 10 s.
    virtual Result<std::optional<EngineEnd>> inspect_end(const std::string& id) = 0;

    // A container by its exact name; nullopt when there is none. 10 s.
    virtual Result<std::optional<GatewayContainer>> inspect_gateway(const std::string& name) = 0;

    // Every container whose name starts with `prefix`, whoever owns it. For seeing which names are
    // taken; never for choosing what to act on. 10 s.
    virtual Result<std::vector<NameHolder>> list_names(const std::string& prefix) = 0;

    // Whether the daemon holds the image. 10 s.
    virtual Result<bool> has_image(const std::string& image) = 0;

    // Creates, and does not start. Returns the id. `conflict`: the name is taken; `gone`: the image
    // is not there; `rejected`: the daemon does not accept the request. 30 s.
    virtual Result<std::string> create(const EngineRequest& request) = 0;

    // Starting a running container is no fault. `gone`: the container is no more; `conflict`: the
    // gateway is gone or does not run; `rejected`: it cannot be started. 30 s.
    virtual Result<void> start(const std::string& id) = 0;

    // Asks it to end, kills it after `grace`. A container that does not run, or is gone, is no
    // fault. `grace` + 15 s.
    virtual Result<void> stop(const std::string& id, Duration grace) = 0;

    // Kills it if it runs and removes it with its anonymous volumes. A container that is gone is no
    // fault. `conflict`: a removal is already under way. 30 s.
    virtual Result<void> remove(const std::string& id) = 0;

    // Pulls an image. `progress` gets short lines ("layer 3 of 7, 41 MB") from the calling thread,
    // at most one a second. Ends early, `cancelled`, when `stop` is requested; `unavailable` when
    // nothing arrives for 60 s. `rejected` when the registry refuses.
    virtual Result<void> pull(const std::string& image,
                              const std::function<void(const std::string&)>& progress,
                              std::stop_token stop) = 0;

    // Calls `on_open` once the stream of container events is open, then `on_event` for each event,
    // from the calling thread, until `stop` is requested (`cancelled`) or the stream breaks
    // (`unavailable`). Missed events are not replayed.
    virtual Result<void> follow_events(const std::function<void()>& on_open,
                                       const std::function<void(const RuntimeEvent&)>& on_event,
                                       std::stop_token stop) = 0;
};

}  // namespace roundhouse
