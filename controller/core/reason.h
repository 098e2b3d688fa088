// Why a step is taken or not taken. A closed set: it feeds the log, the metric label, the status,
// the events and the output of `plan`.
#pragma once

#include <string_view>

namespace roundhouse {

enum class Reason {
    // Why a step is taken.
    missing,             // fewer engines than wanted
    not_started,         // created, but never started
    gateway_restarted,   // same gateway container, new namespace
    gateway_recreated,   // new gateway container under the name
    gateway_gone,        // the gateway's container is no more
    gateway_not_ready,   // not ready for longer than failover.after; or: waits for it to be ready
    gateway_undeclared,  // the spec names this gateway no longer
    outside_gateway,     // runs outside every declared gateway's namespace
    exited,
    start_failed,
    probe_failed,
    startup_timed_out,
    p2p_port_closed,  // answers over HTTP, but does not listen on its P2P port
    template_changed,
    forwarded_port_changed,
    gateway_reconnected,  // the gateway's VPN connected anew
    rebalanced,           // its gateway has more engines than another
    drain_requested,      // a person asked for it
    surplus,
    slot_out_of_range,  // in a slot beyond maxActiveReplicas
    duplicate_slot,
    port_conflict,  // somebody else in the namespace uses its port
    image_missing,
    image_stale,

    // Why an engine is left as it is.
    up_to_date,
    starting,
    paused,
    probe_failing,      // fewer failures than the threshold
    not_probed,         // this controller has not asked it yet
    probe_unreachable,  // nothing in the namespace replies, so nothing is known
    not_understood,     // Docker's answer about it cannot be used
    rotating,           // its VPN reconnects so often that engines are not restarted each time

    // Why a step has to wait.
    in_flight,
    being_removed,
    cannot_be_removed,  // Docker has refused to remove it several times
    unreadable_labels,
    backoff,
    rollout_budget,
    in_use,                  // somebody watches: see DrainSpec
    forwarded_port_awaited,  // its gateway is ready, and may forward a port soon
    no_free_slot,
    no_published_port,
    port_in_use,
    name_taken,
    image_pulling,
    image_pull_backoff,
};

// "UpToDate", "GatewayRecreated" ...: the word that users see.
std::string_view to_string(Reason reason);

}  // namespace roundhouse
