// The ProbeTransport over HTTP: many requests at once, a fresh connection each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "edge/http_transport.h"
#include "loop/probe_transport.h"

namespace roundhouse {

class HttpProbes : public ProbeTransport {
  public:
    void begin(const ProbeRequest& request) override;
    std::vector<ProbeReply> wait(Duration at_most) override;
    void interrupt() override;

  private:
    HttpTransfers transfers_;
    std::map<int, std::string> engines_;  // by ticket
};

}  // namespace roundhouse
