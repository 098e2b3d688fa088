// The Runtime side of the fake: what roundhouse asks for, and by which rules it is answered.
#include "fakes/fake_runtime.h"

#include <algorithm>
#include <utility>

#include "core/last_lines.h"
#include "core/names.h"

namespace roundhouse {

namespace {

constexpr std::string_view joiner_prefix = "container:";

std::size_t index_of(Operation operation) {
    return static_cast<std::size_t>(operation);
}

Fault daemon_away() {
    return {FaultKind::unavailable, "docker: nothing answers: is the Docker daemon running?"};
}

std::vector<std::string> addresses_of(const FakeContainer& container) {
    if (container.address.empty()) return {};
    return {container.address};
}

std::int64_t pid_of(const FakeContainer& container) {
    const bool runs =
        container.state == EngineState::running || container.state == EngineState::paused;
    return runs ? container.pid : 0;
}

Network network_of(const FakeContainer& container) {
    const std::string& mode = container.network_mode;
    if (mode.starts_with(joiner_prefix)) return {mode.substr(joiner_prefix.size()), {}};
    return {{}, mode};
}

std::map<std::string, std::string> as_map(const KeyValues& pairs) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : pairs)
        result[key] = value;
    return result;
}

}  // namespace

std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::list_engines: return "list_engines";
        case Operation::inspect_end: return "inspect_end";
        case Operation::last_lines: return "last_lines";
        case Operation::inspect_network: return "inspect_network";
        case Operation::inspect_pid: return "inspect_pid";
        case Operation::inspect_gateway: return "inspect_gateway";
        case Operation::list_names: return "list_names";
        case Operation::has_image: return "has_image";
        case Operation::create: return "create";
        case Operation::start: return "start";
        case Operation::stop: return "stop";
        case Operation::remove: return "remove";
        case Operation::pull: return "pull";
        case Operation::follow_events: return "follow_events";
    }
    return "unknown";
}

bool FakeCall::changes_something() const {
    return operation == Operation::create || operation == Operation::start ||
           operation == Operation::stop || operation == Operation::remove ||
           operation == Operation::pull;
}

// Every call but the two that take their time goes through here: hold, mishap, effect, log.
template <class T, class Effect>
Result<T> FakeRuntime::perform(Operation operation, std::string subject, const Effect& effect) {
    std::unique_lock lock(mutex_);
    wait_while_held(lock, operation);
    const auto mishap = mishap_of({operation, subject, std::nullopt});
    Result<T> result = mishap && mishap->when == Mishap::When::before ? Result<T>(mishap->fault)
                                                                      : Result<T>(effect());
    if (mishap && result.ok()) result = mishap->fault;
    note(operation, std::move(subject),
         result.ok() ? std::nullopt : std::optional(result.fault().kind));
    return result;
}

void FakeRuntime::wait_while_held(std::unique_lock<std::mutex>& lock, Operation operation) {
    const auto at = index_of(operation);
    ++waiting_[at];
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_[at]; });
    --waiting_[at];
}

std::optional<Mishap> FakeRuntime::mishap_of(const FakeCall& call) {
    if (!available_) return Mishap{Mishap::When::before, daemon_away()};
    auto& planned = mishaps_[index_of(call.operation)];
    if (!planned.empty()) {
        Mishap mishap = planned.front();
        planned.pop_front();
        return mishap;
    }
    return mishap_source_ ? mishap_source_(call) : std::nullopt;
}

void FakeRuntime::note(Operation operation, std::string subject, std::optional<FaultKind> fault) {
    calls_.push_back({operation, std::move(subject), fault});
}

std::string FakeRuntime::subject_of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const FakeContainer* container = look_up(id);
    return container == nullptr ? id : container->name;
}

RuntimeView FakeRuntime::about() {
    const std::lock_guard lock(mutex_);
    return runtime_;
}

Result<std::vector<ContainerListing>> FakeRuntime::list_engines() {
    using Listing = std::vector<ContainerListing>;
    return perform<Listing>(Operation::list_engines, "", [&] {
        Listing listing;
        for (const auto& container : containers_) {
            if (!container.labels.contains(std::string(label::pool))) continue;
            listing.push_back({container.id, container.name, container.state, container.labels,
                               network_of(container), container.address, container.image,
                               container.created_at});
        }
        return listing;
    });
}

Result<std::optional<EngineEnd>> FakeRuntime::inspect_end(const std::string& id) {
    using End = std::optional<EngineEnd>;
    return perform<End>(Operation::inspect_end, subject_of(id), [&]() -> End {
        const FakeContainer* container = look_up(id);
        if (container == nullptr) return std::nullopt;
        EngineEnd end = container->end;
        end.removal_under_way = container->state == EngineState::removing;
        return end;
    });
}

