#include "loop/observer.h"

#include <algorithm>
#include <utility>

#include "core/names.h"
#include "core/numbers.h"

namespace roundhouse {

namespace {

using Labels = std::map<std::string, std::string>;

std::string label_of(const Labels& labels, std::string_view key) {
    const auto found = labels.find(std::string(key));
    return found == labels.end() ? std::string{} : found->second;
}

int number_of(const Labels& labels, std::string_view key) {
    return parse_number(label_of(labels, key)).value_or(0);
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
    engine.ports = {number_of(labels, label::http_port), number_of(labels, label::https_port),
                    number_of(labels, label::api_port), number_of(labels, label::p2p_port)};
    engine.forwarded = label_of(labels, label::forwarded) == "true";
    engine.followed = label_of(labels, label::followed_port) == "true";
    engine.failures = number_of(labels, label::failures);
    engine.created_at = container.created_at;
    return engine;
}

bool stands_still(EngineState state) {
    return state == EngineState::created || state == EngineState::exited ||
           state == EngineState::dead || state == EngineState::restarting;
}

GatewayView gateway_from(const std::string& name, const GatewayContainer& container) {
    using Health = GatewayContainer::Health;
    GatewayView view;
    view.name = name;
    view.incarnation = {container.id, container.started_at};
    view.address = container.address;
    view.published_tcp_ports = container.published_tcp_ports;
    const auto is = [&](GatewayState state, std::string detail) {
        view.state = state;
        view.detail = std::move(detail);
    };
    if (!container.running && container.state == "paused") {
        is(GatewayState::paused, "is paused");
    } else if (!container.running) {
        is(GatewayState::stopped, "is not running (" + container.state + ")");
    } else if (container.health == Health::unhealthy) {
        is(GatewayState::unhealthy, "is unhealthy");
    } else if (container.health == Health::starting) {
        is(GatewayState::starting, "is starting");
    } else {
        is(GatewayState::ready, "");
    }
    return view;
}

Result<GatewayView> look_at_gateway(Runtime& runtime, const std::string& name) {
    auto container = runtime.inspect_gateway(name);
    if (!container) return container.fault();
    if (container.value()) return gateway_from(name, *container.value());
    GatewayView view;
    view.name = name;
    view.state = GatewayState::missing;
    view.detail = "does not exist";
    return view;
}

}  // namespace

Result<std::vector<EngineView>> look_at_engines(Runtime& runtime, const std::string& pool,
                                                const IsInFlight& in_flight) {
    auto listing = runtime.list_pool(pool);
    if (!listing) return listing.fault();
    std::vector<EngineView> engines;
    engines.reserve(listing.value().size());
    for (const auto& container : listing.value()) {
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

Result<Observation> look(Runtime& runtime, const EnginePool& pool, const IsInFlight& in_flight) {
    Observation seen;
    auto engines = look_at_engines(runtime, pool.name, in_flight);
    if (!engines) return engines.fault();
    seen.engines = std::move(engines.value());

    std::vector<std::string> names;
    for (const auto& gateway : pool.gateways)
        names.push_back(gateway.container);
    const std::size_t declared = names.size();
    for (const auto& engine : seen.engines) {
        const bool known = std::ranges::find(names, engine.gateway) != names.end();
        if (!known && !engine.gateway.empty() && engine.slot) names.push_back(engine.gateway);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto gateway = look_at_gateway(runtime, names[i]);
        if (!gateway) return gateway.fault();
        gateway.value().declared = i < declared;
        seen.gateways.push_back(std::move(gateway.value()));
    }
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

}  // namespace roundhouse
