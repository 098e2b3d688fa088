#include "loop/observer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/launch.h"
#include "core/names.h"
#include "core/numbers.h"

namespace roundhouse {

namespace {

using Labels = std::map<std::string, std::string>;

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

EngineView engine_from(const ContainerListing& container, const std::string& pool) {
    const Labels& labels = container.labels;
    EngineView engine;
    engine.id = container.id;
    // Docker takes an id where it takes a name.
    engine.name = container.name.empty() ? container.id.substr(0, 12) : container.name;
    if (engine.name.empty()) engine.name = "(no name)";
    engine.slot = parse_number(label_of(labels, label::slot));
    engine.unknown = container.unreadable;
    // One that has the other labels is ours, and counts.
    const bool lacks_slot = !engine.slot && labels.contains(std::string(label::template_hash));
    if (lacks_slot && engine.unknown.empty()) {
        engine.unknown = "its label " + std::string(label::slot) + " cannot be read";
    }
    if (!engine.slot && !engine.unknown.empty()) engine.slot = slot_of_name(pool, engine.name);
    engine.state = container.state;
    engine.network = container.network;
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

// A row whose labels cannot be read is ours if its name could be, or cannot be read either: it may
// be one of the engines, and is counted.
bool is_of_pool(const ContainerListing& container, const std::string& pool) {
    const std::string labelled = label_of(container.labels, label::pool);
    if (!labelled.empty() || container.unreadable.empty()) return labelled == pool;
    return container.name.empty() || slot_of_name(pool, container.name).has_value();
}

bool runs(EngineState state) {
    return state == EngineState::running || state == EngineState::paused;
}

// Engines of other pools that listen in some container's namespace: where the list does not tell
// whose that is, their labels do.
std::vector<NeighbourView> neighbours_in(const std::vector<ContainerListing>& listing,
                                         const std::string& pool) {
    std::vector<NeighbourView> neighbours;
    for (const auto& container : listing) {
        std::string other = label_of(container.labels, label::pool);
        const Network& network = container.network;
        std::string gateway_id =
            network.is_known() ? network.joins : label_of(container.labels, label::gateway_id);
        if (other == pool || gateway_id.empty() || !runs(container.state)) continue;
        neighbours.push_back({container.id, container.name, std::move(other), std::move(gateway_id),
                              ports_of(container.labels), container.created_at});
    }
    return neighbours;
}

bool stands_still(EngineState state) {
    return state == EngineState::created || state == EngineState::exited ||
           state == EngineState::dead || state == EngineState::restarting;
}

void look_at_gateway(Runtime& runtime, GatewaySighting& sighting) {
    auto container = runtime.inspect_gateway(sighting.name);
    if (!container) {
        sighting.unknown = container.fault().message;
        return;
    }
    sighting.container = std::move(container.value());
}

// Each container once, however often it is listed.
Result<std::vector<ContainerListing>> list_each_once(Runtime& runtime) {
    auto listing = runtime.list_engines();
    if (!listing) return listing.fault();
    std::set<std::string> ids;
    std::erase_if(listing.value(), [&](const ContainerListing& container) {
        return !container.id.empty() && !ids.insert(container.id).second;
    });
    return listing;
}

// Asks for what the list does not show of an engine. Returns false when it was removed since.
bool look_closer(Runtime& runtime, EngineView& engine) {
    if (!engine.network.is_known()) {
        auto network = runtime.inspect_network(engine.id);
        if (network && !network.value()) return false;
        if (network) engine.network = std::move(*network.value());
        if (!engine.network.joins.empty()) engine.address.clear();
        if (!network) engine.unknown = network.fault().message;
    }
    if (!engine.unknown.empty() || !stands_still(engine.state)) return true;
    auto end = runtime.inspect_end(engine.id);
    if (end && !end.value()) return false;
    if (end) {
        engine.end = std::move(*end.value());
    } else if (end.fault().kind == FaultKind::rejected) {
        // Docker knows that it does not run, and no more: a broken leftover.
        engine.end = EngineEnd{};
        engine.end->start_error = end.fault().message;
    } else {
        engine.unknown = end.fault().message;
    }
    return true;
}

std::vector<EngineView> engines_in(const std::vector<ContainerListing>& listing,
                                   const std::string& pool) {
    std::vector<EngineView> engines;
    for (const auto& container : listing) {
        if (!is_of_pool(container, pool)) continue;
        engines.push_back(engine_from(container, pool));
    }
    return engines;
}

// Looks closer at the engines of which the list does not show everything, beside `others`.
void look_closer_at_all(Runtime& runtime, Workers& workers, std::vector<EngineView>& engines,
                        const IsInFlight& in_flight, std::vector<Job> others) {
    std::vector<EngineView> left;
    std::vector<char> is_there(engines.size(), 1);  // each written by its own job
    for (std::size_t i = 0; i < engines.size(); ++i) {
        EngineView& engine = engines[i];
        const bool is_told = !stands_still(engine.state) && engine.network.is_known();
        const bool changes = engine.slot && in_flight(*engine.slot);
        if (is_told || changes || !engine.unknown.empty()) continue;
        others.emplace_back(
            [&, &there = is_there[i]] { there = look_closer(runtime, engine) ? 1 : 0; });
    }
    workers.do_all(others);
    for (std::size_t i = 0; i < engines.size(); ++i) {
        if (is_there[i] != 0) left.push_back(std::move(engines[i]));
    }
    engines = std::move(left);
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

// An engine whose slot neither its label nor its name tells: its ports do, as long as the spec
// gives out the same ones.
void find_slots_by_ports(const EnginePool& pool, std::vector<EngineView>& engines) {
    for (auto& engine : engines) {
        if (engine.slot || engine.unknown.empty() || engine.ports.http == 0) continue;
        const int slot = engine.ports.http - bases_behind(pool, engine.gateway).http;
        if (slot >= 0 && slot < pool.max_active_replicas) engine.slot = slot;
    }
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

}  // namespace

Result<std::vector<EngineView>> look_at_engines(Runtime& runtime, Workers& workers,
                                                const std::string& pool,
                                                const IsInFlight& in_flight) {
    const auto listed = list_each_once(runtime);
    if (!listed) return listed.fault();
    auto engines = engines_in(listed.value(), pool);
    look_closer_at_all(runtime, workers, engines, in_flight, {});
    return engines;
}

Result<Sightings> look(Runtime& runtime, Workers& workers, const EnginePool& pool,
                       const IsInFlight& in_flight) {
    Sightings seen;
    const auto listed = list_each_once(runtime);
    if (!listed) return listed.fault();
    seen.neighbours = neighbours_in(listed.value(), pool.name);
    seen.engines = engines_in(listed.value(), pool.name);
    find_slots_by_ports(pool, seen.engines);
    for (const auto& declared : pool.gateways)
        seen.gateways.push_back({declared.container, true, {}, {}, {}, {}});
    std::vector<Job> inspections;
    for (auto& gateway : seen.gateways)
        inspections.emplace_back([&] { look_at_gateway(runtime, gateway); });
    look_closer_at_all(runtime, workers, seen.engines, in_flight, std::move(inspections));

    const auto not_known = std::ranges::find_if(
        seen.gateways, [](const GatewaySighting& gateway) { return !gateway.unknown.empty(); });
    const std::string doubt = not_known == seen.gateways.end() ? "" : not_known->unknown;
    for (const auto& name : former_gateways(seen)) {
        GatewaySighting former{name, false, {}, {}, {}, {}};
        look_at_gateway(runtime, former);
        // One that is not known may be this one under its new name.
        if (!former.container && former.unknown.empty()) former.unknown = doubt;
        seen.gateways.push_back(std::move(former));
    }
    use_present_names(seen);
    seen.runtime = runtime.about();
    return seen;
}

void look_before_creating(Runtime& runtime, Workers& workers, const EnginePool& pool,
                          Observation& seen) {
    Result<bool> present = false;
    Result<std::vector<NameHolder>> holders = std::vector<NameHolder>{};
    workers.do_all({[&] { present = runtime.has_image(pool.engine_template.image); },
                    [&] { holders = runtime.list_names(pool.name + "-"); }});
    seen.image.present = !present || present.value();
    seen.image.unknown = present ? "" : present.fault().message;

    // Where names are not known, the create says whether one is taken.
    seen.names_unknown = holders ? "" : holders.fault().message;
    if (!holders) return;
    for (const auto& holder : holders.value()) {
        const auto slot = slot_of_name(pool.name, holder.name);
        // One of ours that is new since the listing is no stranger: the create will say "conflict".
        const bool ours = label_of(holder.labels, label::pool) == pool.name &&
                          parse_number(label_of(holder.labels, label::slot)) == slot;
        if (!slot || ours) continue;
        seen.foreign_names.emplace(*slot, holder.name);
    }
}

}  // namespace roundhouse