Result<std::vector<std::string>> FakeRuntime::last_lines(const std::string& id,
                                                         const KeyValues& hidden) {
    using Lines = std::vector<std::string>;
    return perform<Lines>(Operation::last_lines, subject_of(id), [&]() -> Lines {
        const FakeContainer* container = look_up(id);
        if (container == nullptr || container->started_at.empty()) return {};
        Lines lines = behaviour_of(*container).writes;
        for (auto& line : lines)
            line = without_values(line, hidden);
        return lines;
    });
}

Result<std::optional<Network>> FakeRuntime::inspect_network(const std::string& id) {
    using Answer = std::optional<Network>;
    return perform<Answer>(Operation::inspect_network, subject_of(id), [&]() -> Answer {
        const FakeContainer* container = look_up(id);
        if (container == nullptr) return std::nullopt;
        return network_of(*container);
    });
}

Result<std::optional<std::int64_t>> FakeRuntime::inspect_pid(const std::string& id) {
    using Pid = std::optional<std::int64_t>;
    return perform<Pid>(Operation::inspect_pid, subject_of(id), [&]() -> Pid {
        const FakeContainer* container = look_up(id);
        if (container == nullptr) return std::nullopt;
        return pid_of(*container);
    });
}

Result<std::optional<GatewayContainer>> FakeRuntime::inspect_gateway(const std::string& name) {
    using Gateway = std::optional<GatewayContainer>;
    return perform<Gateway>(Operation::inspect_gateway, name, [&]() -> Gateway {
        const FakeContainer* container = look_up(name);
        if (container == nullptr || container->name != name) return std::nullopt;
        std::map<int, HostPort> host_ports;
        for (const int port : container->published_tcp_ports)
            host_ports[port] = {"", port};
        return GatewayContainer{.id = container->id,
                                .started_at = container->started_at,
                                .pid = pid_of(*container),
                                .running = container->state == EngineState::running,
                                .state = std::string(to_string(container->state)),
                                .health = container->health,
                                .addresses = addresses_of(*container),
                                .published_tcp_ports = container->published_tcp_ports,
                                .host_ports = std::move(host_ports),
                                .asks_for_port = container->asks_for_port};
    });
}

Result<std::vector<NameHolder>> FakeRuntime::list_names(const std::string& prefix) {
    using Names = std::vector<NameHolder>;
    return perform<Names>(Operation::list_names, prefix, [&] {
        Names names;
        for (const auto& container : containers_) {
            if (!container.name.starts_with(prefix)) continue;
            names.push_back({container.id, container.name, container.labels, container.image,
                             network_of(container)});
        }
        return names;
    });
}

Result<bool> FakeRuntime::has_image(const std::string& image) {
    return perform<bool>(Operation::has_image, image, [&] { return images_.contains(image); });
}

std::optional<Fault> FakeRuntime::creation_obstacle(const EngineRequest& request) const {
    const std::string asked = "docker: create " + request.name + ": ";
    if (request.network_mode == joiner_prefix) {
        return Fault{FaultKind::rejected, asked + "invalid container format container:<name|id>"};
    }
    const bool publishes =
        !request.published_tcp_ports.empty() || !request.published_udp_ports.empty();
    if (request.network_mode.starts_with(joiner_prefix) && publishes) {
        return Fault{FaultKind::rejected,
                     asked + "conflicting options: port publishing and the container type network"};
    }
    if (!images_.contains(request.image)) {
        return Fault{FaultKind::gone, asked + "No such image: " + request.image};
    }
    if (look_up(request.name) != nullptr) {
        return Fault{FaultKind::conflict, asked + "the name is already in use"};
    }
    return std::nullopt;
}

Result<CreatedContainer> FakeRuntime::create(const EngineRequest& request) {
    using Created = Result<CreatedContainer>;
    return perform<CreatedContainer>(Operation::create, request.name, [&]() -> Created {
        if (auto obstacle = creation_obstacle(request)) return *obstacle;
        FakeContainer container;
        container.name = request.name;
        container.image = request.image;
        container.labels = as_map(request.labels);
        container.network_mode = request.network_mode;
        container.published_tcp_ports = {request.published_tcp_ports.begin(),
                                         request.published_tcp_ports.end()};
        container.request = request;
        return CreatedContainer{add(std::move(container)).id, warnings_};
    });
}

