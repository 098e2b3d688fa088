#include "sim/sim_ports.h"

#include <algorithm>
#include <utility>

#include "sim/fiber.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

// Docker's lists lag behind what happens by less than this.
constexpr Duration oldest_listing = 1s;

bool belongs_to_look(Operation operation) {
    return operation == Operation::list_pool || operation == Operation::inspect_end ||
           operation == Operation::inspect_gateway || operation == Operation::list_names ||
           operation == Operation::has_image;
}

}  // namespace

// --- Docker -----------------------------------------------------------------------------------

Duration SimRuntime::latency() {
    const bool slow = world_.has(Disturbance::call_slow) && world_.dice.one_in(8);
    return Duration{slow ? world_.dice.between(500, 9'000) : world_.dice.between(1, 20)};
}

Fault SimRuntime::fault_of(Operation operation) {
    const bool refused = !belongs_to_look(operation) && world_.dice.one_in(4);
    return refused ? Fault{FaultKind::rejected, "docker: refused"}
                   : Fault{FaultKind::unavailable, "docker: no answer in time"};
}

// A call takes its time, in which others act, and may go wrong before or after its effect.
template <class T, class Effect>
Result<T> SimRuntime::call(Operation operation, const std::string& subject, const Effect& effect) {
    const Fault died{FaultKind::cancelled, "this controller is no more"};
    if (stage_.killed()) return died;
    stage_.pass(latency());
    if (stage_.killed()) return died;
    Dice& dice = world_.dice;
    const Dying dying = stage_.dying();
    if (dying == Dying::before) {
        stage_.kill();
        return died;
    }
    const bool fails = world_.has(Disturbance::call_fails) && dice.one_in(10);
    Result<T> result = fails ? Result<T>(fault_of(operation)) : Result<T>(effect());
    if (dying == Dying::after) {
        stage_.note_call(operation, subject, false);
        stage_.kill();
        return died;
    }
    const bool lost = world_.has(Disturbance::reply_lost) && dice.one_in(10);
    if (result.ok() && lost) result = Fault{FaultKind::unavailable, "docker: the reply was lost"};
    stage_.note_call(operation, subject, result.ok());
    const bool in_round = Fiber::current() == nullptr;
    if (in_round && !result.ok()) watchdog_.look_failed();
    return result;
}

Result<std::vector<ContainerListing>> SimRuntime::list_pool(const std::string& pool) {
    using Listing = std::vector<ContainerListing>;
    return call<Listing>(Operation::list_pool, pool, [&]() -> Result<Listing> {
        const bool recent = world_.clock.elapsed - last_listing_at_ < oldest_listing;
        if (recent && world_.has(Disturbance::list_stale) && world_.dice.one_in(3)) {
            return last_listing_;
        }
        auto listing = world_.docker.list_pool(pool);
        if (listing) {
            last_listing_ = listing.value();
            last_listing_at_ = world_.clock.elapsed;
        }
        return listing;
    });
}

Result<std::optional<EngineEnd>> SimRuntime::inspect_end(const std::string& id) {
    return call<std::optional<EngineEnd>>(Operation::inspect_end, id,
                                          [&] { return world_.docker.inspect_end(id); });
}

Result<std::optional<GatewayContainer>> SimRuntime::inspect_gateway(const std::string& name) {
    return call<std::optional<GatewayContainer>>(
        Operation::inspect_gateway, name, [&] { return world_.docker.inspect_gateway(name); });
}

Result<std::vector<NameHolder>> SimRuntime::list_names(const std::string& prefix) {
    return call<std::vector<NameHolder>>(Operation::list_names, prefix,
                                         [&] { return world_.docker.list_names(prefix); });
}

Result<bool> SimRuntime::has_image(const std::string& image) {
    return call<bool>(Operation::has_image, image, [&] { return world_.docker.has_image(image); });
}

Result<std::string> SimRuntime::create(const EngineRequest& request) {
    auto result = call<std::string>(Operation::create, request.name, [&] {
        watchdog_.before_create(request);
        auto created = world_.docker.create(request);
        if (created) watchdog_.after_create(request, created.value());
        return created;
    });
    watchdog_.create_ended(request, result);
    return result;
}

Result<void> SimRuntime::start(const std::string& id) {
    return call<void>(Operation::start, id, [&] {
        watchdog_.before_change(Operation::start, id);
        auto started = world_.docker.start(id);
        if (started) watchdog_.after_start(id);
        return started;
    });
}

Result<void> SimRuntime::stop(const std::string& id, Duration grace) {
    return call<void>(Operation::stop, id, [&] {
        watchdog_.before_change(Operation::stop, id);
        return world_.docker.stop(id, grace);
    });
}

Result<void> SimRuntime::remove(const std::string& id) {
    const EngineLife* life = world_.life(id);
    const int slot = life == nullptr ? -1 : life->slot;
    auto result = call<void>(Operation::remove, id, [&] {
        watchdog_.before_change(Operation::remove, id);
        auto removed = world_.docker.remove(id);
        if (removed) world_.engine_gone(id);
        return removed;
    });
    if (!result.ok()) watchdog_.remove_failed(slot);
    return result;
}

Result<void> SimRuntime::pull(const std::string& image,
                              const std::function<void(const std::string&)>& progress,
                              std::stop_token stop) {
    const Fault cancelled{FaultKind::cancelled, "the pull was cancelled"};
    if (stage_.killed()) return cancelled;
    watchdog_.pull_begins(image);
    // A pull that nobody wants any more may take its time to end beside the next one.
    const std::stop_callback given_up(stop, [&] { watchdog_.pull_ends(image, true); });
    stage_.pass(Duration{world_.dice.between(10, 8'000)});
    const auto result =
        stop.stop_requested() ? Result<void>(cancelled) : call<void>(Operation::pull, image, [&] {
            return world_.docker.pull(image, progress, stop);
        });
    const bool tried = result.ok() || result.fault().kind != FaultKind::cancelled;
    if (!stop.stop_requested()) watchdog_.pull_ends(image, !tried || result.ok());
    return result;
}

// Simulated controllers are woken by the simulation.
Result<void> SimRuntime::follow_events(const std::function<void()>& /*on_open*/,
                                       const std::function<void(const RuntimeEvent&)>& /*event*/,
                                       std::stop_token /*stop*/) {
    return Fault{FaultKind::unavailable, "there are no events here"};
}

// --- control servers --------------------------------------------------------------------------

GatewayReading SimGateways::read(const GatewaySpec& gateway, const std::string& address) {
    stage_.pass(Duration{world_.dice.between(1, 5)});
    GatewayReading reading = world_.reading(gateway.container);
    const auto kind = reading.forwarded_ports.kind;
    if (kind == PortsAnswerKind::unreachable || world_.way_is_lost ||
        !world_.someone_has_address(address)) {
        stage_.pass(2s);
        return {};
    }
    return reading;
}

// --- probes -----------------------------------------------------------------------------------

ProbeOutcome SimProbes::ask(const ProbeRequest& request) const {
    if (world_.way_is_lost) return ProbeOutcome::unreachable;
    const bool p2p = request.kind == ProbeKind::p2p;
    const EngineLife* engine = world_.behind(request.host, request.port, p2p);
    if (engine != nullptr && !(p2p && engine->p2p_closed)) return ProbeOutcome::answered;
    return world_.someone_has_address(request.host) ? ProbeOutcome::failed
                                                    : ProbeOutcome::unreachable;
}

void SimProbes::begin(const ProbeRequest& request) {
    const ProbeOutcome outcome = ask(request);
    replies_.push_back({request.engine_id, request.kind, outcome,
                        outcome == ProbeOutcome::answered ? "" : "connection refused"});
}

std::vector<ProbeReply> SimProbes::wait(Duration at_most) {
    // What the replies make due is known at the next turn.
    due = world_.clock.elapsed + (replies_.empty() ? at_most : Duration{1});
    return std::exchange(replies_, {});
}

}  // namespace roundhouse::test
