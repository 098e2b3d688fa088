// What the simulated controller stands on: Docker, control servers, engines' ports and workers, as
// the world is, and with the faults that are switched on in it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "loop/gateway_api.h"
#include "loop/own_connections.h"
#include "loop/port_check.h"
#include "loop/probe_transport.h"
#include "loop/runtime.h"
#include "loop/socket_tables.h"
#include "loop/workers.h"
#include "sim/watchdog.h"
#include "sim/world.h"

namespace roundhouse::test {

// Whether the controller is killed at a call, and on which side of its effect.
enum class Dying { no, before, after };

// How ports let time pass, and learn that the controller's process is no more.
class Stage {
  public:
    virtual ~Stage() = default;
    // Others act meanwhile.
    virtual void pass(Duration time) = 0;
    // Whether the controller was killed: its calls have no effect any more.
    virtual bool killed() const = 0;
    virtual void kill() = 0;
    // Asked once at each call.
    virtual Dying dying() = 0;
    virtual void note_call(Operation operation, const std::string& subject, bool well) = 0;
    virtual void begin(Job job) = 0;
};

class SimRuntime : public Runtime {
  public:
    SimRuntime(World& world, Watchdog& watchdog, Stage& stage)
        : world_(world), watchdog_(watchdog), stage_(stage) {}

    RuntimeView about() override { return world_.docker.about(); }
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
    template <class T, class Effect>
    Result<T> call(Operation operation, const std::string& subject, const Effect& effect);
    Fault fault_of();
    void distort(std::vector<ContainerListing>& listing);
    Result<void> start_late(const std::string& id);
    Duration latency();
    // Docker does nothing with a container before it has finished with its end. Returns false: that
    // takes longer than an inspect waits.
    bool await_end_of(const std::string& id);

    World& world_;
    Watchdog& watchdog_;
    Stage& stage_;
    std::vector<ContainerListing> last_listing_;
    Duration last_listing_at_{-1'000'000};
    std::set<std::string> created_;  // containers that no start was tried of yet
};

class SimGateways : public GatewayApi {
  public:
    SimGateways(World& world, Stage& stage) : world_(world), stage_(stage) {}
    GatewayReading read(const GatewaySpec& gateway, const std::string& address) override;

  private:
    GatewayReading answer(const GatewaySpec& gateway, const std::string& address);

    World& world_;
    Stage& stage_;
};

class SimProbes : public ProbeTransport {
  public:
    SimProbes(World& world, OwnConnections& own) : world_(world), own_(own) {}

    void begin(const ProbeRequest& request) override;
    std::vector<ProbeReply> wait(Duration at_most) override;
    void interrupt() override { due = world_.clock.elapsed; }

    Duration due{0};  // when the prober has something to do next

  private:
    struct Reply {
        Duration at;
        ProbeReply reply;
        Endpoint local;
    };

    void note_connection(const ProbeRequest& request, Reply& reply);

    World& world_;
    OwnConnections& own_;
    std::vector<Reply> replies_;  // also those that are still to come
};

class SimPortCheck : public PortCheck {
  public:
    explicit SimPortCheck(const World& world) : world_(world) {}

    std::vector<PortAnswer> ask(const std::vector<PortAddress>& addresses) override;

  private:
    const World& world_;
};

class SimSockets : public SocketTables {
  public:
    SimSockets(World& world, DrainWatch& watch) : world_(world), watch_(watch) {}

    Result<std::vector<SocketRow>> read(const ContainerProcess& process,
                                        const std::set<int>& ports) override;
    std::string count(const ContainerProcess& process) override;

  private:
    World& world_;
    DrainWatch& watch_;
};

class SimWorkers : public Workers {
  public:
    explicit SimWorkers(Stage& stage) : stage_(stage) {}

    bool begin(Job job) override {
        stage_.begin(std::move(job));
        return true;
    }
    void do_all(const std::vector<Job>& jobs) override {
        for (const auto& job : jobs)
            job();
    }
    void do_all_within(std::vector<Job> jobs, Duration patience) override;

  private:
    Stage& stage_;
};

}  // namespace roundhouse::test
