// Asks the gateways' control servers what Docker cannot know: the state of the VPN, and which ports
// it forwards.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/gateway_api.h"
#include "loop/gateway_sighting.h"
#include "loop/port_check.h"
#include "loop/workers.h"

namespace roundhouse {

// One thread: the loop's.
class GatewayReader {
  public:
    GatewayReader(GatewayApi& api, Workers& workers) : api_(api), workers_(workers) {}

    // Fills in the address of every container, and the reading of every declared gateway that runs.
    // All are asked at the same time, each at the address that the spec names, or else at those
    // that Docker knows: where it answered last, or, while it does not answer, at all of them. Ends
    // within 2 s.
    void read(const EnginePool& pool, std::vector<GatewaySighting>& gateways);

    // Of a gateway with several addresses whose control server has answered at none of them: looks
    // where one of its engines listens, and takes that address.
    void find_engines(PortCheck& ports, const std::vector<EngineView>& engines,
                      std::vector<GatewaySighting>& gateways);

  private:
    struct Known {
        std::string address;   // where it answered last, or an engine did
        bool answers = false;  // when it was last asked
    };
    struct Question {
        GatewaySighting* gateway = nullptr;
        const GatewaySpec* spec = nullptr;
        std::vector<std::string> addresses;
        std::vector<GatewayReading> readings;  // of each address
    };

    std::vector<std::string> addresses_to_ask(const GatewaySpec& spec,
                                              const GatewaySighting& gateway) const;
    void take_in(Question& question);

    GatewayApi& api_;
    Workers& workers_;
    std::map<std::string, Known> known_;  // by the gateway's name
};

}  // namespace roundhouse
