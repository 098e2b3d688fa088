#include "loop/observer.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "core/names.h"
#include "core/numbers.h"

namespace roundhouse {

namespace {

using Labels = std::map<std::string, std::string>;

constexpr std::string_view joiner_prefix = "container:";
// A label may hold any number. The longest wait between two tries comes long before this one.
constexpr int most_failures = 1000;

std::string label_of(const Labels& labels, std::string_view key) {
    const auto found = labels.find(std::string(key));
    return found == labels.end() ? std::string{} : found->second;
}

int number_of(const Labels& labels, std::string_view key) {
    return parse_number(label_of(labels, key)).value_or(0);
}

EnginePorts ports_of(const Labels& labels) {
    return {number_of(labels, label::http_port), number_of(labels, label::https_port),
            number_of(labels, label::api_port), number_of(labels, label::p2p_port)};
}

EngineView engine_from(const ContainerListing& container) {
    const Labels& labels = container.labels;
    EngineView engine;
    engine.id = container.id;
    engine.name = container.name;
    engine.slot = parse_number(label_of(labels, label::slot));
    engine.state = container.state;
    engine.network_mode = container.network_mode;
    engine.address = container.address;
    engine.image = container.image;
    engine.gateway = label_of(labels, label::gateway);
    engine.incarnation = {label_of(labels, label::gateway_id),
                          label_of(labels, label::gateway_started_at)};
    engine.template_hash = label_of(labels, label::template_hash);
    engine.ports = ports_of(labels);
    engine.made_with_forwarded_port = label_of(labels, label::forwarded) == "true";
    engine.followed = label_of(labels, label::followed_port) == "true";
    engine.failures = std::min(number_of(labels, label::failures), most_failures);
    engine.created_at = container.created_at;
    return engine;
}

bool runs(EngineState state) {
    return state == EngineState::running || state == EngineState::paused;
}

// Engines of other pools that listen in some container's namespace.
std::vector<NeighbourView> neighbours_in(const std::vector<ContainerListing>& listing,
                                         const std::string& pool) {
    std::vector<NeighbourView> neighbours;
    for (const auto& container : listing) {
        std::string other = label_of(container.labels, label::pool);
        const bool joins = container.network_mode.starts_with(joiner_prefix);
        if (other == pool || !joins || !runs(container.state)) continue;
        neighbours.push_back({container.id, container.name, std::move(other),
                              container.network_mode.substr(joiner_prefix.size()),
                              ports_of(container.labels), container.created_at});
    }
    return neighbours;
}

bool stands_still(EngineState state) {
    return state == EngineState::created || state == EngineState::exited ||
           state == EngineState::dead || state == EngineState::restarting;
}

Result<GatewaySighting> look_at_gateway(Runtime& runtime, const std::string& name) {
    auto container = runtime.inspect_gateway(name);
    if (!container) return container.fault();
    GatewaySighting sighting;
    sighting.name = name;
    sighting.container = std::move(container.value());
    return sighting;
}

// Each container once, however often it is listed.
Result<std::vector<ContainerListing>> list_each_once(Runtime& runtime) {
    auto listing = runtime.list_engines();
    if (!listing) return listing.fault();
    std::set<std::string> ids;
    std::erase_if(listing.value(), [&](const ContainerListing& container) {
        return !ids.insert(container.id).second;
    });
    return listing;
}

Result<std::vector<EngineView>> engines_in(Runtime& runtime,
                                           const std::vector<ContainerListing>& listing,
                                           const std::string& pool, const IsInFlight& in_flight) {
    std::vector<EngineView> engines;
    for (const auto& container : listing) {
        if (label_of(container.labels, label::pool) != pool) continue;
        EngineView engine = engine_from(container);
        if (stands_still(engine.state) && !(engine.slot && in_flight(*engine.slot))) {
            auto end = runtime.inspect_end(engine.id);
            if (!end && end.fault().kind == FaultKind::rejected) {
                // Docker knows that it does not run, and no more: a broken leftover. Were that the
                // fault of the look, one such container would stop all healing.
                engine.end = EngineEnd{};
                engine.end->start_error = end.fault().message;
            } else if (!end) {
                return end.fault();
            } else if (!end.value()) {
                continue;  // removed since the listing
            } else {
                engine.end = *end.value();
            }
        }
        engines.push_back(std::move(engine));
    }
    return engines;
}

// Gateways that only engines still name. One that was renamed has its engines, by its id, under its
// new name.
std::vector<std::string> former_gateways(const Sightings& seen) {
    std::vector<std::string> names;
    const auto is_declared = [&](const EngineView& engine) {
        return std::ranges::any_of(seen.gateways, [&](const GatewaySighting& gateway) {
            return gateway.name == engine.gateway ||
                   (gateway.container && gateway.container->id == engine.incarnation.id);
        });
    };
    for (const auto& engine : seen.engines) {
        if (!engine.slot || engine.gateway.empty() || is_declared(engine)) continue;
        const bool known = std::ranges::find(names, engine.gateway) != names.end();
        if (!known) names.push_back(engine.gateway);
    }
    return names;
}

// An engine belongs to the container that it joined, whatever name that has by now.
void use_present_names(Sightings& seen) {
    for (auto& engine : seen.engines) {
        for (const auto& gateway : seen.gateways) {
            const bool joined = gateway.container && !engine.incarnation.id.empty() &&
                                gateway.container->id == engine.incarnation.id;
            if (joined && gateway.declared) engine.gateway = gateway.name;
        }
    }
}

// Whether no engine of the step's own may listen on the new engine's HTTP port, so that whatever
// listens there is a stranger. An engine whose label names an earlier start of the gateway may have
// been started after the later one.
bool is_vacant(const Step& step, const Placement& place, const Observation& seen) {
    const auto engine = std::ranges::find(seen.engines, step.engine_id, &EngineView::id);
    if (engine == seen.engines.end() || !runs(engine->state)) return true;
    return engine->incarnation.id != place.incarnation.id;
}

}  // namespace

Result<std::vector<EngineView>> look_at_engines(Runtime& runtime, const std::string& pool,
                                                const IsInFlight& in_flight) {
    const auto listed = list_each_once(runtime);
    if (!listed) return listed.fault();
    return engines_in(runtime, listed.value(), pool, in_flight);
}

Result<Sightings> look(Runtime& runtime, const EnginePool& pool, const IsInFlight& in_flight) {
    Sightings seen;
    const auto listed = list_each_once(runtime);
    if (!listed) return listed.fault();
    seen.neighbours = neighbours_in(listed.value(), pool.name);
    auto engines = engines_in(runtime, listed.value(), pool.name, in_flight);
    if (!engines) return engines.fault();
    seen.engines = std::move(engines.value());

    for (const auto& declared : pool.gateways) {
        auto gateway = look_at_gateway(runtime, declared.container);
        if (!gateway) return gateway.fault();
        seen.gateways.push_back(std::move(gateway.value()));
    }
    for (const auto& name : former_gateways(seen)) {
        auto gateway = look_at_gateway(runtime, name);
        if (!gateway) return gateway.fault();
        gateway.value().declared = false;
        seen.gateways.push_back(std::move(gateway.value()));
    }
    use_present_names(seen);
    return seen;
}

Result<void> look_before_creating(Runtime& runtime, const EnginePool& pool, Observation& seen) {
    auto present = runtime.has_image(pool.engine_template.image);
    if (!present) return present.fault();
    seen.image.present = present.value();

    auto holders = runtime.list_names(pool.name + "-");
    if (!holders) return holders.fault();
    for (const auto& holder : holders.value()) {
        const auto slot = slot_of_name(pool.name, holder.name);
        // One of ours that is new since the listing is no stranger: the create will say "conflict".
        const bool ours = label_of(holder.labels, label::pool) == pool.name &&
                          parse_number(label_of(holder.labels, label::slot)) == slot;
        if (!slot || ours) continue;
        seen.foreign_names.emplace(*slot, holder.id);
    }
    return {};
}

bool look_for_strangers(PortCheck& ports, const Plan& plan, Observation& seen,
                        std::set<PortAddress>& asked) {
    std::vector<PortAddress> addresses;
    std::vector<GatewayView*> gateways;  // of each address
    const auto add = [&](const std::string& gateway, int port) {
        const auto home = std::ranges::find(seen.gateways, gateway, &GatewayView::name);
        // Inside Docker: behind a published port Docker itself may take every connection.
        if (home == seen.gateways.end() || home->address.empty()) return;
        if (!asked.insert({home->address, port}).second) return;
        addresses.push_back({home->address, port});
        gateways.push_back(&*home);
    };
    const auto add_step = [&](const Step& step) {
        const auto& place = step.placement ? step.placement : step.next_place;
        if (place && is_vacant(step, *place, seen)) add(place->gateway, place->ports.http);
        if (step.action != Action::start) return;
        const auto engine = std::ranges::find(seen.engines, step.engine_id, &EngineView::id);
        if (engine != seen.engines.end()) add(engine->gateway, engine->ports.http);
    };
    std::ranges::for_each(plan.steps, add_step);
    std::ranges::for_each(plan.waiting_for_image, add_step);
    if (addresses.empty()) return false;
    const std::vector<bool> taken = ports.anyone_listens(addresses);
    bool found = false;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (taken[i])
            found = gateways[i]->strangers_ports.insert(addresses[i].port).second || found;
    }
    return found;
}

}  // namespace roundhouse
