#include "core/reason.h"

namespace roundhouse {

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::missing: return "Missing";
        case Reason::not_started: return "NotStarted";
        case Reason::gateway_restarted: return "GatewayRestarted";
        case Reason::gateway_recreated: return "GatewayRecreated";
        case Reason::gateway_gone: return "GatewayGone";
        case Reason::gateway_not_ready: return "GatewayNotReady";
        case Reason::gateway_undeclared: return "GatewayUndeclared";
        case Reason::outside_gateway: return "OutsideGateway";
        case Reason::exited: return "Exited";
        case Reason::start_failed: return "StartFailed";
        case Reason::probe_failed: return "ProbeFailed";
        case Reason::startup_timed_out: return "StartupTimedOut";
        case Reason::p2p_port_closed: return "P2PPortClosed";
        case Reason::template_changed: return "TemplateChanged";
        case Reason::forwarded_port_changed: return "ForwardedPortChanged";
        case Reason::gateway_reconnected: return "GatewayReconnected";
        case Reason::rebalanced: return "Rebalanced";
        case Reason::drain_requested: return "DrainRequested";
        case Reason::surplus: return "Surplus";
        case Reason::slot_out_of_range: return "SlotOutOfRange";
        case Reason::duplicate_slot: return "DuplicateSlot";
        case Reason::port_conflict: return "PortConflict";
        case Reason::image_missing: return "ImageMissing";
        case Reason::image_stale: return "ImageStale";
        case Reason::up_to_date: return "UpToDate";
        case Reason::starting: return "Starting";
        case Reason::paused: return "Paused";
        case Reason::probe_failing: return "ProbeFailing";
        case Reason::not_probed: return "NotProbed";
        case Reason::probe_unreachable: return "ProbeUnreachable";
        case Reason::not_understood: return "NotUnderstood";
        case Reason::rotating: return "Rotating";
        case Reason::in_flight: return "InFlight";
        case Reason::being_removed: return "BeingRemoved";
        case Reason::cannot_be_removed: return "CannotBeRemoved";
        case Reason::unreadable_labels: return "UnreadableLabels";
        case Reason::backoff: return "Backoff";
        case Reason::rollout_budget: return "RolloutBudget";
        case Reason::in_use: return "InUse";
        case Reason::forwarded_port_awaited: return "ForwardedPortAwaited";
        case Reason::no_free_slot: return "NoFreeSlot";
        case Reason::no_published_port: return "NoPublishedPort";
        case Reason::port_in_use: return "PortInUse";
        case Reason::name_taken: return "NameTaken";
        case Reason::image_pulling: return "ImagePulling";
        case Reason::image_pull_backoff: return "ImagePullBackoff";
    }
    return "Unknown";
}

}  // namespace roundhouse