std::optional<Fault> FakeRuntime::start_obstacle(const FakeContainer& container) const {
    const auto refuse = [](FaultKind kind, std::string why) {
        return std::optional(Fault{kind, std::move(why)});
    };
    if (container.network_mode.starts_with(joiner_prefix)) {
        const FakeContainer* donor = donor_of(container);
        const std::string wanted = container.network_mode.substr(joiner_prefix.size());
        if (donor == nullptr) return refuse(FaultKind::conflict, "No such container: " + wanted);
        if (donor->state != EngineState::running) {
            return refuse(FaultKind::conflict,
                          "cannot join network of a non running container: " + wanted);
        }
    } else if (!networks_.contains(container.network_mode)) {
        return refuse(FaultKind::rejected, "network " + container.network_mode + " not found");
    }
    for (const auto& other : containers_) {
        if (other.state != EngineState::running) continue;
        for (const int port : container.published_tcp_ports) {
            if (!other.published_tcp_ports.contains(port)) continue;
            return refuse(FaultKind::rejected,
                          "port is already allocated: " + std::to_string(port));
        }
    }
    if (container.request.user == absent_user) {
        Fault fault{FaultKind::rejected, "no such user: change spec.template.user"};
        fault.bad_request = true;
        return fault;
    }
    const std::string error = behaviour_of(container).start_error;
    return error.empty() ? std::nullopt : refuse(FaultKind::rejected, error);
}

Result<void> FakeRuntime::start(const std::string& id) {
    return perform<void>(Operation::start, subject_of(id), [&]() -> Result<void> {
        FakeContainer* container = look_up(id);
        if (container == nullptr) {
            return Fault{FaultKind::gone, "docker: start " + id + ": No such container: " + id};
        }
        return boot(*container);
    });
}

Result<void> FakeRuntime::stop(const std::string& id, Duration /*grace*/) {
    return perform<void>(Operation::stop, subject_of(id), [&]() -> Result<void> {
        FakeContainer* container = look_up(id);
        if (container == nullptr) return {};
        const bool lives =
            container->state == EngineState::running || container->state == EngineState::paused;
        if (lives) halt(*container, behaviour_of(*container).ignores_term ? 137 : 0);
        return {};
    });
}

Result<void> FakeRuntime::remove(const std::string& id) {
    return perform<void>(Operation::remove, subject_of(id), [&]() -> Result<void> {
        FakeContainer* container = look_up(id);
        if (container == nullptr) return {};
        if (container->state == EngineState::removing) {
            return Fault{FaultKind::conflict,
                         "docker: remove " + container->name + ": removal is already in progress"};
        }
        if (container->state == EngineState::running) halt(*container, 137);
        erase(container->id);
        return {};
    });
}

Result<void> FakeRuntime::pull(const PullRequest& request,
                               const std::function<void(const std::string&)>& progress,
                               std::stop_token stop) {
    const std::string& image = request.image;
    std::unique_lock lock(mutex_);
    const auto answer = [&](std::optional<Fault> fault) {
        note(Operation::pull, image, fault ? std::optional(fault->kind) : std::nullopt);
        return fault ? Result<void>(*fault) : Result<void>();
    };
    const auto at = index_of(Operation::pull);
    ++waiting_[at];
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return !held_[at]; });
    --waiting_[at];
    if (stop.stop_requested()) return answer(Fault{FaultKind::cancelled, "the pull was cancelled"});

    const auto mishap = mishap_of({Operation::pull, image, std::nullopt});
    if (mishap && mishap->when == Mishap::When::before) return answer(mishap->fault);
    const auto offered = registry_.find(image);
    if (offered == registry_.end()) {
        return answer(Fault{FaultKind::rejected, "docker: pull " + image + ": manifest unknown"});
    }
    lock.unlock();
    progress("layer 1 of 1");
    lock.lock();
    images_[image] = offered->second;
    return answer(mishap ? std::optional(mishap->fault) : std::nullopt);
}

Result<void> FakeRuntime::follow_events(const std::function<void()>& on_open,
                                        const std::function<void(const RuntimeEvent&)>& on_event,
                                        std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (const auto mishap = mishap_of({Operation::follow_events, "", std::nullopt})) {
        note(Operation::follow_events, "", mishap->fault.kind);
        return mishap->fault;
    }
    const auto me = followers_.emplace(followers_.end());
    changed_.notify_all();
    lock.unlock();
    on_open();
    lock.lock();
    while (changed_.wait(lock, stop, [&] { return me->broken || !me->waiting.empty(); })) {
        if (me->broken) break;
        const RuntimeEvent event = std::move(me->waiting.front());
        me->waiting.pop_front();
        lock.unlock();
        on_event(event);
        lock.lock();
    }
    const Fault end =
        me->broken ? daemon_away() : Fault{FaultKind::cancelled, "no longer followed"};
    followers_.erase(me);
    note(Operation::follow_events, "", end.kind);
    return end;
}

}  // namespace roundhouse
