#include <unistd.h>

#include "edge/command/balancer_server.h"
#include "edge/command/commands.h"
#include "edge/command/remote_controllers.h"
#include "edge/command/terminal.h"
#include "edge/http/balancer.h"
#include "edge/http/server.h"
#include "edge/system/exit_code.h"
#include "edge/system/log.h"
#include "edge/system/stop_deadline.h"
#include "edge/system/system_clock.h"
#include "edge/system/version.h"

namespace roundhouse {

int command_balance(const CommandLine& line, const Environment& environment,
                    const std::stop_token& stop) {
    Log journal({environment.log_level, environment.log_format, wants_colours(STDERR_FILENO)});
    const SystemClock clock;
    journal.record({Severity::info, "roundhouse balances", {{"version", version()}}});
    const StopDeadline deadline(
        stop, [] { return exit_code::success; }, journal);
    RemoteControllers controllers(line.from, environment.api_key_file, clock, journal);
    Balancer balancer({.engines = [&] { return controllers.engines(); },
                       .why_none_ready = [&] { return controllers.what_they_said(); },
                       .what_to_publish = [&] { return controllers.what_they_said(); },
                       .hosts = balancer_hosts(environment)},
                      clock);
    Server server;
    const HostPort usual{"0.0.0.0", 6878};
    if (!start_balancer(server, environment.balancer_listen.value_or(usual), balancer, journal)) {
        return exit_code::failure;
    }
    controllers.run(stop);
    server.stop();
    journal.record({Severity::info, "roundhouse ends", {}});
    return exit_code::success;
}

}  // namespace roundhouse
