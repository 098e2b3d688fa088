// What connects a command to the world: the log, the clock, Docker, Gluetun and the probes.
#pragma once

#include <memory>

#include "edge/command/environment.h"
#include "edge/docker/runtime.h"
#include "edge/gluetun/client.h"
#include "edge/system/proc_sockets.h"
#include "loop/clock.h"
#include "loop/controller.h"
#include "loop/gateway_api.h"
#include "loop/journal.h"
#include "loop/port_check.h"
#include "loop/probe_transport.h"
#include "loop/runtime.h"

namespace roundhouse {

class Connections {
  public:
    // Makes no call to Docker. Reports a DOCKER_HOST that is not usable on stderr.
    // With a `runtime`, Docker is not used.
    explicit Connections(const Environment& environment, DockerSettings docker = {},
                         GluetunSettings gluetun = {}, std::unique_ptr<Runtime> runtime = nullptr);
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    // false: the command ends with exit_code().
    bool ready() const { return runtime_ != nullptr; }
    int exit_code() const;

    Journal& journal() { return *journal_; }
    const Clock& clock() const { return *clock_; }
    // Only when ready().
    Runtime& runtime() { return *runtime_; }
    Surroundings surroundings();

  private:
    void connect_to_docker(const Environment& environment, DockerSettings settings);

    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Clock> clock_;
    std::unique_ptr<Runtime> runtime_;
    std::unique_ptr<GatewayApi> gateway_api_;
    OwnConnections own_;
    std::unique_ptr<SocketTables> sockets_;
    std::unique_ptr<ProbeTransport> probes_;
    std::unique_ptr<PortCheck> ports_;
};

}  // namespace roundhouse
