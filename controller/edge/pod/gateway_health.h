// How the Gluetun of this Pod is, asked from inside its network namespace.
#pragma once

#include "loop/runtime.h"

namespace roundhouse {

// Asks Gluetun's health server on 127.0.0.1 and, if that does not reply, whether the control server
// listens. `unhealthy` when neither does: Gluetun is being started again, and its firewall stays
// shut. `none`: only the control server is there. Ends within 2 s. Any thread.
GatewayContainer::Health ask_gateway_health(int health_port, int control_port);

}  // namespace roundhouse
