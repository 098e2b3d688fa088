// Finds processes that are not ours in gateways' network namespaces. No list shows them, so their
// ports are asked from outside.
//
// A stranger that was found stays known, and is asked for in every look, until its port refuses a
// connection or its namespace is gone. Silence says nothing.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/observation.h"
#include "core/plan.h"
#include "loop/port_check.h"

namespace roundhouse {

// One thread: the loop's.
class StrangerSensor {
  public:
    // The argument must outlive the sensor.
    explicit StrangerSensor(PortCheck& ports) : ports_(ports) {}

    // Begins a look: asks again for the strangers that are known, and fills in
    // GatewayView::strangers_ports.
    void recall(Observation& seen);

    // Asks for the HTTP ports that the new engines of `plan` are to have, each once in a look, and
    // adds the strangers that it finds to `seen`. Returns whether it found any.
    bool look_for(const Plan& plan, Observation& seen);

  private:
    struct Question {
        GatewayView* gateway = nullptr;
        int port = 0;
    };
    using Questions = std::vector<Question>;
    using Gateways = std::vector<GatewayView>;

    // Unless it was asked in this look, or a listed engine may answer. `slot` is to have the port.
    void add(Questions& questions, Gateways::iterator gateway, int port, std::optional<int> slot,
             Observation& seen);
    std::vector<PortAnswer> ask(const Questions& questions);
    void note(const Question& question);

    PortCheck& ports_;
    std::set<std::pair<std::string, int>> known_;  // id of the gateway's container, port
    std::set<PortAddress> asked_;                  // in this look
};

}  // namespace roundhouse
