// Everything that goes wrong in simulated worlds. Each world knows some of it (swarm testing): what
// happens all the time hides what needs quiet to go wrong.
#pragma once

#include <string_view>

namespace roundhouse::test {

enum class Disturbance {
    // Calls to Docker.
    call_fails,
    reply_lost,
    call_slow,
    list_stale,
    docker_away,
    // Engines.
    engine_ends,
    engine_exits_early,
    engine_slow,
    engine_hangs,
    engine_paused,
    engine_removed,
    engine_renamed,
    engine_dead,
    p2p_closed,
    // Gateways.
    gateway_restarted,
    gateway_recreated,
    gateway_stopped,
    gateway_removed,
    gateway_unhealthy,
    gateway_paused,
    // What control servers say.
    ports_move,
    ports_lost,
    ports_many,
    replies_broken,
    vpn_lost,
    way_lost,
    // The rest of the world.
    stranger_takes_name,
    lookalike,
    image_vanishes,
    image_broken,
    spec_edited,
    bad_edit,
    clock_set,
    controller_crashes,
    last = controller_crashes,
};

inline constexpr int disturbance_count = static_cast<int>(Disturbance::last) + 1;

// "gateway_restarted" ...
std::string_view to_string(Disturbance disturbance);

}  // namespace roundhouse::test
