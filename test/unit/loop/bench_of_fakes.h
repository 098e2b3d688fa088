// A controller's loop on fakes: Docker in memory, scripted probes, a clock that stands
// still until it is moved, a journal that is kept.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/spec.h"
#include "fakes/fake_runtime.h"
#include "loop/clock.h"
#include "loop/gateway_api.h"
#include "loop/journal.h"
#include "loop/meters.h"
#include "loop/own_connections.h"
#include "loop/port_check.h"
#include "loop/probe_transport.h"
#include "loop/reconciler.h"
#include "loop/socket_tables.h"
#include "loop/thread_workers.h"
#include "loop/wakeup.h"

namespace roundhouse::test {

class ManualClock : public Clock {
  public:
    Time now() const override { return wall_; }
    Monotonic monotonic() const override { return steady_; }

    void advance(Duration by) {
        wall_ += by;
        steady_ += by;
    }

  private:
    Time wall_ = *parse_time("2026-01-01T00:00:00Z");
    Monotonic steady_{};
};

// Answers each probe at once with the outcome set for its port, else with `otherwise`, or `p2p`
// where it only connects. While `holds` is set, replies wait.
class ScriptedProbes : public ProbeTransport {
  public:
    void begin(const ProbeRequest& request) override {
        const bool connects = request.kind == ProbeKind::connection;
        const auto set = outcomes.find(request.port);
        const auto outcome = set != outcomes.end() ? set->second : connects ? p2p : otherwise;
        replies_.push_back({request.ticket, outcome, detail_of(outcome)});
        asked.push_back(request);
    }
    std::vector<ProbeReply> wait(Duration at_most) override {
        waits.push_back(at_most);
        if (holds) return {};
        return std::exchange(replies_, {});
    }
    void interrupt() override {}

    std::map<int, ProbeOutcome> outcomes;
    ProbeOutcome otherwise = ProbeOutcome::answered;
    ProbeOutcome p2p = ProbeOutcome::answered;
    bool holds = false;
    std::vector<ProbeRequest> asked;
    std::vector<Duration> waits;

  private:
    static std::string detail_of(ProbeOutcome outcome) {
        switch (outcome) {
            case ProbeOutcome::answered: return "";
            case ProbeOutcome::failed: return "connection refused";
            case ProbeOutcome::stalled: return "no whole reply within 2s";
            case ProbeOutcome::silent: return "connection timed out";
            case ProbeOutcome::unreachable: return "no route to host";
        }
        return "";
    }

    std::vector<ProbeReply> replies_;
};

// Somebody listens on the ports in `taken`, whatever the host; all others refuse.
class ScriptedPorts : public PortCheck {
  public:
    std::vector<PortAnswer> ask(const std::vector<PortAddress>& addresses) override {
        std::vector<PortAnswer> answers;
        for (const auto& address : addresses) {
            asked.push_back(address);
            const bool listens = taken.contains(address.port);
            answers.push_back(out_of_reach ? PortAnswer::silent
                              : listens    ? PortAnswer::listens
                                           : PortAnswer::refused);
        }
        return answers;
    }

    std::set<int> taken;
    bool out_of_reach = false;
    std::vector<PortAddress> asked;
};

// Who is connected, by the container whose namespace it is. Not readable unless a test says so.
class ScriptedSockets : public SocketTables {
  public:
    Result<std::vector<SocketRow>> read(const ContainerProcess& process,
                                        const std::set<int>& ports) override {
        reads.push_back(process);
        if (!readable) return Fault{FaultKind::rejected, "no table here"};
        std::vector<SocketRow> found;
        for (const auto& row : rows[process.container_id]) {
            if (ports.contains(row.port)) found.push_back(row);
        }
        for (const int port : ports) {
            if (!unheard.contains(port)) found.push_back({SocketRow::State::listening, port, {}});
        }
        return found;
    }

    std::string count(const ContainerProcess& process) override {
        return std::to_string(rows[process.container_id].size());
    }

