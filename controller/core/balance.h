// Which engine a viewer is sent to. Pure: a list of engines in, one of them out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/host_port.h"
#include "core/observation.h"
#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse {

// An engine that is ready, and where clients can reach it.
struct EngineOffer {
    std::string id;  // of its container
    std::string name;
    std::string gateway;  // empty in a pool without gateways
    int slot = -1;
    bool has_forwarded_port = false;  // more peers reach it
    bool draining = false;            // it is to go once its viewers have left
    std::optional<int> sessions;      // nullopt: not known

    std::string given_host;   // that the spec gives; empty: none
    std::string inside_host;  // its name on Docker's networks; empty: it has none
    int port = 0;             // there
    // On its machine; an empty host is every address of the machine. nullopt: not published.
    std::optional<HostPort> published;
    // By which clients know its machine; empty: by the name that they reached this program by.
    std::string machine;

    bool operator==(const EngineOffer&) const = default;
};

// The engines of a round that are ready and have no step due.
std::vector<EngineOffer> engine_offers(const EnginePool& pool, const Observation& seen,
                                       const Plan& plan);

// An engine's port as it is published on the host; nullopt: it is not.
std::optional<HostPort> published_port(const EnginePool& pool, const Observation& seen,
                                       const std::string& gateway, int port);

// What counts when one viewer is to be sent to an engine.
struct BalanceCandidate {
    int slot = -1;
    bool draining = false;
    bool has_forwarded_port = false;
    // It plays for somebody the stream that the viewer asks for. An engine gives a live stream to
    // one player, so a second one would take it away from the first.
    bool plays_the_stream = false;
    std::optional<int> sessions;  // nullopt: not known
    int awaited = 0;              // viewers that were just sent there, and are no session yet
    std::optional<Duration> last_sent_ago;

    bool operator==(const BalanceCandidate&) const = default;
};

// The place in the list of the best one: not draining; one that does not play the stream already;
// the fewest viewers; a forwarded port; the lowest slot. An engine whose sessions are not known
// counts as one with a viewer, and of these the one comes first that was not sent a viewer for
// longest. nullopt: all are draining.
std::optional<std::size_t> best_candidate(const std::vector<BalanceCandidate>& candidates);

}  // namespace roundhouse
