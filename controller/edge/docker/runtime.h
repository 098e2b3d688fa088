// The Runtime over the Docker Engine API, versions 1.41 (Docker 20.10) to 1.51, of Docker and of
// Podman 4.3 and later.
//
// Where Podman differs: its lists do not tell networks, so each container is inspected once, and
// its network remembered as long as it is listed; and it starts a gateway that stands still
// together with an engine, so gateways are looked at before each start.
//
// Behind a socket proxy it needs: VERSION; CONTAINERS with POST for create, start, stop and DELETE
// for remove; IMAGES with POST for pulls; EVENTS. The fault names a call that the proxy forbids.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge/docker/connection.h"
#include "edge/docker/container_names.h"
#include "loop/runtime.h"

namespace roundhouse {

// How an operation ended.
struct DockerCallEnd {
    DockerOperation operation;
    std::optional<FaultKind> fault;  // nullopt: success
    std::chrono::duration<double> took{};
};

// The time limits of calls, and a hook for measuring them.
struct DockerSettings {
    Duration connect = std::chrono::seconds(10);
    Duration list = std::chrono::seconds(10);
    Duration inspect = std::chrono::seconds(5);
    Duration change = std::chrono::seconds(30);       // create, start, remove
    Duration after_grace = std::chrono::seconds(15);  // stop: on top of the grace period
    Duration pull_idle = std::chrono::seconds(60);    // longest time without a byte of a pull
    // Called at the end of each operation except follow_events, in the thread of the caller. May be
    // empty.
    std::function<void(const DockerCallEnd&)> on_call_end = {};
};

class DockerRuntime : public Runtime {
  public:
    // Connects to the daemon at the first call, not before.
    explicit DockerRuntime(DockerEndpoint endpoint, DockerSettings settings = {});

    RuntimeView about() override { return connection_.about(); }
    Result<std::vector<ContainerListing>> list_engines() override;
    Result<std::optional<EngineEnd>> inspect_end(const std::string& id) override;
    Result<std::vector<std::string>> last_lines(const std::string& id,
                                                const KeyValues& hidden) override;
    Result<std::optional<Network>> inspect_network(const std::string& id) override;
    Result<std::optional<std::int64_t>> inspect_pid(const std::string& id) override;
    Result<std::optional<GatewayContainer>> inspect_gateway(const std::string& name) override;
    Result<std::vector<NameHolder>> list_names(const std::string& prefix) override;
    Result<bool> has_image(const std::string& image) override;
    Result<CreatedContainer> create(const EngineRequest& request) override;
    Result<void> start(const std::string& id) override;
    Result<void> stop(const std::string& id, Duration grace) override;
    Result<void> remove(const std::string& id) override;
    Result<void> pull(const PullRequest& request,
                      const std::function<void(const std::string&)>& progress,
                      std::stop_token stop) override;
    Result<void> follow_events(const std::function<void()>& on_open,
                               const std::function<void(const RuntimeEvent&)>& on_event,
                               std::stop_token stop) override;

  private:
    using Gateway = std::optional<GatewayContainer>;

    // The container with that id; nullopt when there is none, or when it has another name.
    Result<Gateway> inspect_gateway(const std::string& name, const std::string& id);
    // A fault where the start of the container would start its gateway, too.
    Result<void> expect_running_gateway(const std::string& id);
    void note_network(const std::string& id, const Network& network);
    // Fills in networks that were noted, and forgets those of containers that are gone.
    void add_known_networks(std::vector<ContainerListing>& listing);
    // nullopt when no container has the name.
    Result<std::optional<std::string>> find_id(const std::string& name);
    // What `read` makes of the reply; nullopt when there is no container with that id.
    template <class Read>
    auto inspect_engine(const std::string& id, const Read& read);
    // Makes the call and returns what `read` makes of the reply.
    template <class Read>
    auto ask(const DockerCall& call, const Read& read);
    // Returns the result of `work`, and reports it as the end of the operation.
    template <class Work>
    auto measure(DockerOperation operation, const Work& work);

    const DockerSettings settings_;
    DockerConnection connection_;

    ContainerNames names_;

    std::mutex mutex_;                                // guards what follows
    std::map<std::string, std::string> gateway_ids_;  // by name, as last seen
    std::map<std::string, Network> networks_;         // by container id
};

}  // namespace roundhouse
