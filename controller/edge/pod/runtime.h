// The Runtime inside a Pod: its engines are children of holders, which are told by files what to
// run. controller/hold/README.md describes them.
//
// A Pod has one gateway. Its container may be restarted without a loss, as the network namespace
// belongs to the Pod's sandbox: so the sandbox is the incarnation, and the gateway runs for as long
// as it lives. Images, volumes, limits and users of engines are the Pod's, and not looked at here.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "edge/pod/slot_folder.h"
#include "loop/runtime.h"

namespace roundhouse {

struct HolderSettings {
    std::string slots;                                 // the folder of all slots
    std::string gateway;                               // the name of the Pod's gateway
    int health_port = 9999;                            // of Gluetun's health server
    Duration change = std::chrono::seconds(30);        // start, remove
    Duration after_grace = std::chrono::seconds(15);   // stop: on top of the grace period
    Duration holder_absent = std::chrono::seconds(5);  // how long a start waits for a holder
};

class HolderRuntime : public Runtime {
  public:
    explicit HolderRuntime(HolderSettings settings);

    // Which ports belong to the pool in force. Any thread; before the first, none is known.
    void serve(const EnginePool& pool);

    // The number of slots that the Pod has. `unavailable`: the folder cannot be read.
    Result<int> slot_count() const;

    RuntimeView about() override { return {.name = "holders", .version = {}, .api_version = {}}; }
    Result<std::vector<ContainerListing>> list_engines() override;
    Result<std::optional<EngineEnd>> inspect_end(const std::string& id) override;
    // None: the kubelet keeps what a holder and its engine write.
    Result<std::vector<std::string>> last_lines(const std::string& id,
                                                const KeyValues& hidden) override;
    Result<std::optional<Network>> inspect_network(const std::string& id) override;
    // 0: the processes of other containers cannot be seen.
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
    Result<std::vector<SlotSight>> look() const;
    // The slot that has the engine; nullopt: none has.
    Result<std::optional<SlotSight>> find(const std::string& id) const;
    // Writes the order that `change` makes of the engine's, unless it returns false. The slot as it
    // is then; nullopt: there is no such engine.
    Result<std::optional<SlotSight>> change_order(const std::string& id,
                                                  const std::function<bool(SlotSight&)>& change);
    Result<SlotOrder> order_of(const EngineRequest& request, const SlotSight& before) const;
    Result<void> await_start(int slot, std::int64_t generation);
    Result<void> await_end(const SlotSight& sight, Duration deadline);

    const HolderSettings settings_;
    const SlotFolders folders_;

    std::mutex mutex_;  // guards what follows, and changes of orders
    int control_port_ = 8000;
    std::set<int> ports_;  // the HTTP ports of the slots
};

}  // namespace roundhouse
