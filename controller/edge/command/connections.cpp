#include "edge/command/connections.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "edge/client/connect_check.h"
#include "edge/client/probes.h"
#include "edge/command/print.h"
#include "edge/command/terminal.h"
#include "edge/docker/endpoint.h"
#include "edge/system/exit_code.h"
#include "edge/system/log.h"
#include "edge/system/system_clock.h"

namespace roundhouse {

namespace {

Result<DockerEndpoint> endpoint_of(const Environment& environment) {
    const char* home = std::getenv("HOME");
    return docker_endpoint({environment.docker_host, environment.docker_tls_verify,
                            environment.docker_cert_path, home == nullptr ? "" : home});
}

}  // namespace

Connections::Connections(const Environment& environment, DockerSettings docker,
                         GluetunSettings gluetun, std::unique_ptr<Runtime> runtime)
    : journal_(std::make_unique<Log>(LogSettings{environment.log_level, environment.log_format,
                                                 wants_colours(STDERR_FILENO)})),
      clock_(std::make_unique<SystemClock>()),
      runtime_(std::move(runtime)),
      own_(*clock_) {
    if (runtime_) {
        sockets_ = std::make_unique<OwnSockets>();
    } else {
        sockets_ = std::make_unique<ProcSockets>(environment.procfs);
        connect_to_docker(environment, std::move(docker));
    }
    if (!runtime_) return;
    gateway_api_ = std::make_unique<GluetunClient>(std::move(gluetun));
    probes_ = std::make_unique<HttpProbes>(own_);
    ports_ = std::make_unique<ConnectCheck>(&own_);
}

void Connections::connect_to_docker(const Environment& environment, DockerSettings settings) {
    auto endpoint = endpoint_of(environment);
    if (endpoint) {
        runtime_ =
            std::make_unique<DockerRuntime>(std::move(endpoint.value()), std::move(settings));
    } else {
        print_problem(endpoint.fault().message);
    }
}

Connections::~Connections() = default;

Surroundings Connections::surroundings() {
    return {*runtime_, *gateway_api_, *probes_, *ports_, *sockets_, own_, *clock_};
}

int Connections::exit_code() const {
    return ready() ? exit_code::success : exit_code::bad_usage;
}

}  // namespace roundhouse
