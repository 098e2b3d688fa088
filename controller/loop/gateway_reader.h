// Asks the gateways' control servers what Docker cannot know: the state of the VPN, and which ports
// it forwards.
//
// Questions run beside the rounds. A round goes by the last whole answer that there is, and its
// age: a control server that hangs delays nothing. Only where that is older than a check interval,
// the gateway has changed since, or ages are to be forgotten, does the round wait a moment: most
// answers take milliseconds.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/clock.h"
#include "loop/gateway_api.h"
#include "loop/gateway_sighting.h"
#include "loop/port_check.h"
#include "loop/workers.h"

namespace roundhouse {

// One thread, the loop's, unless a function says more.
class GatewayReader {
  public:
    // How long a round waits for answers. One whose server was late the last time it does not
    // await.
    static constexpr Duration usual_patience{500};
    // Longer than any question takes.
    static constexpr Duration full_patience{10'000};

    // Everything must outlive it, and `workers` must end its jobs before the others go.
    // `on_late_answer` is called, on any thread, when an answer that no round awaits any more is
    // another one than the one before.
    GatewayReader(GatewayApi& api, Workers& workers, const Clock& clock,
                  std::function<void()> on_late_answer);
    ~GatewayReader();

    // Fills in the address of every container, and the reading of every declared gateway that runs.
    // All that are due are asked at the same time, each at the address that the spec names, or else
    // at those that Docker knows: where it answered last, or, while it does not answer, at all of
    // them. Due is what was not asked for half a check interval, or 400 ms while the gateway
    // starts; and any that Docker or the spec shows otherwise than when it was last asked. Of
    // one without an answer of the last two check intervals, or 10 s, the answer is awaited.
    void read(const EnginePool& pool, std::vector<GatewaySighting>& gateways, Duration patience);

    // Lets the next read() ask every gateway. Any thread.
    void forget_ages();

    // Announces a change: the next read() asks every gateway, and so do reads 300 ms, 1 s and 2.5 s
    // from now. The change may not have begun yet: Gluetun's VPN_PORT_FORWARDING_DOWN_COMMAND ends
    // before its VPN stops. A gateway that still owes an answer is asked again when it has given
    // it. Within a second of an earlier announcement only the next read() asks. Any thread.
    void expect_change();

    // When the next of those is due; nullopt: none is.
    std::optional<Duration> next_look_in() const;

    // Of a gateway with several addresses whose control server has answered at none of them: looks
    // where one of its engines listens, and takes that address.
    void find_engines(PortCheck& ports, const std::vector<EngineView>& engines,
                      std::vector<GatewaySighting>& gateways);

  private:
    struct Question;
    struct Known;
    struct Shared;

    std::vector<std::string> addresses_to_ask(const GatewaySpec& spec,
                                              const GatewaySighting& gateway) const;
    static bool is_due(const Known& known, const Question& question, Duration check_interval);
    void ask(const EnginePool& pool, std::vector<GatewaySighting>& gateways, Duration patience);
    void fill_in(const EnginePool& pool, GatewaySighting& gateway);
    static void take_in(Known& known, const Question& question);

    GatewayApi& api_;
    Workers& workers_;
    const Clock& clock_;
    std::shared_ptr<Shared> shared_;      // with the questions under way
    std::map<std::string, Known> known_;  // by the gateway's name
};

}  // namespace roundhouse