    // Connections that are there from now on.
    void connect(const std::string& container_id, int port, int viewers) {
        auto& here = rows[container_id];
        std::erase_if(here, [&](const SocketRow& row) { return row.port == port; });
        for (int i = 0; i < viewers; ++i)
            here.push_back({SocketRow::State::established, port, {"203.0.113.9", 50'000 + i}});
    }

    bool readable = false;
    std::set<int> unheard;  // ports on which nothing listens
    std::map<std::string, std::vector<SocketRow>> rows;
    std::vector<ContainerProcess> reads;
};

// Control servers with scripted answers, by the gateway's name; by default the VPN runs, and no
// port is forwarded.
class ScriptedGateways : public GatewayApi {
  public:
    GatewayReading read(const GatewaySpec& gateway, const std::string& address) override {
        const std::lock_guard lock(mutex_);
        asked_[gateway.container] = address;
        const auto set = readings_.find(gateway.container);
        if (set != readings_.end()) return set->second;
        GatewayReading reading;
        reading.forwarded_ports.kind = PortsAnswerKind::none;
        reading.vpn_status = VpnStatus::running;
        return reading;
    }

    void say(const std::string& gateway, GatewayReading reading) {
        const std::lock_guard lock(mutex_);
        readings_[gateway] = std::move(reading);
    }
    void say_ports(const std::string& gateway, std::vector<int> ports) {
        GatewayReading reading;
        reading.vpn_status = VpnStatus::running;
        reading.forwarded_ports = {PortsAnswerKind::ports, std::move(ports), ""};
        say(gateway, std::move(reading));
    }
    // Where each was last asked.
    std::map<std::string, std::string> asked() const {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, GatewayReading> readings_;
    std::map<std::string, std::string> asked_;
};

class KeptJournal : public Journal {
  public:
    void record(const JournalEntry& entry) override {
        const std::lock_guard lock(mutex_);
        std::string line(entry.message);
        for (const auto& [key, value] : entry.fields)
            line += " " + std::string(key) + "=" + value;
        lines_.push_back(line);
    }

    // Entries that contain `text`.
    int count(const std::string& text) const {
        const std::lock_guard lock(mutex_);
        int found = 0;
        for (const auto& line : lines_)
            found += line.find(text) != std::string::npos ? 1 : 0;
        return found;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

class KeptMeters : public Meters {
  public:
    void round_ended(RoundOutcome outcome, Duration took) override {
        const std::lock_guard lock(mutex_);
        ++rounds_[outcome];
        time_in_rounds_ += took;
    }
    void step_ended(const Step& step, bool well, Duration /*took*/) override {
        const std::lock_guard lock(mutex_);
        steps_.push_back(step);
        if (!well) ++failed_steps_;
    }
    void forwarded_ports_changed(const std::string& gateway) override {
        const std::lock_guard lock(mutex_);
        ++port_changes_[gateway];
    }

    int rounds(RoundOutcome outcome) const {
        const std::lock_guard lock(mutex_);
        const auto found = rounds_.find(outcome);
        return found == rounds_.end() ? 0 : found->second;
    }
    Duration time_in_rounds() const {
        const std::lock_guard lock(mutex_);
        return time_in_rounds_;
    }
    std::vector<Step> steps() const {
        const std::lock_guard lock(mutex_);
        return steps_;
    }
    int failed_steps() const {
        const std::lock_guard lock(mutex_);
        return failed_steps_;
    }
    int port_changes(const std::string& gateway) const {
        const std::lock_guard lock(mutex_);
        const auto found = port_changes_.find(gateway);
        return found == port_changes_.end() ? 0 : found->second;
    }

  private:
    mutable std::mutex mutex_;
    std::map<RoundOutcome, int> rounds_;
    Duration time_in_rounds_{0};
    std::vector<Step> steps_;
    int failed_steps_ = 0;
    std::map<std::string, int> port_changes_;
};

template <class Docker>
struct LoopBenchOn {
    Docker docker;
    ManualClock clock;
    ScriptedGateways gateways;
    ScriptedProbes probes;
    ScriptedPorts port_check;
    ScriptedSockets sockets;
    OwnConnections own{clock};
    KeptJournal journal;
    KeptMeters meters;
    Board board;
    Wakeup wakeup;
    Prober prober{probes, clock, [] {}};
    ThreadWorkers workers;
    Puller puller{docker, workers, clock, journal, [this] { wakeup.notify(); }};
    LastLines last_lines{docker, workers, board};
    StepRunner steps{docker,
                     workers,
                     clock,
                     journal,
                     meters,
                     [this] { wakeup.notify(); },
                     StepRunner::usual_in_flight,
                     &last_lines};
    Reconciler reconciler{{docker, gateways, workers, clock, journal, board, prober, puller, steps,
                           last_lines, meters, port_check, sockets, own,
                           [this] { wakeup.notify(); }, GatewayReader::full_patience}};

    explicit LoopBenchOn(EnginePool pool) {
        docker.add_image(pool.engine_template.image);
        docker.set_time(clock.now());
        board.accept(std::move(pool));
    }

    void advance(Duration by) {
        clock.advance(by);
        docker.set_time(clock.now());
    }

    void wait_for_steps() {
        const std::stop_token never;
        while (!steps.idle())
            wakeup.wait(std::chrono::seconds{1}, never);
    }

    // One round with all it brings about: probes answered, steps ended.
    RoundResult round() {
        const RoundResult result = reconciler.round({});
        wait_for_steps();
        prober.turn(Duration{0});
        return result;
    }

    // Rounds until the world matches; false when `most` rounds were not enough.
    bool converges(int most = 10) {
        for (int i = 0; i < most; ++i) {
            if (round().matches) return true;
        }
        return false;
    }

    std::vector<std::string> running() const {
        std::vector<std::string> names;
        for (const auto& container : docker.containers()) {
            const bool ours = container.labels.contains("roundhouse.pool");
            if (ours && container.state == EngineState::running) names.push_back(container.name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    // Rounds once a second, each with the pull that it begins.
    void run_for(Duration time) {
        const std::stop_token never;
        for (; time > Duration{0}; time -= std::chrono::seconds{1}) {
            round();
            while (puller.view({board.spec().pool->engine_template.image}).pulling)
                wakeup.wait(std::chrono::seconds{1}, never);
            advance(std::chrono::seconds{1});
        }
    }

    // One of that type without a reason if no round has reported it.
    Condition condition(std::string_view type) const {
        for (const auto& each : board.conditions()) {
            if (each.type == type) return each;
        }
        return {};
    }

    std::ptrdiff_t calls_of(Operation operation) const {
        return std::ranges::count(docker.calls(), operation, &FakeCall::operation);
    }
};

using LoopBench = LoopBenchOn<FakeRuntime>;

}  // namespace roundhouse::test
