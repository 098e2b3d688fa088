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
    list_doubled,  // a container stands in a list twice
    answer_bad,    // for a while, all that is asked about one subject is answered with a fault
    docker_away,
    event_lost,
    event_late,
    inspect_hangs,   // of a container that ends: no answer in its deadline
    start_slow,      // a start takes longer than the call for it waits
    removal_stuck,   // one container cannot be removed, and perhaps not stopped, ever
    create_in_vain,  // the new engine has another network mode than was asked for
    pull_in_vain,    // the image is still missing after a pull that went well
    // Engines.
    engine_ends,
    engine_exits_early,
    engine_slow,
    engine_hangs,
    queue_full,  // it hangs, and its accept queue is full: connections to it get no reply
    engine_paused,
    engine_removed,
    engine_renamed,
    engine_dead,
    engine_doubled,  // a second container of its slot takes its name, and does not run
    labels_broken,
    p2p_closed,
    p2p_ignored,    // the image never listens on the port that it is given
    viewers_come,   // and go; in worlds without them no socket table can be read
    tables_hidden,  // the socket tables cannot be read for a while
    // Gateways.
    gateway_restarted,
    gateway_recreated,
    gateway_republished,  // made again, with other published ports
    gateway_renamed,      // and the spec follows soon
    gateway_restarts_often,
    gateway_starts_in_parts,  // its public IP comes after it is healthy, and its ports after that
    gateway_stopped,
    gateway_removed,
    gateway_unhealthy,
    health_flaps,  // Docker's, while the control server says all along that the VPN runs
    gateway_paused,
    gateway_unreachable,  // the controller reaches nothing in its namespace
    // What control servers say.
    ports_move,
    ports_lost,
    ports_many,
    ports_move_one,  // of two, again and again
    replies_broken,
    reply_late,   // for longer than a round waits
    route_hangs,  // the one that tells the forwarded ports
    vpn_lost,
    vpn_back_in_parts,  // the public IP comes long after the status, and the ports after that
    vpn_blinks,         // in less time than passes between two looks, with the same public IP
    ip_flaps,           // while the VPN runs
    way_lost,
    // Others in a gateway's namespace.
    neighbour_joins,  // an engine of another pool
    stranger_joins,   // something without labels
    other_leaves,
    // The rest of the world.
    stranger_takes_name,
    cap_lowered,  // to the number of wanted engines, when strangers free the names of low slots
    lookalike,
    image_vanishes,
    image_broken,
    spec_edited,
    template_refused,  // an edit asks for what Docker or a registry refuses, and a later one does
                       // not
    bad_edit,
    clock_set,
    controller_crashes,
    last = controller_crashes,
};

inline constexpr int disturbance_count = static_cast<int>(Disturbance::last) + 1;

// "gateway_restarted" ...
std::string_view to_string(Disturbance disturbance);

}  // namespace roundhouse::test
