#include "edge/pod/runtime.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "core/launch.h"
#include "core/names.h"
#include "core/numbers.h"
#include "edge/pod/folder_watch.h"
#include "edge/pod/gateway_health.h"

namespace roundhouse {

namespace {

using Steady = std::chrono::steady_clock;

constexpr Duration poll_interval{1000};  // a net for what inotify does not see
constexpr std::string_view joiner_prefix = "container:";

// 64 hex digits, as Docker's are.
Result<std::string> draw_id() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        return Fault{FaultKind::unavailable,
                     "the system gives no random number for an engine's id"};
    }
    std::string id;
    for (const unsigned byte : bytes) {
        id += "0123456789abcdef"[byte >> 4U];
        id += "0123456789abcdef"[byte & 15U];
    }
    return id;
}

// Of a network mode as requests have it.
Network network_of(const std::string& mode) {
    if (mode.starts_with(joiner_prefix)) return {.joins = mode.substr(joiner_prefix.size())};
    return {.name = mode};
}

// Of "<pool>-<slot>", whatever the pool.
std::optional<int> slot_in(const std::string& name) {
    const auto dash = name.rfind('-');
    return dash == std::string::npos ? std::nullopt : parse_number(name.substr(dash + 1));
}

bool has_engine(const SlotSight& sight) {
    return !sight.order.id.empty();
}

bool runs(const SlotSight& sight) {
    return sight.held && sight.report.state == RunState::running;
}

Fault rejected(std::string message) {
    return {.kind = FaultKind::rejected, .message = std::move(message), .bad_request = true};
}

Fault no_holder(int slot) {
    return {FaultKind::unavailable, "slot " + std::to_string(slot) +
                                        " has no holder: the container of its engine does not run "
                                        "(see kubectl describe pod); the engine starts with it"};
}

Fault late(int slot, const std::string& what) {
    const std::string number = std::to_string(slot);
    return {.kind = FaultKind::unavailable,
            .message = "the holder of slot " + number + " did not " + what +
                       " its engine in time: see kubectl logs -c engine-" + number,
            .timed_out = true};
}

ContainerListing listing_of(const SlotSight& sight) {
    ContainerListing row;
    const SlotOrder& order = sight.order;
    row.id = order.id;
    row.name = order.name;
    row.labels = order.labels;
    row.network = network_of(order.network_mode);
    row.image = order.image;
    row.created_at = order.created_at;
    row.unreadable = sight.unreadable;
    row.state = state_of(sight);
    // Nothing tells whose engine it is but its place.
    if (!has_engine(sight)) row.labels[std::string(label::slot)] = std::to_string(sight.slot);
    return row;
}

RuntimeEvent event_of(const SlotSight& sight, const char* action) {
    return {action, sight.order.name, sight.order.id, sight.order.labels};
}

// What happened between two looks at a slot.
std::vector<RuntimeEvent> events_between(const SlotSight& before, const SlotSight& now) {
    std::vector<RuntimeEvent> events;
    const bool ran = has_engine(before) && state_of(before) == EngineState::running;
    const bool is_same = before.order.id == now.order.id;
    const bool is_up = has_engine(now) && state_of(now) == EngineState::running;
    const bool is_another_run = before.report.started_at != now.report.started_at;
    if (ran && (!is_same || !is_up || is_another_run)) events.push_back(event_of(before, "die"));
    if (!is_same && has_engine(before)) events.push_back(event_of(before, "destroy"));
    if (!is_same && has_engine(now)) events.push_back(event_of(now, "create"));
    if (is_up && (!ran || !is_same || is_another_run)) events.push_back(event_of(now, "start"));
    // A run that was too short to be seen.
    const bool has_ended = has_engine(now) && now.report.ended_at &&
                           now.report.ended_at != before.report.ended_at &&
                           now.report.generation == now.order.generation;
    if (has_ended && !ran) events.push_back(event_of(now, "die"));
    return events;
}

}  // namespace

HolderRuntime::HolderRuntime(HolderSettings settings)
    : settings_(std::move(settings)), folders_(settings_.slots) {}

