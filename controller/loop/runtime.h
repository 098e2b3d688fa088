// The port to the container runtime, in the core's own values. The Docker client implements it, and
// so does a fake in memory for tests. Both must pass test/contract.
#pragma once

#include <cstdint>
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

// One row of the list of engines.
struct ContainerListing {
    std::string id;
    std::string name;  // without Docker's leading slash
    EngineState state = EngineState::created;
    std::map<std::string, std::string> labels;
    Network network;      // not known where the row does not tell it, as with Podman
    std::string address;  // the first IP that Docker lists; empty in another's namespace
    std::string image;
    Time created_at{};
    // What in its row cannot be understood; empty: nothing. The other values are then those that
    // could be read: perhaps no more than its id, its name, or its labels.
    std::string unreadable = {};
};

// What an inspection of a gateway's container says.
struct GatewayContainer {
    enum class Health { none, starting, healthy, unhealthy };

    std::string id;
    std::string started_at;  // as Docker writes it
    std::int64_t pid = 0;    // of its first process, where Docker runs; 0: it tells none
    bool running = false;    // false while paused or restarting
    std::string state;       // Docker's word, for messages: "exited", "paused" ...
    Health health = Health::none;
    std::string error = {};     // Docker's words on why it could not be started; empty: it could
    std::int64_t restarts = 0;  // by Docker, for its restart policy
    // Of a health check that has not run yet, what is between two runs.
    std::optional<Duration> first_check_after = {};
    // Each IP that it has, IPv4 first, by network name; "127.0.0.1" in the host's own network.
    std::vector<std::string> addresses = {};
    std::set<int> published_tcp_ports;
    std::map<int, HostPort> host_ports = {};  // as GatewayView::host_ports
    bool asks_for_port = false;  // its environment tells Gluetun to have a port forwarded
};

struct CreatedContainer {
    std::string id;
    std::vector<std::string> warnings;  // Docker's: what is otherwise than it was asked for
};

struct NameHolder {
    std::string id;
    std::string name;
    std::map<std::string, std::string> labels;
    std::string image = {};
    Network network = {};  // not known where the row does not tell it
};

struct PullRequest {
    std::string image;
    std::string registry_auth_file = {};  // a Docker config.json with credentials; empty: none

    bool operator==(const PullRequest&) const = default;
};

// An event about some container. Only a hint to look again.
struct RuntimeEvent {
    std::string action;  // "die", "start", "health_status: healthy" ...
    std::string container_name;
    std::string container_id;
    std::map<std::string, std::string> labels;
};

// Any thread may make any call, several at once. Every call ends within its own deadline (given at
// each call) and never throws. Faults, unless a call says more: `unavailable` when the daemon gave
// no answer in time or an unreadable one, `rejected` when it answered with an error.
class Runtime {
  public:
    virtual ~Runtime() = default;

    // Whom the calls reach, as the daemon said when it was last asked. Makes no call.
    virtual RuntimeView about() = 0;

    // All containers that carry the label roundhouse.pool, whatever its value, running or not, in
    // any order. All of it or a fault: a list that cannot be read to its end, or that holds a
    // container without the label, is `unavailable`. A row that cannot be understood is listed with
    // what can be read of it. 10 s.
    virtual Result<std::vector<ContainerListing>> list_engines() = 0;

    // How a container that does not run has ended; nullopt when it is gone. 5 s.
    virtual Result<std::optional<EngineEnd>> inspect_end(const std::string& id) = 0;

    // The last lines that a container wrote, running or not, oldest first: at most five, of at most
    // 200 bytes, in UTF-8 without control characters, and without_values() of `hidden`. Empty when
    // it wrote none, is gone, or keeps no log that can be read. 5 s.
    virtual Result<std::vector<std::string>> last_lines(const std::string& id,
                                                        const KeyValues& hidden) = 0;

    // The network of a container whose row does not have it; nullopt when it is gone. Later lists
    // tell it. 5 s.
    virtual Result<std::optional<Network>> inspect_network(const std::string& id) = 0;

    // The first process of a container, where Docker runs; nullopt when the container is gone, 0
    // when it does not run. 5 s.
    virtual Result<std::optional<std::int64_t>> inspect_pid(const std::string& id) = 0;

    // A container by its exact name; nullopt when there is none. 5 s for each of at most three
    // calls.
    virtual Result<std::optional<GatewayContainer>> inspect_gateway(const std::string& name) = 0;

    // Every container whose name starts with `prefix`, whatever its owner; "": all. Shows which
    // names there are; never use it to choose a container to act on. 10 s.
    virtual Result<std::vector<NameHolder>> list_names(const std::string& prefix) = 0;

    // Whether the daemon holds the image. 5 s.
    virtual Result<bool> has_image(const std::string& image) = 0;

    // Creates a container without starting it. `conflict`: the name is taken;
    // `gone`: the image does not exist; `rejected`: the daemon does not accept the request;
    // `unavailable`: also when the id in the reply is not that of a container of this name. 35 s.
    virtual Result<CreatedContainer> create(const EngineRequest& request) = 0;

    // Starting a running container is no fault. `gone`: the container does not exist; `conflict`:
    // the gateway is gone or does not run, and never is it started, too; `rejected`: the container
    // cannot be started. 30 s: after that the fault has `timed_out`, and Docker may still start the
    // container.
    virtual Result<void> start(const std::string& id) = 0;

    // Asks the container to end, and kills it after `grace`. No fault if it does not run or is
    // gone. `grace` + 15 s.
    virtual Result<void> stop(const std::string& id, Duration grace) = 0;

    // Removes the container, running or not, with its anonymous volumes. No fault if it is gone.
    // `conflict`: a removal is already under way; `rejected`: also when the container is still
    // there after Docker said that it was removed. 35 s.
    virtual Result<void> remove(const std::string& id) = 0;

    // Pulls an image. Calls `progress` on the calling thread with short lines ("layer 3 of 7, 41
    // MB"), at most once a second. `cancelled`: `stop` was requested; `unavailable`: nothing was
    // received for 60 s; `rejected`: the registry denies the pull, or the credentials cannot be
    // read.
    virtual Result<void> pull(const PullRequest& request,
                              const std::function<void(const std::string&)>& progress,
                              std::stop_token stop) = 0;

    // Calls `on_open` once the stream of container events is open, then `on_event` for each event,
    // on the calling thread, until `stop` is requested (`cancelled`) or the stream breaks
    // (`unavailable`). Missed events are not replayed.
    virtual Result<void> follow_events(const std::function<void()>& on_open,
                                       const std::function<void(const RuntimeEvent&)>& on_event,
                                       std::stop_token stop) = 0;
};

}  // namespace roundhouse
