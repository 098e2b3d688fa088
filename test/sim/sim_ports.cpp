#include "sim/sim_ports.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/names.h"
#include "sim/fiber.h"
#include "sim/specs.h"

namespace roundhouse::test {

namespace {

using namespace std::chrono_literals;

// Docker's lists lag behind what happens by less than this.
constexpr Duration oldest_listing = 1s;

}  // namespace

// --- Docker -----------------------------------------------------------------------------------

Duration SimRuntime::latency() {
    const bool slow = world_.has(Disturbance::call_slow) && world_.dice.one_in(8);
    return Duration{slow ? world_.dice.between(500, 9'000) : world_.dice.between(1, 20)};
}

Fault SimRuntime::fault_of() {
    const bool refused = world_.dice.one_in(4);
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
    Result<T> result = fails ? Result<T>(fault_of()) : Result<T>(effect());
    const auto& bad = world_.bad_answer;
    if (bad && bad->operation == operation && operation != Operation::list_engines &&
        (operation != Operation::inspect_gateway || bad->gateway == subject)) {
        result = Fault{bad->kind, "docker: this one cannot be told"};
    }
    if (dying == Dying::after) {
        stage_.note_call(operation, subject, false);
        stage_.kill();
        return died;
    }
    const bool lost = world_.has(Disturbance::reply_lost) && dice.one_in(10);
    if (result.ok() && lost) result = Fault{FaultKind::unavailable, "docker: the reply was lost"};
    stage_.note_call(operation, subject, result.ok());
    const bool in_round = Fiber::current() == nullptr;
    if (in_round && !result.ok()) watchdog_.not_told(operation, subject, result.fault().kind);
    return result;
}

Result<std::vector<ContainerListing>> SimRuntime::list_engines() {
    using Listing = std::vector<ContainerListing>;
    return call<Listing>(Operation::list_engines, "", [&]() -> Result<Listing> {
        const bool recent = world_.clock.elapsed - last_listing_at_ < oldest_listing;
        if (recent && world_.has(Disturbance::list_stale) && world_.dice.one_in(3)) {
            return last_listing_;
        }
        auto listing = world_.docker.list_engines();
        if (listing) {
            distort(listing.value());
            last_listing_ = listing.value();
            last_listing_at_ = world_.clock.elapsed;
        }
        return listing;
    });
}

// What a broken proxy or another daemon makes of a list.
void SimRuntime::distort(std::vector<ContainerListing>& listing) {
    const auto& bad = world_.bad_answer;
    for (auto& row : listing) {
        const bool is_garbled =
            bad && bad->operation == Operation::list_engines && bad->engine == row.id;
        if (is_garbled) {
            // Without labels the name tells whose engine it is.
            const bool is_named = slot_of_name(world_.spec().name, row.name).has_value();
            if (bad->slot_only) {
                row.labels[std::string(label::slot)] += "?";
            } else {
                row.unreadable = "the reply lacks [0].Created";
                if (bad->kind == FaultKind::rejected && is_named) row.labels.clear();
            }
            watchdog_.not_told(Operation::inspect_end, row.id, FaultKind::unavailable);
        }
        const auto ends = world_.ending_until.find(row.id);
        const bool lags = ends != world_.ending_until.end() && ends->second > world_.clock.elapsed;
        if (lags && row.state == EngineState::exited) row.state = EngineState::running;
        const EngineLife* life = world_.life(row.id);
        if (life != nullptr && life->shown_outside && !world_.calm) row.network = {{}, "bridge"};
    }
    const bool doubled = world_.has(Disturbance::list_doubled) && world_.dice.one_in(12);
    if (doubled && !listing.empty()) listing.push_back(world_.dice.pick(listing));
}

bool SimRuntime::await_end_of(const std::string& id) {
    const auto ends = world_.ending_until.find(id);
    const Duration now = world_.clock.elapsed;
    if (ends == world_.ending_until.end() || ends->second <= now || stage_.killed()) return true;
    const bool hangs = world_.has(Disturbance::inspect_hangs) && world_.dice.one_in(4);
    stage_.pass(hangs ? Duration{5s} : ends->second - now);
    return !hangs;
}

Result<std::optional<EngineEnd>> SimRuntime::inspect_end(const std::string& id) {
    if (!await_end_of(id)) return Fault{FaultKind::unavailable, "docker: no answer within 5s"};
    return call<std::optional<EngineEnd>>(Operation::inspect_end, id,
                                          [&] { return world_.docker.inspect_end(id); });
}

Result<std::vector<std::string>> SimRuntime::last_lines(const std::string& id,
                                                        const KeyValues& hidden) {
    return call<std::vector<std::string>>(Operation::last_lines, id,
                                          [&] { return world_.docker.last_lines(id, hidden); });
}

Result<std::optional<Network>> SimRuntime::inspect_network(const std::string& id) {
    return call<std::optional<Network>>(Operation::inspect_network, id,
                                        [&] { return world_.docker.inspect_network(id); });
}

Result<std::optional<std::int64_t>> SimRuntime::inspect_pid(const std::string& id) {
    return call<std::optional<std::int64_t>>(Operation::inspect_pid, id,
                                             [&] { return world_.docker.inspect_pid(id); });
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
    return call<bool>(Operation::has_image, image, [&]() -> Result<bool> {
        if (world_.images_hidden) return false;
        return world_.docker.has_image(image);
    });
}

Result<CreatedContainer> SimRuntime::create(const EngineRequest& request) {
    auto result = call<CreatedContainer>(Operation::create, request.name, [&] {
        watchdog_.before_create(request);
        if (request.resources.pids == refused_pids) {
            Fault refused{FaultKind::rejected, "docker: change spec.template.resources.pids"};
            refused.bad_request = true;
            return Result<CreatedContainer>(std::move(refused));
        }
        auto created = world_.docker.create(request);
        if (created) watchdog_.after_create(request, created.value().id);
        return created;
    });
    if (result) created_.insert(result.value().id);
    watchdog_.create_ended(request, result.ok());
    return result;
}

Result<void> SimRuntime::start(const std::string& id) {
    auto result = call<void>(Operation::start, id, [&]() -> Result<void> {
        watchdog_.before_change(Operation::start, id);
        if (world_.has(Disturbance::start_slow) && world_.dice.one_in(5)) return start_late(id);
        auto started = world_.docker.start(id);
        if (started) watchdog_.after_start(id);
        return started;
    });
    const bool just_created = created_.erase(id) > 0;
    if (result && just_created) world_.template_accepted = !stage_.killed();
    return result;
}

// Docker continues a start after its caller gave up.
Result<void> SimRuntime::start_late(const std::string& id) {
    watchdog_.start_hangs(id);
    world_.later(Duration{world_.dice.between(31'000, 90'000)},
                 [&world = world_, &watchdog = watchdog_, id] {
                     watchdog.start_ended(id);
                     const auto engine = world.docker.find(id);
                     if (!engine || engine->state != EngineState::created) return;
                     if (world.docker.start(id)) watchdog.after_start(id);
                 });
    stage_.pass(30s);
    return Fault{FaultKind::unavailable, "docker: no answer within 30s", true};
}

Result<void> SimRuntime::stop(const std::string& id, Duration grace) {
    return call<void>(Operation::stop, id, [&]() -> Result<void> {
        watchdog_.before_change(Operation::stop, id);
        if (world_.unstoppable.contains(id)) {
            return Fault{FaultKind::rejected, "docker: cannot stop: permission denied"};
        }
        return world_.docker.stop(id, grace);
    });
}

Result<void> SimRuntime::remove(const std::string& id) {
    const EngineLife* life = world_.life(id);
    const int slot = life == nullptr ? -1 : life->slot;
    await_end_of(id);
    auto result = call<void>(Operation::remove, id, [&]() -> Result<void> {
        watchdog_.before_change(Operation::remove, id);
        if (world_.stuck.contains(id)) {
            return Fault{FaultKind::rejected, "docker: cannot remove: dataset is busy"};
        }
        auto removed = world_.docker.remove(id);
        if (removed) world_.engine_gone(id);
        return removed;
    });
    if (!result.ok()) watchdog_.count_is_lost(slot);
    return result;
}

Result<void> SimRuntime::pull(const PullRequest& request,
                              const std::function<void(const std::string&)>& progress,
                              std::stop_token stop) {
    const Fault cancelled{FaultKind::cancelled, "the pull was cancelled"};
    if (stage_.killed()) return cancelled;
    const std::string& image = request.image;
    watchdog_.pull_begins(image);
    // A pull that nobody wants any more may take its time to end beside the next one.
    const std::stop_callback given_up(stop, [&] { watchdog_.pull_ends(image, true); });
    stage_.pass(Duration{world_.dice.between(10, 8'000)});
    const auto result =
        stop.stop_requested() ? Result<void>(cancelled) : call<void>(Operation::pull, image, [&] {
            return world_.docker.pull(request, progress, stop);
        });
    const bool tried = result.ok() || result.fault().kind != FaultKind::cancelled;
    if (!stop.stop_requested()) watchdog_.pull_ends(image, !tried || result.ok());
    return result;
}

// Simulated controllers get each event from the simulation.
Result<void> SimRuntime::follow_events(const std::function<void()>& /*on_open*/,
                                       const std::function<void(const RuntimeEvent&)>& /*event*/,
                                       std::stop_token /*stop*/) {
    return Fault{FaultKind::unavailable, "there are no events here"};
}

// --- control servers --------------------------------------------------------------------------

GatewayReading SimGateways::read(const GatewaySpec& gateway, const std::string& address) {
    GatewayReading reading = answer(gateway, address);
    auto& told = world_.told[gateway.container];
    told.push_back({world_.clock.elapsed, reading});
    std::string ports;
    for (const int port : reading.forwarded_ports.ports)
        ports += " " + std::to_string(port);
    world_.tell("  " + gateway.container + " says " + std::string(to_string(reading.vpn_status)) +
                ", '" + reading.public_ip.value_or("-") + "', ports" + ports);
    std::erase_if(told, [&](const Told& each) { return each.at + 2min < world_.clock.elapsed; });
    return reading;
}

GatewayReading SimGateways::answer(const GatewaySpec& gateway, const std::string& address) {
    const bool late = world_.has(Disturbance::reply_late) && world_.dice.one_in(4);
    stage_.pass(Duration{late ? world_.dice.between(100, 1'900) : world_.dice.between(1, 5)});
    GatewayReading reading = world_.reading(gateway.container);
    const auto kind = reading.forwarded_ports.kind;
    if (kind == PortsAnswerKind::unreachable || !world_.reaches(address)) {
        stage_.pass(2s);
        return {};
    }
    // One route hangs, and the others have answered.
    if (world_.has(Disturbance::route_hangs) && world_.dice.one_in(4)) {
        stage_.pass(2s);
        reading.forwarded_ports = {};
    }
    return reading;
}

void SimWorkers::do_all_within(std::vector<Job> jobs, Duration patience) {
    const auto left = std::make_shared<std::size_t>(jobs.size());
    for (auto& job : jobs) {
        stage_.begin([job = std::move(job), left] {
            job();
            --*left;
        });
    }
    for (; *left > 0 && patience > 0s && !stage_.killed(); patience -= 1ms)
        stage_.pass(1ms);
}

// --- probes -----------------------------------------------------------------------------------

void SimProbes::begin(const ProbeRequest& request) {
    const Contact met = world_.contact(request.host, request.port);
    ProbeReply reply;
    reply.ticket = request.ticket;
    Duration takes{0};
    if (met == Contact::silence) {
        reply.outcome = ProbeOutcome::silent;
        reply.detail = "no reply to a connection attempt";
        takes = request.timeout;
    } else if (met == Contact::refused) {
        reply.outcome = ProbeOutcome::failed;
        reply.detail = "connection refused";
    } else if (met == Contact::connected && request.kind == ProbeKind::http) {
        reply.outcome = ProbeOutcome::stalled;
        reply.detail = "no reply in time";
        takes = request.timeout;
    } else {
        reply.outcome = ProbeOutcome::answered;
    }
    Reply coming{world_.clock.elapsed + takes, std::move(reply), {}};
    if (met != Contact::silence && met != Contact::refused) note_connection(request, coming);
    replies_.push_back(std::move(coming));
}

// The socket table shows it like everybody's, and its end for a minute. Without viewers nobody
// reads that table.
void SimProbes::note_connection(const ProbeRequest& request, Reply& reply) {
    if (!world_.disturbances.contains(Disturbance::viewers_come)) return;
    const Duration now = world_.clock.elapsed;
    reply.at = std::max(reply.at, now + Duration{world_.dice.below(200)});
    reply.local = world_.viewers.next_peer();
    own_.opened(reply.local);
    world_.viewers.note_probe(world_.namespace_at(request.host), request.port,
                              {reply.local, now, reply.at, world_.dice.one_in(2)});
}

std::vector<ProbeReply> SimProbes::wait(Duration at_most) {
    const Duration now = world_.clock.elapsed;
    std::vector<ProbeReply> ended;
    due = now + at_most;
    std::erase_if(replies_, [&](Reply& each) {
        if (each.at > now) {
            due = std::min(due, each.at);
            return false;
        }
        own_.closed(each.local);
        ended.push_back(std::move(each.reply));
        return true;
    });
    // What the replies make due is known at the next turn.
    if (!ended.empty()) due = now + Duration{1};
    return ended;
}

Result<std::vector<SocketRow>> SimSockets::read(const ContainerProcess& process,
                                                const std::set<int>& ports) {
    const Duration now = world_.clock.elapsed;
    const auto container = world_.docker.find(process.container_id);
    const bool is_there =
        container && container->pid == process.pid &&
        (container->state == EngineState::running || container->state == EngineState::paused);
    const bool readable = is_there && world_.viewers.readable;
    std::vector<SocketRow> rows;
    for (const auto& row : world_.viewers.probes(process.container_id, now)) {
        if (ports.contains(row.port)) rows.push_back(row);
    }
    for (const int port : ports) {
        const bool listens = world_.contact_within(process.container_id, port) != Contact::refused;
        if (listens) rows.push_back({SocketRow::State::listening, port, {}});
    }
    for (const auto& life : world_.lives()) {
        const bool is_here =
            (life.gateway_id.empty() ? life.id : life.gateway_id) == process.container_id;
        if (!is_here || !ports.contains(life.ports.http)) continue;
        if (!readable) {
            watch_.not_told(life.id, now);
            continue;
        }
        bool in_use = false;
        for (const auto& visit : world_.viewers.of(life.id)) {
            const auto row = row_of(visit, life.ports.http, now);
            if (!row || !world_.serves(life)) continue;
            in_use = in_use || row->state == SocketRow::State::established;
            rows.push_back(*row);
        }
        watch_.told(life.id, in_use, now);
    }
    if (readable) {
        watch_.told_without([&](const std::string& id) { return world_.life(id) == nullptr; });
    }
    if (!is_there) return Fault{FaultKind::gone, "there is no such process"};
    if (!readable) return Fault{FaultKind::rejected, "the table cannot be read"};
    return rows;
}

// Of what has not ended.
std::string SimSockets::count(const ContainerProcess& process) {
    const Duration now = world_.clock.elapsed;
    const auto is_open = [](const auto& row) { return row.state != SocketRow::State::ended; };
    auto open = std::ranges::count_if(world_.viewers.probes(process.container_id, now), is_open);
    for (const auto& life : world_.lives()) {
        const bool is_here =
            (life.gateway_id.empty() ? life.id : life.gateway_id) == process.container_id;
        if (!is_here || !world_.serves(life)) continue;
        for (const auto& visit : world_.viewers.of(life.id)) {
            const auto row = row_of(visit, life.ports.http, now);
            open += row && is_open(*row) ? 1 : 0;
        }
    }
    return std::to_string(open);
}

std::vector<PortAnswer> SimPortCheck::ask(const std::vector<PortAddress>& addresses) {
    std::vector<PortAnswer> answers;
    for (const auto& [host, port] : addresses) {
        const Contact met = world_.contact(host, port);
        answers.push_back(met == Contact::silence   ? PortAnswer::silent
                          : met == Contact::refused ? PortAnswer::refused
                                                    : PortAnswer::listens);
    }
    return answers;
}

}  // namespace roundhouse::test