void HolderRuntime::serve(const EnginePool& pool) {
    const int base = bases_behind(pool, settings_.gateway).http;
    const auto gateway =
        std::ranges::find(pool.gateways, settings_.gateway, &GatewaySpec::container);
    const std::lock_guard lock(mutex_);
    ports_.clear();
    for (int slot = 0; slot < pool.max_active_replicas; ++slot)
        ports_.insert(ports_.end(), base + slot);
    if (gateway != pool.gateways.end()) control_port_ = gateway->control_server.port;
}

Result<int> HolderRuntime::slot_count() const {
    const auto slots = folders_.slots();
    if (!slots) return slots.fault();
    return slots.value().empty() ? 0 : slots.value().back() + 1;
}

Result<std::vector<SlotSight>> HolderRuntime::look() const {
    const auto slots = folders_.slots();
    if (!slots) return slots.fault();
    std::vector<SlotSight> sights;
    for (const int slot : slots.value())
        sights.push_back(folders_.look(slot));
    return sights;
}

Result<std::optional<SlotSight>> HolderRuntime::find(const std::string& id) const {
    const auto sights = look();
    if (!sights) return sights.fault();
    const auto found = std::ranges::find_if(sights.value(), [&](const SlotSight& sight) {
        return !id.empty() && sight.order.id == id;
    });
    if (found == sights.value().end()) return std::optional<SlotSight>();
    return std::optional(*found);
}

Result<std::vector<ContainerListing>> HolderRuntime::list_engines() {
    const auto sights = look();
    if (!sights) return sights.fault();
    std::vector<ContainerListing> rows;
    for (const auto& sight : sights.value()) {
        const bool is_engine = sight.order.labels.contains(std::string(label::pool));
        if (is_engine || !sight.unreadable.empty()) rows.push_back(listing_of(sight));
    }
    return rows;
}

Result<std::optional<EngineEnd>> HolderRuntime::inspect_end(const std::string& id) {
    const auto sight = find(id);
    if (!sight) return sight.fault();
    if (!sight.value()) return std::optional<EngineEnd>();
    if (!sight.value()->unreadable.empty()) {
        return Fault{FaultKind::unavailable, "cannot read " + sight.value()->unreadable};
    }
    return std::optional(end_of(*sight.value()));
}

Result<std::vector<std::string>> HolderRuntime::last_lines(const std::string& /*id*/,
                                                           const KeyValues& /*hidden*/) {
    return std::vector<std::string>{};
}

Result<std::optional<Network>> HolderRuntime::inspect_network(const std::string& id) {
    const auto sight = find(id);
    if (!sight) return sight.fault();
    if (!sight.value()) return std::optional<Network>();
    return std::optional(network_of(sight.value()->order.network_mode));
}

Result<std::optional<std::int64_t>> HolderRuntime::inspect_pid(const std::string& id) {
    const auto sight = find(id);
    if (!sight) return sight.fault();
    return sight.value() ? std::optional<std::int64_t>(0) : std::nullopt;
}

Result<std::optional<GatewayContainer>> HolderRuntime::inspect_gateway(const std::string& name) {
    if (name != settings_.gateway) return std::optional<GatewayContainer>();
    auto incarnation = folders_.incarnation();
    if (!incarnation) return incarnation.fault();
    GatewayContainer gateway;
    int control_port = 0;
    {
        const std::lock_guard lock(mutex_);
        control_port = control_port_;
        gateway.published_tcp_ports = ports_;
    }
    gateway.id = std::move(incarnation.value().id);
    gateway.started_at = std::move(incarnation.value().started_at);
    gateway.pid = ::getpid();  // this process is in its namespace
    gateway.running = true;
    gateway.state = "running";
    gateway.health = ask_gateway_health(settings_.health_port, control_port);
    gateway.addresses = {"127.0.0.1"};
    return std::optional(std::move(gateway));
}

