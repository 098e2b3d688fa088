#include "core/publication.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/forwarding.h"
#include "core/launch.h"

namespace roundhouse {

namespace {

// Neighbouring ports, such as 19100-19199.
struct Run {
    int first = 0;
    int last = 0;

    int size() const { return last - first + 1; }
    std::string shown() const {
        return first == last ? std::to_string(first)
                             : std::to_string(first) + "-" + std::to_string(last);
    }
};

std::vector<Run> runs_of(const std::set<int>& ports) {
    std::vector<Run> runs;
    for (const int port : ports) {
        if (runs.empty() || runs.back().last + 1 != port) runs.push_back({port, port});
        runs.back().last = port;
    }
    return runs;
}

std::string shown(const std::vector<Run>& runs) {
    constexpr std::size_t most = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(runs.size(), most); ++i)
        text += (text.empty() ? "" : ", ") + runs[i].shown();
    return runs.size() > most ? text + " ..." : text;
}

// The range that was probably published for engines: the longest that Gluetun does not use itself.
std::optional<Run> meant_for_engines(const EnginePool& pool, const GatewayView& gateway) {
    constexpr std::array proxies{8888, 8388};  // HTTP and Shadowsocks
    std::set<int> ports = gateway.published_tcp_ports;
    for (const int port : proxies)
        ports.erase(port);
    const auto spec = std::ranges::find(pool.gateways, gateway.name, &GatewaySpec::container);
    if (spec != pool.gateways.end()) ports.erase(spec->control_server.port);
    std::optional<Run> longest;
    for (const Run& run : runs_of(ports)) {
        if (!longest || run.size() > longest->size()) longest = run;
    }
    return longest;
}

Run http_range(const EnginePool& pool, const std::string& gateway) {
    const int base = bases_behind(pool, gateway).http;
    return {base, base + pool.max_active_replicas - 1};
}

std::string inside_docker_only(const EnginePool& pool, const GatewayView& gateway) {
    const std::string wanted = http_range(pool, gateway.name).shown();
    std::string text = "gateway " + gateway.name + " publishes none of the ports " + wanted;
    if (!gateway.published_tcp_ports.empty()) {
        text += ", but " + shown(runs_of(gateway.published_tcp_ports));
    }
    text += ": engines are reachable inside its Docker networks only; publish " + wanted;
    if (const auto run = meant_for_engines(pool, gateway)) {
        text += ", or write ports: {http: " + std::to_string(run->first) +
                "} under this gateway in the spec";
    }
    return text;
}

Condition published(Truth status, std::string reason, std::string message) {
    Condition result;
    result.type = "PortsPublished";
    result.status = status;
    result.reason = std::move(reason);
    result.message = std::move(message);
    return result;
}

// "19000-19019 and 19100-19119", each once.
std::string ranges_of(const EnginePool& pool, const std::vector<std::string>& gateways) {
    std::vector<std::string> ranges;
    std::string text;
    for (const auto& name : gateways) {
        const std::string range = http_range(pool, name).shown();
        if (std::ranges::find(ranges, range) != ranges.end()) continue;
        ranges.push_back(range);
        text += (text.empty() ? "" : " and ") + range;
    }
    return text;
}

std::set<int> published_slots(const EnginePool& pool, const GatewayView& gateway) {
    const int base = bases_behind(pool, gateway.name).http;
    std::set<int> slots;
    for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
        if (gateway.published_tcp_ports.contains(base + slot)) slots.insert(slot);
    }
    return slots;
}

std::string publishes_only(const std::vector<std::string>& gateways, std::size_t count,
                           const EnginePool& pool) {
    std::string text;
    for (const auto& name : gateways)
        text += (text.empty() ? "gateway " : " and ") + name;
    return text + " publishes only " + std::to_string(count) + " of the ports " +
           ranges_of(pool, gateways);
}

}  // namespace

// A slot without a published port is reachable inside Docker only; where some are published and
// others are not, no engine is placed in the others. Each gateway needs ports for its even share of
// the engines.
Condition judge_publication(const EnginePool& pool, const Observation& seen) {
    std::set<int> slots;
    std::vector<std::string> publishers;
    std::string few;  // those that publish less than their share
    std::string down;
    const int wanted = std::min(pool.replicas, pool.max_active_replicas);
    const int share = wanted / std::max(static_cast<int>(pool.gateways.size()), 1);
    for (const auto& gateway : seen.gateways) {
        if (!gateway.declared) continue;
        // Docker lists the published ports of a running container only; they may be known from
        // before.
        const bool is_down =
            gateway.state == GatewayState::missing || gateway.state == GatewayState::stopped ||
            (gateway.state == GatewayState::unknown && gateway.published_tcp_ports.empty());
        if (is_down) {
            down +=
                (down.empty() ? "gateway " : "; gateway ") + gateway.name + " " + gateway.detail;
            continue;
        }
        if (!publishes_some(pool, gateway)) {
            return published(Truth::no, "InsideDockerOnly", inside_docker_only(pool, gateway));
        }
        publishers.push_back(gateway.name);
        const std::set<int> own = published_slots(pool, gateway);
        slots.insert(own.begin(), own.end());
        if (static_cast<int>(own.size()) < share) {
            few += (few.empty() ? "" : "; ") + publishes_only({gateway.name}, own.size(), pool) +
                   ", and " + std::to_string(share) + " engines belong behind it";
        }
    }
    const auto count = static_cast<int>(slots.size());
    if (!down.empty()) {
        return published(Truth::unknown, "PortsNotKnown",
                         "which ports are published is not known: " + down);
    }
    if (!publishers.empty() && count < wanted) {
        few = publishes_only(publishers, slots.size(), pool) + ", and " + std::to_string(wanted) +
              " engines are wanted";
    }
    if (few.empty()) return published(Truth::yes, "Published", "");
    return published(Truth::no, "PartlyPublished", few + ": publish more of them");
}

}  // namespace roundhouse
