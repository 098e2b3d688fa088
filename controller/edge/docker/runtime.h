// The Runtime over the Docker Engine API, versions 1.41 (Docker 20.10) to 1.51.
//
// Behind a socket proxy it needs: VERSION; CONTAINERS with POST for create, start, stop and DELETE
// for remove; IMAGES with POST for pulls; EVENTS. A refused call is named in the fault.
//
// Registry credentials are not sent: an image of a private registry has to be on the engine before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edge/docker/connection.h"
#include "loop/runtime.h"

namespace roundhouse {

// How long each kind of call may take. Tests make them short.
struct DockerDeadlines {
    Duration connect = std::chrono::seconds(10);
    Duration look = std::chrono::seconds(10);           // lists and inspects
    Duration change = std::chrono::seconds(30);         // create, start, remove
    Duration after_grace = std::chrono::seconds(15);    // stop: on top of the grace
    Duration pull_patience = std::chrono::seconds(60);  // longest silence of a pull
};

class DockerRuntime : public Runtime {
  public:
    // Touches nothing yet: the daemon is first spoken to by the first call.
    explicit DockerRuntime(DockerEndpoint endpoint, DockerDeadlines deadlines = {});

    Result<std::vector<ContainerListing>> list_pool(const std::string& pool) override;
    Result<std::optional<EngineEnd>> inspect_end(const std::string& id) override;
    Result<std::optional<GatewayContainer>> inspect_gateway(const std::string& name) override;
    Result<std::vector<NameHolder>> list_names(const std::string& prefix) override;
    Result<bool> has_image(const std::string& image) override;
    Result<std::string> create(const EngineRequest& request) override;
    Result<void> start(const std::string& id) override;
    Result<void> stop(const std::string& id, Duration grace) override;
    Result<void> remove(const std::string& id) override;
    Result<void> pull(const std::string& image,
                      const std::function<void(const std::string&)>& progress,
                      std::stop_token stop) override;
    Result<void> follow_events(const std::function<void()>& on_open,
                               const std::function<void(const RuntimeEvent&)>& on_event,
                               std::stop_token stop) override;

  private:
    DockerDeadlines deadlines_;
    DockerWire wire_;
};

}  // namespace roundhouse