Result<std::vector<NameHolder>> HolderRuntime::list_names(const std::string& prefix) {
    const auto sights = look();
    if (!sights) return sights.fault();
    std::vector<NameHolder> holders;
    for (const auto& sight : sights.value()) {
        const SlotOrder& order = sight.order;
        if (!has_engine(sight) || !order.name.starts_with(prefix)) continue;
        holders.push_back({order.id, order.name, order.labels, order.image});
    }
    const auto incarnation = folders_.incarnation();
    if (incarnation && settings_.gateway.starts_with(prefix)) {
        holders.push_back({incarnation.value().id, settings_.gateway, {}, ""});
    }
    return holders;
}

// The kubelet has pulled it: else there would be no holder.
Result<bool> HolderRuntime::has_image(const std::string& /*image*/) {
    return true;
}

Result<void> HolderRuntime::pull(const PullRequest& /*request*/,
                                 const std::function<void(const std::string&)>& /*progress*/,
                                 std::stop_token /*stop*/) {
    return {};
}

Result<SlotOrder> HolderRuntime::order_of(const EngineRequest& request,
                                          const SlotSight& before) const {
    if (request.entrypoint.empty()) {
        return rejected(
            "the template has no command: in a Pod nobody can ask the image for its own");
    }
    if (!request.published_tcp_ports.empty() || !request.published_udp_ports.empty()) {
        return rejected("a Pod publishes no ports for single engines: its Service does");
    }
    const auto incarnation = folders_.incarnation();
    if (!incarnation) return incarnation.fault();
    if (network_of(request.network_mode).joins != incarnation.value().id) {
        return rejected(request.name + " was planned for network " + request.network_mode +
                        ", and this Pod has " + incarnation.value().id);
    }
    auto id = draw_id();
    if (!id) return id.fault();
    SlotOrder order;
    order.generation = std::max(before.order.generation, before.report.generation) + 1;
    order.grace = request.stop_timeout;
    order.argv = request.entrypoint;
    order.argv.insert(order.argv.end(), request.command.begin(), request.command.end());
    order.env = request.env;
    order.id = std::move(id.value());
    order.name = request.name;
    order.image = request.image;
    order.network_mode = request.network_mode;
    order.created_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    order.labels = {request.labels.begin(), request.labels.end()};
    return order;
}

Result<CreatedContainer> HolderRuntime::create(const EngineRequest& request) {
    const auto slots = folders_.slots();
    if (!slots) return slots.fault();
    const auto slot = slot_in(request.name);
    if (!slot || std::ranges::count(slots.value(), *slot) == 0) {
        return Fault{FaultKind::rejected, "this Pod has no slot for " + request.name + ": it has " +
                                              std::to_string(slots.value().size()) +
                                              " slots, counted from 0"};
    }
    const std::lock_guard lock(mutex_);
    const SlotSight before = folders_.look(*slot);
    if (has_engine(before) || !before.unreadable.empty()) {
        return Fault{
            FaultKind::conflict,
            "slot " + std::to_string(*slot) + " is in use: " +
                (has_engine(before) ? "it has engine " + before.order.name : before.unreadable)};
    }
    auto order = order_of(request, before);
    if (!order) return order.fault();
    const auto written = folders_.write(*slot, order.value());
    if (!written) return written.fault();
    return CreatedContainer{std::move(order.value().id), {}};
}

Result<std::optional<SlotSight>> HolderRuntime::change_order(
    const std::string& id, const std::function<bool(SlotSight&)>& change) {
    const std::lock_guard lock(mutex_);
    auto found = find(id);
    if (!found || !found.value()) return found;
    SlotSight& sight = *found.value();
    if (!change(sight)) return found;
    const auto written = folders_.write(sight.slot, sight.order);
    if (!written) return written.fault();
    return found;
}

