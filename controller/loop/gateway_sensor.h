// Decides each gateway's state, and measures what only time can show: how long it has (not) been
// ready, how long each forwarded port has been reported, and when its VPN last reconnected.
//
// What is seen first is never a change. A new incarnation of a gateway starts with an empty memory,
// except for how often its container was started. An answer that is missing contradicts nothing.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/observation.h"
#include "loop/clock.h"
#include "loop/gateway_sighting.h"

namespace roundhouse {

// What the sensor remembers of a gateway that bears on its state in this round.
struct GatewayMemory {
    // A VPN status other than `running` that was reported in the last minute, else unknown.
    VpnStatus vpn_status = VpnStatus::unknown;
    int starts = 0;           // of its container, in the last ten minutes
    Duration running_for{0};  // since its latest start was seen
};

struct GatewayJudgement {
    GatewayState state = GatewayState::missing;
    std::string detail;  // as GatewayView::detail
};

// Decides a gateway's state: the first thing that keeps it from being ready counts.
GatewayJudgement judge_gateway(const std::optional<GatewayContainer>& docker,
                               const GatewayReading& reading, const GatewayMemory& memory);

// One thread: the loop's.
class GatewaySensor {
  public:
    struct Measurement {
        std::vector<GatewayView> gateways;          // in the order of the sightings
        std::vector<std::string> with_other_ports;  // that report other forwarded ports than before
    };

    // At most one reconnect of a gateway is declared (GatewayView::reconnected_ago) in any
    // `rotation_interval`, since engines are restarted for it. A later one waits
    // (GatewayView::next_rotation_in); of several that wait, the latest is declared.
    Measurement measure(const std::vector<GatewaySighting>& sightings, Duration rotation_interval,
                        Monotonic now);

  private:
    struct Reconnect {
        Monotonic first_sign{};
        Monotonic declared{};
    };
    // What is known of one incarnation.
    struct Run {
        Incarnation incarnation;
        std::optional<GatewayContainer> container;  // as last seen, and its address
        std::string address;
        std::optional<Monotonic> unhealthy_since;   // by Docker's health check
        VpnStatus vpn_status = VpnStatus::unknown;  // last reported
        Monotonic vpn_status_at{};                  // and when
        std::string public_ip;                      // last known
        bool public_ip_gone = false;                // since then Gluetun knew none
        std::optional<Monotonic> waiting_sign;      // first sign of a reconnect not declared yet
        std::optional<Monotonic> sign_without_ip;   // and no other public IP was seen since
        std::optional<Reconnect> reconnect;         // the latest that was declared
        std::optional<std::map<int, Monotonic>> ports;  // last known -> since when
        std::vector<int> last_ports;                    // the last that there were
        std::deque<Monotonic> port_changes;             // lately
        bool awaits_first_ports = false;                // none since the start or the reconnect
        std::optional<Monotonic> port_wait_began;
        std::set<int> first_ports;
    };
    struct Memory {
        bool unknown = false;  // in the last look
        std::optional<Monotonic> ready_since;
        std::optional<Monotonic> not_ready_since;
        std::optional<Monotonic> missing_since;
        std::optional<Incarnation> running;  // the latest that was seen to run
        Monotonic running_since{};
        std::deque<Monotonic> starts;  // lately
        bool had_port = false;         // in any of its incarnations
        Run run;
    };

    static GatewayMemory recall(const Memory& memory, Monotonic now);
    static void note_start(Memory& memory, const GatewaySighting& sighting, bool first_look,
                           Monotonic now);
    static void measure_readiness(Memory& memory, GatewayView& gateway, Monotonic now);
    // Returns whether other ports are reported than before.
    static bool measure_ports(Run& run, GatewayView& gateway, Monotonic now, Monotonic read_at);
    static void measure_port_wait(Run& run, GatewayView& gateway, Duration rotation_interval,
                                  Monotonic now);
    static void measure_first_ports(Run& run, GatewayView& gateway);
    static void note_reconnect_signs(Run& run, const GatewaySighting& sighting, Monotonic now,
                                     Monotonic read_at);
    static void measure_reconnects(Run& run, GatewayView& gateway, Duration rotation_interval,
                                   Monotonic now);

    std::map<std::string, Memory> memory_;
};

}  // namespace roundhouse
