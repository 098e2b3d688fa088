// The ProbeTransport over the network: many probes at once, each over a new connection.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "edge/client/transfers.h"
#include "loop/probe_transport.h"

namespace roundhouse {

class HttpProbes : public ProbeTransport {
  public:
    // Its connections are noted in `own`, which must outlive it.
    explicit HttpProbes(OwnConnections& own) : transfers_(&own) {}

    void begin(const ProbeRequest& request) override;
    std::vector<ProbeReply> wait(Duration at_most) override;
    void interrupt() override;

  private:
    struct Probe {
        int ticket = 0;
        ProbeKind kind = ProbeKind::http;
        std::string path = {};
    };

    HttpTransfers transfers_;
    std::map<int, Probe> probes_;  // by the ticket of the transfer
};

}  // namespace roundhouse
