#include "core/balance.h"

#include <algorithm>
#include <tuple>

namespace roundhouse {

namespace {

const GatewaySpec* spec_of(const EnginePool& pool, const std::string& gateway) {
    const auto spec = std::ranges::find(pool.gateways, gateway, &GatewaySpec::container);
    return spec == pool.gateways.end() ? nullptr : &*spec;
}

// The smaller, the better.
auto rank_of(const BalanceCandidate& candidate) {
    const int viewers = candidate.sessions.value_or(1) + candidate.awaited;
    const bool in_turn = !candidate.sessions && candidate.last_sent_ago;
    const Duration turn = in_turn ? -*candidate.last_sent_ago : Duration::min();
    return std::tuple(candidate.plays_the_stream, viewers, turn, !candidate.has_forwarded_port,
                      candidate.slot);
}

}  // namespace

std::optional<HostPort> published_port(const EnginePool& pool, const Observation& seen,
                                       const std::string& gateway, int port) {
    if (pool.gateways.empty()) {
        const bool everywhere = pool.publish == "0.0.0.0" || pool.publish == "::";
        return HostPort{everywhere ? "" : pool.publish, port};
    }
    const auto view = std::ranges::find(seen.gateways, gateway, &GatewayView::name);
    if (view == seen.gateways.end()) return std::nullopt;
    const auto found = view->host_ports.find(port);
    if (found != view->host_ports.end()) return found->second;
    // Its namespace is the machine's own: nothing has to be published.
    if (view->address == "127.0.0.1" || view->address == "localhost") return HostPort{"", port};
    return std::nullopt;
}

std::vector<EngineOffer> engine_offers(const EnginePool& pool, const Observation& seen,
                                       const Plan& plan) {
    std::vector<EngineOffer> offers;
    for (const Decision& decision : plan.decisions) {
        if (!decision.ready || decision.action) continue;
        const auto engine = std::ranges::find(seen.engines, decision.engine_id, &EngineView::id);
        EngineOffer offer;
        offer.id = decision.engine_id;
        offer.name = decision.engine;
        offer.gateway = decision.gateway;
        offer.slot = decision.slot;
        offer.has_forwarded_port = decision.has_forwarded_port;
        offer.draining = decision.draining;
        if (engine != seen.engines.end() && engine->usage) {
            offer.sessions = engine->usage->sessions;
        }
        offer.port = decision.port;
        const GatewaySpec* spec = spec_of(pool, decision.gateway);
        if (spec != nullptr && spec->host != spec->container) offer.given_host = spec->host;
        if (!pool.gateways.empty()) {
            offer.inside_host = decision.gateway;
        } else if (pool.network != "bridge") {  // which has no names
            offer.inside_host = decision.engine;
        }
        offer.published = published_port(pool, seen, decision.gateway, decision.port);
        offers.push_back(std::move(offer));
    }
    return offers;
}

std::optional<std::size_t> best_candidate(const std::vector<BalanceCandidate>& candidates) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i].draining) continue;
        if (!best || rank_of(candidates[i]) < rank_of(candidates[*best])) best = i;
    }
    return best;
}

}  // namespace roundhouse
