#include "core/observation.h"

#include <algorithm>
#include <cstddef>

namespace roundhouse {

// Nothing shows which of the containers it is.
std::string describe_stranger(const GatewayView& gateway) {
    constexpr std::size_t most = 3;
    std::string names;
    for (std::size_t i = 0; i < std::min(gateway.guests.size(), most); ++i)
        names += (names.empty() ? ", perhaps of container " : " or ") + gateway.guests[i];
    return "a process that is not ours" + names;
}

std::string describe(const RuntimeView& runtime) {
    if (runtime.name.empty()) return "";
    return runtime.name + " " + runtime.version + ", API " + runtime.api_version;
}

std::string describe(const Network& network) {
    if (network.joins.empty()) return "network " + network.name;
    return "the network of container " + network.joins.substr(0, 12);
}

std::string_view to_string(EngineState state) {
    switch (state) {
        case EngineState::created: return "created";
        case EngineState::running: return "running";
        case EngineState::paused: return "paused";
        case EngineState::restarting: return "restarting";
        case EngineState::removing: return "removing";
        case EngineState::exited: return "exited";
        case EngineState::dead: return "dead";
    }
    return "unknown";
}

std::string_view to_string(GatewayState state) {
    switch (state) {
        case GatewayState::missing: return "missing";
        case GatewayState::stopped: return "stopped";
        case GatewayState::paused: return "paused";
        case GatewayState::starting: return "starting";
        case GatewayState::unhealthy: return "unhealthy";
        case GatewayState::ready: return "ready";
        case GatewayState::unknown: return "unknown";
    }
    return "unknown";
}

std::string_view to_string(VpnStatus status) {
    switch (status) {
        case VpnStatus::starting: return "starting";
        case VpnStatus::running: return "running";
        case VpnStatus::stopping: return "stopping";
        case VpnStatus::stopped: return "stopped";
        case VpnStatus::crashed: return "crashed";
        case VpnStatus::completed: return "completed";
        case VpnStatus::unknown: break;
    }
    return "unknown";
}

}  // namespace roundhouse
