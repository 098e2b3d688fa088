#include "edge/command/help_text.h"

#include <array>

namespace roundhouse {

const char* const program_summary =
    "Keeps a declared number of AceStream engines running behind Gluetun, on Docker.";

const char* const program_footer =
    R"(Start here:
  roundhouse validate -f engines.yaml    is the spec right?
  roundhouse plan -f engines.yaml        what would be done?
  roundhouse run -f engines.yaml         do it, and keep at it; edit the file at any time
  roundhouse get engines                 what does it see, and why does it act?

The smallest spec:
  apiVersion: roundhouse/v1
  kind: EnginePool
  metadata: {name: acestream}
  spec:
    replicas: 3
    gateways: [gluetun]

Environment (flags come first, then these; for the spec: what the file leaves out):
  GLUETUN_CONTAINER_NAME            the gateway, where the spec names none
  GLUETUN_API_PORT                  control server port (8000)
  GLUETUN_API_KEY_FILE              key file for the control server
  GLUETUN_HEALTH_CHECK_INTERVAL_S   checkInterval in seconds (5)
  VPN_RESTART_ENGINES_ON_RECONNECT  reconnect.restartEngines (true)
  MAX_ACTIVE_REPLICAS               maxActiveReplicas (20); where set, no spec can exceed it
  DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH
                                    as for the docker command (unix:///var/run/docker.sock)
  ROUNDHOUSE_LOG_LEVEL              debug, info, warning, error (info)
  ROUNDHOUSE_LOG_FORMAT             text, json (text)
  ROUNDHOUSE_STATE_DIR              folder of the lock file (/var/lib/roundhouse)
  ROUNDHOUSE_LISTEN                 where the controller listens, and 'get' asks (127.0.0.1:9190)
  ROUNDHOUSE_API_KEY_FILE           key file of the controller's HTTP API

Exit codes of all commands:
  0 done; 1 failed; 2 'plan': steps are pending; 3 'apply': timed out; 65 the spec has errors;
  69 Docker, or the controller asked, cannot be reached; 78 bad flags or environment.
  'roundhouse COMMAND --help' tells more. Results go to stdout, logs to stderr.)";

namespace {

constexpr std::array commands{
    CommandHelp{Command::run,
                "run",
                "The controller: makes the world match the spec, for ever",
                {.file = true, .docker = true, .state_dir = true, .serves = true, .api_key = true},
                R"(Example:
  roundhouse run -f /etc/roundhouse/engines.yaml --log-level debug
  roundhouse run -f engines.yaml --listen 0.0.0.0:9190 --api-key-file key

The spec is read again whenever it changes. A bad edit changes nothing: the last good spec stays
in force. One controller per pool: a second one is refused by the lock in the state directory.
SIGTERM or SIGINT ends the controller and leaves the engines running.
It serves a dashboard at /, Prometheus' /metrics, and an HTTP API that 'roundhouse get' asks.

Exit codes:
  0 ended by SIGTERM or SIGINT; 1 failed; 78 bad flags or environment.)"},
    CommandHelp{Command::apply,
                "apply",
                "Works until the world matches the spec, then ends",
                {.file = true, .timeout = true, .docker = true, .state_dir = true},
                R"(Example:
  roundhouse apply -f engines.yaml --timeout 2m

Shows on stderr how many engines are ready and what is being waited for.

Exit codes:
  0 the world matches; 3 timed out, with what is missing; 65 the spec has errors;
  69 Docker cannot be reached; 1 another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::plan,
                "plan",
                "Shows what would be done now, and why; changes nothing",
                {.file = true, .outputs = "table or json", .docker = true},
                R"(Example:
  roundhouse plan -f engines.yaml -o json

Exit codes:
  0 nothing to do; 2 steps pending; 65 the spec has errors; 69 Docker cannot be reached;
  1 another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::validate,
                "validate",
                "Checks the spec alone, without Docker",
                {.file = true},
                R"(Example:
  roundhouse validate -f engines.yaml

Lists every error as file:line:column, with the field and what was expected.

Exit codes:
  0 the spec is good; 65 the spec has errors; 78 bad flags or environment.)"},
    CommandHelp{Command::get,
                "get",
                "Asks a running controller: pool, engines, gateways or events",
                {.outputs = "table, wide, json or yaml", .api_key = true, .asks = true},
                R"(Examples:
  roundhouse get engines
  roundhouse get engines -o wide         with what comes next, and when
  roundhouse get events -w               and goes on telling what happens
  roundhouse get engines --server 10.0.0.5:9190 --api-key-file key
  roundhouse get pool --quiet            for health checks: the exit code tells

-w prints again whenever something has changed, until it is ended. In JSON, events are then one a
line. --quiet also asks whether the controller's loop is alive (/healthz).

Exit codes:
  0 the controller answered; 69 it cannot be reached;
  1 it refused, its loop is stuck (--quiet), or another failure;
  78 bad flags or environment.)"},
    CommandHelp{Command::down,
                "down",
                "Removes this pool's engines, and nothing else",
                {.file = true, .docker = true, .state_dir = true},
                R"(Example:
  roundhouse down -f engines.yaml

Stop the pool's controller first: it would make the engines again. Gateways, volumes and images
are left alone.

Exit codes:
  0 no engine is left; 65 the spec has errors; 69 Docker cannot be reached;
  1 another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::schema,
                "schema",
                "Prints the spec's JSON Schema, or its table of fields",
                {.outputs = "json or markdown", .usual_output = Output::json},
                R"(Example:
  roundhouse schema > enginepool.schema.json

Editors with a YAML language server complete and check a spec whose first line is
  # yaml-language-server: $schema=enginepool.schema.json)"},
    CommandHelp{Command::version, "version", "Prints version, commit and libraries", {}, ""},
};

}  // namespace

std::span<const CommandHelp> command_helps() {
    return commands;
}

}  // namespace roundhouse
