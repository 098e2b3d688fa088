// The texts of `--help`.
#pragma once

#include <span>

#include "edge/command/command_line.h"

namespace roundhouse {

// The flags of a command, besides --help.
struct CommandFlags {
    bool file = false;
    bool timeout = false;
    const char* outputs = "";  // the values of -o, "table or json"; empty: no -o
    Output usual_output = Output::table;
    bool docker = false;  // --docker-host
    bool logs = false;    // --log-level, --log-format
    bool state_dir = false;
    bool pod = false;          // --slots, --gateway
    bool serves = false;       // --listen, --allowed-hosts
    bool api_key = false;      // --api-key-file
    bool balances = false;     // --balancer-listen, --balancer-host
    bool from = false;         // --from
    bool renders = false;      // TARGET, and the options of manifests
    bool asks_daemon = false;  // --server, without a value
    bool asks = false;         // RESOURCE, --watch, --quiet, --server
    bool drains = false;       // ENGINE, --replace, --server
    bool may_drain = false;    // --drain
};

struct CommandHelp {
    Command command = Command::run;
    const char* name = "";
    const char* summary = "";
    CommandFlags flags;
    const char* footer = "";  // an example, details, exit codes
};

std::span<const CommandHelp> command_helps();

// For the program as a whole.
extern const char* const program_summary;
extern const char* const program_footer;

}  // namespace roundhouse
