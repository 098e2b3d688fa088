// A Runtime that tells of each call to another how it ended and how long it took.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "loop/runtime.h"

namespace roundhouse {

struct MeasuredCall {
    std::string_view operation;      // "list", "create" ...
    std::optional<FaultKind> fault;  // nullopt: well
    double seconds = 0;
};

class MeasuredRuntime : public Runtime {
  public:
    // `inner` must outlive this. `on_call` is called from the threads that make the calls; not for
    // follow_events, which has no end of its own.
    MeasuredRuntime(Runtime& inner, std::function<void(const MeasuredCall&)> on_call);

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
    Runtime& inner_;
    std::function<void(const MeasuredCall&)> on_call_;
};

}  // namespace roundhouse