Result<void> HolderRuntime::start(const std::string& id) {
    const auto gateway = inspect_gateway(settings_.gateway);
    if (!gateway) return Fault{FaultKind::conflict, gateway.fault().message};
    if (gateway.value()->health == GatewayContainer::Health::unhealthy) {
        return Fault{FaultKind::conflict, "gateway " + settings_.gateway + " is unhealthy"};
    }
    const auto changed = change_order(id, [](SlotSight& sight) {
        SlotOrder& order = sight.order;
        const bool has_begun = order.generation == sight.report.generation;
        const bool is_over = has_begun && !runs(sight);
        if (is_over) ++order.generation;
        const bool was_told = order.runs && !is_over;
        order.runs = true;
        return !was_told;
    });
    if (!changed) return changed.fault();
    if (!changed.value()) return Fault{FaultKind::gone, "there is no engine " + id.substr(0, 12)};
    return await_start(changed.value()->slot, changed.value()->order.generation);
}

// A holder may come later than the agent: its container starts after the agent's, and again after
// a fault.
Result<void> HolderRuntime::await_start(int slot, std::int64_t generation) {
    FolderWatch watch(folders_.folders_of(slot));
    const auto begun = Steady::now();
    while (true) {
        const SlotSight sight = folders_.look(slot);
        if (sight.order.generation != generation || !has_engine(sight)) {
            return Fault{FaultKind::gone, "slot " + std::to_string(slot) + " has another order"};
        }
        const bool is_told = sight.report.generation == generation;
        if (is_told && sight.report.state == RunState::failed) {
            return Fault{FaultKind::rejected, end_of(sight).start_error};
        }
        const bool has_run = sight.report.state != RunState::running;
        if (is_told && (has_run || sight.held)) return {};
        const auto waited = std::chrono::duration_cast<Duration>(Steady::now() - begun);
        if (!sight.held && waited >= settings_.holder_absent) return no_holder(slot);
        if (waited >= settings_.change) return late(slot, "start");
        const Duration limit = sight.held ? settings_.change : settings_.holder_absent;
        watch.wait(std::min(poll_interval, limit - waited));
    }
}

Result<void> HolderRuntime::stop(const std::string& id, Duration grace) {
    const auto changed = change_order(id, [&](SlotSight& sight) {
        sight.order.runs = false;
        sight.order.grace = grace;
        return true;
    });
    if (!changed) return changed.fault();
    if (!changed.value()) return {};
    return await_end(*changed.value(), grace + settings_.after_grace);
}

Result<void> HolderRuntime::remove(const std::string& id) {
    const auto changed = change_order(id, [](SlotSight& sight) {
        SlotOrder nothing;
        nothing.generation = sight.order.generation;
        sight.order = nothing;
        return true;
    });
    if (!changed) return changed.fault();
    if (!changed.value()) return {};
    return await_end(*changed.value(), settings_.change);
}

// Without a holder there is no child.
Result<void> HolderRuntime::await_end(const SlotSight& sight, Duration deadline) {
    FolderWatch watch(folders_.folders_of(sight.slot));
    const auto begun = Steady::now();
    while (true) {
        const SlotSight now = folders_.look(sight.slot);
        const bool is_another = now.order.generation != sight.order.generation;
        if (is_another || !runs(now)) return {};
        const auto waited = std::chrono::duration_cast<Duration>(Steady::now() - begun);
        if (waited >= deadline) return late(sight.slot, "end");
        watch.wait(std::min(poll_interval, deadline - waited));
    }
}

Result<void> HolderRuntime::follow_events(const std::function<void()>& on_open,
                                          const std::function<void(const RuntimeEvent&)>& on_event,
                                          std::stop_token stop) {
    const auto slots = folders_.slots();
    if (!slots) return slots.fault();
    std::vector<std::string> watched;
    for (const int slot : slots.value())
        std::ranges::move(folders_.folders_of(slot), std::back_inserter(watched));
    FolderWatch watch(watched);
    const std::stop_callback interrupt(stop, [&] { watch.interrupt(); });
    std::map<int, SlotSight> known;
    for (const int slot : slots.value())
        known[slot] = folders_.look(slot);
    on_open();
    while (!stop.stop_requested()) {
        for (auto& [slot, before] : known) {
            SlotSight now = folders_.look(slot);
            for (const auto& event : events_between(before, now))
                on_event(event);
            before = std::move(now);
        }
        watch.wait(poll_interval);
    }
    return Fault{FaultKind::cancelled, "no longer followed"};
}

}  // namespace roundhouse
