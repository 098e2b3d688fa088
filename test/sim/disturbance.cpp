#include "sim/disturbance.h"

#include <array>

namespace roundhouse::test {

namespace {

// In the order of the enum.
constexpr std::array<std::string_view, disturbance_count> names = {
    "call_fails",
    "reply_lost",
    "call_slow",
    "list_stale",
    "list_doubled",
    "answer_bad",
    "docker_away",
    "event_lost",
    "event_late",
    "inspect_hangs",
    "start_slow",
    "removal_stuck",
    "create_in_vain",
    "pull_in_vain",
    "engine_ends",
    "engine_exits_early",
    "engine_slow",
    "engine_hangs",
    "queue_full",
    "engine_paused",
    "engine_removed",
    "engine_renamed",
    "engine_dead",
    "engine_doubled",
    "labels_broken",
    "p2p_closed",
    "p2p_ignored",
    "viewers_come",
    "tables_hidden",
    "gateway_restarted",
    "gateway_recreated",
    "gateway_republished",
    "gateway_renamed",
    "gateway_restarts_often",
    "gateway_starts_in_parts",
    "gateway_stopped",
    "gateway_removed",
    "gateway_unhealthy",
    "health_flaps",
    "gateway_paused",
    "gateway_unreachable",
    "ports_move",
    "ports_lost",
    "ports_many",
    "ports_move_one",
    "replies_broken",
    "reply_late",
    "route_hangs",
    "vpn_lost",
    "vpn_back_in_parts",
    "vpn_blinks",
    "ip_flaps",
    "way_lost",
    "neighbour_joins",
    "stranger_joins",
    "other_leaves",
    "stranger_takes_name",
    "cap_lowered",
    "lookalike",
    "image_vanishes",
    "image_broken",
    "spec_edited",
    "template_refused",
    "bad_edit",
    "clock_set",
    "controller_crashes",
};
static_assert(!names.back().empty());

}  // namespace

std::string_view to_string(Disturbance disturbance) {
    return names[static_cast<std::size_t>(disturbance)];
}

}  // namespace roundhouse::test
