// From YAML text to an EnginePool, or to every reason why not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/spec.h"

namespace roundhouse {

// What holds where the spec is silent. Comes from the environment, checked by who reads that.
struct SpecDefaults {
    std::string gateway_container;  // the gateway of a spec without gateways and network, if any
    int control_server_port = 8000;
    std::string api_key_file;
    Duration check_interval = 5s;
    bool restart_engines_on_reconnect = true;
    int max_active_replicas = 20;
    std::optional<int> replica_ceiling;  // a spec that asks for more slots gets this many
};

struct SpecProblem {
    std::string file;
    int line = 0;  // the first is 1; 0 where the problem is that of the whole file or folder
    int column = 0;
    std::string field;  // "spec.gateways[0].host"; empty where no field is meant
    std::string message;

    bool operator==(const SpecProblem&) const = default;
};

// "engines.yaml:12:5: spec.checkInterval: expected a duration such as 5s, got '5'"
std::string to_string(const SpecProblem& problem);

// `pool` is there exactly when `errors` is empty. Problems are sorted by file and position, and
// name the file, the field and what was expected; values that may be secrets are never repeated.
// At most 100 errors are listed; the last one then counts the rest.
struct Manifest {
    std::optional<EnginePool> pool;
    std::vector<SpecProblem> errors;
    std::vector<SpecProblem> warnings;  // the pool works, but the user should know
};

struct SourceText {
    std::string name;  // of the file, as problems shall show it
    std::string text;
};

// Reads all documents of all sources; exactly one EnginePool is expected in them. Pure: same input,
// same result. Any thread. Never throws; every problem is in the result.
Manifest parse_manifest(const std::vector<SourceText>& sources, const SpecDefaults& defaults);

// The same for a file, or for a folder with files *.yaml and *.yml (hidden ones are passed over; at
// most 100). A path that is missing, no file, unreadable or too large (1 MiB) is an error in the
// result. Blocks for as long as the disk does. Any thread.
Manifest read_manifest(const std::string& path, const SpecDefaults& defaults);

}  // namespace roundhouse
