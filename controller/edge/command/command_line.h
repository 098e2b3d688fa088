// The command line.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"
#include "edge/command/environment.h"
#include "edge/command/upstream.h"
#include "edge/kubernetes/options.h"

namespace roundhouse {

enum class Command {
    run,
    agent,
    apply,
    plan,
    validate,
    get,
    drain,
    down,
    balance,
    render,
    schema,
    version,
};
enum class Output { table, wide, json, yaml, markdown };
enum class Resource { pool, engines, gateways, events };

struct CommandLine {
    Command command = Command::run;
    std::string file;                            // never empty where the command takes -f
    Duration timeout = std::chrono::minutes(5);  // apply
    Output output = Output::table;               // one of CommandFlags::outputs

    // agent; neither is empty
    std::string slots;
    std::string gateway;
    // What its Pod was made for (edge/pod/pod_shape.h); may be empty.
    std::string engine_image;
    std::string made_for;

    // get
    Resource resource = Resource::pool;
    bool follow = false;  // --watch
    bool quiet = false;
    bool asks_daemon = false;  // version --server
    std::optional<std::string>
        server;  // get --server, as written; empty: the one at Environment::listen

    RenderOptions render;        // the image is empty where the flag is not given
    std::vector<Upstream> from;  // balance; at least one
    // drain; down
    std::string engine;    // its name: letters, digits and _.-
    bool replace = false;  // --replace
    bool drain = false;    // --drain

    // Flags that override the environment.
    std::optional<std::string> docker_host;
    std::optional<std::string> state_dir;
    std::optional<std::string> procfs;
    std::optional<HostPort> listen;
    std::optional<HostPort> balancer_listen;
    std::optional<std::string> balancer_host;
    std::optional<std::string> api_key_file;
    std::optional<std::vector<std::string>> allowed_hosts;
    std::optional<Severity> log_level;
    std::optional<LogFormat> log_format;
};

// A text to print before the program ends: help (exit code 0, to stdout), or why the command line
// cannot be used (78, to stderr). The text ends with a newline.
struct CommandLineEnd {
    int exit_code = 0;
    std::string text;
};

// The arguments of main(). Any thread.
std::variant<CommandLine, CommandLineEnd> parse_command_line(int argc, const char* const* argv);

// The environment, except for what flags override.
Environment overridden(Environment environment, const CommandLine& command_line);

}  // namespace roundhouse
