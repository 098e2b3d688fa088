// The GatewayApi of Gluetun's control server.
#pragma once

#include <functional>
#include <string>

#include "core/time.h"
#include "edge/gluetun/name_lookup.h"
#include "loop/gateway_api.h"

namespace roundhouse {

// One request that has ended, for metrics.
struct GluetunRequest {
    std::string gateway;  // container name
    int status = 0;       // HTTP status; 0: no whole reply
    Duration took{0};
};

struct GluetunSettings {
    Duration deadline = std::chrono::seconds(2);  // for all requests of one read()
    // Called during read(), on its thread; for several gateways at once. May be empty.
    std::function<void(const GluetunRequest&)> on_request;
};

// Each read() reads the secrets from their files, so that a changed key takes effect.
class GluetunClient : public GatewayApi {
  public:
    explicit GluetunClient(GluetunSettings settings = {});

    GatewayReading read(const GatewaySpec& gateway, const std::string& address) override;

  private:
    GluetunSettings settings_;
    NameLookup names_;
};

}  // namespace roundhouse
