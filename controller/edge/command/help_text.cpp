#include "edge/command/help_text.h"

#include <array>

namespace roundhouse {

const char* const program_summary =
    "Keeps a declared number of AceStream engines running behind Gluetun, on Docker.";

const char* const program_footer =
    R"(Start here:
  roundhouse validate -f engines.yaml    check the spec
  roundhouse plan -f engines.yaml        show what would be done, and why
  roundhouse run -f engines.yaml         run the controller; edit the file at any time
  roundhouse get engines                 show the engines, and the reason for each step

The smallest spec:
  apiVersion: roundhouse/v1
  kind: EnginePool
  metadata: {name: acestream}
  spec:
    replicas: 3
    gateways: [gluetun]

Environment (a flag overrides its variable, and so does the spec):
  GLUETUN_CONTAINER_NAME            the gateway, if the spec names neither gateways nor a network
  GLUETUN_API_PORT                  control server port (8000)
  GLUETUN_API_KEY_FILE              key file for the control server
  GLUETUN_HEALTH_CHECK_INTERVAL_S   checkInterval in seconds (5)
  VPN_RESTART_ENGINES_ON_RECONNECT  reconnect.restartEngines (true)
  MAX_ACTIVE_REPLICAS               maxActiveReplicas (20); if set, no spec can exceed it
  DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH
                                    as for the docker command (unix:///var/run/docker.sock)
  ROUNDHOUSE_LOG_LEVEL              debug, info, warning, error (info)
  ROUNDHOUSE_LOG_FORMAT             text, json (text)
  ROUNDHOUSE_STATE_DIR              folder of the lock file (/var/lib/roundhouse)
  ROUNDHOUSE_PROCFS                 the host's process table, for sessions (/proc)
  ROUNDHOUSE_LISTEN                 address of the HTTP API, for 'run' and 'get' (127.0.0.1:9190)
  ROUNDHOUSE_BALANCER_LISTEN        address of the balancer, for 'run' and 'balance' (no balancer)
  ROUNDHOUSE_BALANCER_HOST          host that it redirects players to (the one that they ask)
  ROUNDHOUSE_API_KEY_FILE           key file of the HTTP API (no key)
  ROUNDHOUSE_ALLOWED_HOSTS          host names under which the API answers without a key, besides
                                    IP addresses, localhost and the machine's own name
  ROUNDHOUSE_NOTIFY_URL             where 'run' posts warnings, errors and recoveries; ?format= is
                                    json, ntfy, apprise, discord or slack (nowhere)
  ROUNDHOUSE_NOTIFY_URL_FILE        file with that URL, read again for each message
  ROUNDHOUSE_HEARTBEAT_URL          what 'run' asks for each minute while the pool is ready
                                    (nothing)

Exit codes of all commands:
  0 done; 1 failed; 2 'plan': steps are pending; 3 'apply': timed out; 65 the spec has errors;
  69 Docker, or for 'get' the controller, cannot be reached; 78 bad flags or environment.
  'roundhouse COMMAND --help' explains a command. Results go to stdout, logs to stderr.)";

namespace {

constexpr std::array commands{
    CommandHelp{Command::run,
                "run",
                "Runs the controller, which keeps the engines as the spec declares them",
                {.file = true,
                 .docker = true,
                 .logs = true,
                 .state_dir = true,
                 .serves = true,
                 .api_key = true,
                 .balances = true},
                R"(Example:
  roundhouse run -f /etc/roundhouse/engines.yaml --log-level debug
  roundhouse run -f engines.yaml --listen 0.0.0.0:9190 --api-key-file key
  roundhouse run -f engines.yaml --balancer-listen 0.0.0.0:6878

The controller reads the spec again whenever it changes. A bad edit changes nothing: the last good
spec stays in force. A lock in the state directory allows one controller per pool.
SIGTERM or SIGINT ends the controller and leaves the engines running.
The controller serves a dashboard at /, metrics for Prometheus at /metrics, and the HTTP API that
'roundhouse get' uses. With --balancer-listen it also answers players, and redirects each to the
engine with the fewest viewers: http://ADDRESS:6878/ace/getstream?id=...

Exit codes:
  0 ended by SIGTERM or SIGINT; 1 failed; 78 bad flags or environment.)"},
    CommandHelp{Command::agent,
                "agent",
                "Runs the controller inside a Pod, over holders instead of Docker",
                {.file = true, .logs = true, .pod = true, .serves = true, .api_key = true},
                R"(Example:
  roundhouse agent -f /etc/roundhouse --slots /slots --gateway gluetun-a

Each gateway is a Pod, and so has an agent of its own, which keeps this gateway's share of the
replicas. The engines are children of 'hold', the command of the Pod's engine containers. They run
on without the agent, which adopts them when it is back.

A spec that asks for another image than the Pod has is refused, and one that asks for other
containers in another way gets a remark, see the condition SpecValid: both need another Pod.
'roundhouse render kubernetes' writes the agent's command line.

Exit codes:
  0 ended by SIGTERM or SIGINT; 1 failed; 78 bad flags or environment.)"},
    CommandHelp{Command::apply,
                "apply",
                "Creates, replaces and removes engines until they match the spec, then ends",
                {.file = true, .timeout = true, .docker = true, .logs = true, .state_dir = true},
                R"(Example:
  roundhouse apply -f engines.yaml --timeout 2m

Shows on stderr how many engines are ready, and which ones are not ready yet.

Exit codes:
  0 the engines match the spec; 3 timed out; 65 the spec has errors;
  69 Docker cannot be reached; 1 another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::plan,
                "plan",
                "Shows what would be done now, and why; changes nothing",
                {.file = true, .outputs = "table or json", .docker = true, .logs = true},
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
                "Shows the pool, engines, gateways or events of a running controller",
                {.outputs = "table, wide, json or yaml", .api_key = true, .asks = true},
                R"(Examples:
  roundhouse get engines
  roundhouse get engines -o wide         with what each engine waits for, and what to do
  roundhouse get events -w               keeps printing new events
  roundhouse get engines --server 10.0.0.5:9190 --api-key-file key
  roundhouse get engines --server dns:acestream-agents:9190    at every address of the name
  roundhouse get pool --quiet            for health checks: prints nothing, sets the exit code

With -w the command keeps running and prints each change; -w -o json prints each event as one line
of JSON. --quiet also checks that the controller's loop is alive (/healthz).

Exit codes:
  0 the controller answered; 69 the controller cannot be reached;
  1 it answered with an error, its loop is stuck (--quiet), or another failure;
  78 bad flags or environment.)"},
    CommandHelp{Command::drain,
                "drain",
                "Lets an engine of a running controller go once nobody uses it",
                {.api_key = true, .drains = true},
                R"(Examples:
  roundhouse drain acestream-2            the pool has one engine fewer then
  roundhouse drain acestream-2 --replace  a new engine takes its place

The engine gets no new sessions. It goes when it has had none for drain.idleFor, or when
drain.timeout is over. Without --replace none takes its place until somebody edits the spec's
replicas, or the controller is started again.

Exit codes:
  0 the controller accepted it; 69 the controller cannot be reached;
  1 it answered with an error, or another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::down,
                "down",
                "Removes this pool's engines, and nothing else",
                {.file = true, .docker = true, .logs = true, .state_dir = true, .may_drain = true},
                R"(Example:
  roundhouse down -f engines.yaml

With --drain each engine goes once nobody uses it, at the latest when spec.drain.timeout is over.

Stop the pool's controller first, or it creates the engines again. Gateways, volumes and images
stay.

Exit codes:
  0 no engine is left; 65 the spec has errors; 69 Docker cannot be reached;
  1 another failure; 78 bad flags or environment.)"},
    CommandHelp{Command::render,
                "render",
                "Prints the pool as Kubernetes manifests; applies nothing",
                {.file = true, .renders = true},
                R"(Examples:
  roundhouse render kubernetes -f engines.yaml --slots-per-gateway 5 | kubectl apply -f -
  roundhouse render kubernetes -f engines.yaml --gateway gluetun-a

Each gateway becomes a Deployment of one Pod: Gluetun, which takes its settings from a Secret of the
gateway's name; 'roundhouse agent'; and a container for each slot. The replicas are shared out. The
pool is a ConfigMap: an edit of replicas up to the number of slots needs no other render. Without
--slots-per-gateway, each Pod has as many slots as engines, and one more engine takes a new Pod.
Applying another Pod reconnects its VPN, and 'kubectl apply' changes all gateways at once: apply one
after another, with --gateway, or with 'kubectl apply -l roundhouse/gateway=gluetun-a'.
The environment sets no defaults here, as it is not the agents'.

Exit codes:
  0 done; 65 the spec has errors, or asks for what a Pod cannot do; 1 another failure;
  78 bad flags or environment.)"},
    CommandHelp{Command::balance,
                "balance",
                "Runs a balancer alone, in front of the engines of other controllers",
                {.logs = true, .api_key = true, .balances = true, .from = true},
                R"(Examples:
  roundhouse balance --from http://192.0.2.10:9190 --from http://192.0.2.11:9190
  roundhouse balance --from dns:roundhouse.media.svc:9190 --balancer-listen 127.0.0.1:6878

Players get one address, such as http://BALANCER:6878/ace/getstream?id=..., and are redirected to
an engine that is ready and has the fewest viewers. An engine is reached at the host that its spec
gives, else at the host of its controller's URL and the port that is published there. A controller
that does not answer for 10 s is left out until it answers again. Any number of balancers may run
side by side.

Exit codes:
  0 ended by SIGTERM or SIGINT; 1 failed; 78 bad flags or environment.)"},
    CommandHelp{Command::schema,
                "schema",
                "Prints the spec's JSON Schema, or its table of fields",
                {.outputs = "json or markdown", .usual_output = Output::json},
                R"(Example:
  roundhouse schema > enginepool.schema.json

With a YAML language server, your editor completes and checks a spec that begins with the line
  # yaml-language-server: $schema=enginepool.schema.json)"},
    CommandHelp{Command::version,
                "version",
                "Prints version, commit and libraries",
                {.docker = true, .asks_daemon = true},
                R"(Example:
  roundhouse version --server

Exit codes:
  0 done; 69 Docker or Podman cannot be reached or used, and why; 78 bad flags or environment.)"},
};

}  // namespace

std::span<const CommandHelp> command_helps() {
    return commands;
}

}  // namespace roundhouse
