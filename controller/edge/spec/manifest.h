// Parses YAML text into an EnginePool, or into the list of all errors.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/spec.h"

namespace roundhouse {

// Defaults for fields that the spec leaves out, from the environment. The caller has checked them.
struct SpecDefaults {
    std::string gateway_container;  // for a spec without gateways and network; may be empty
    int control_server_port = 8000;
    std::string api_key_file;
    Duration check_interval = 5s;
    bool restart_engines_on_reconnect = true;
    int max_active_replicas = 20;
    std::optional<int> replica_ceiling;  // upper limit for the number of slots
};

struct SpecProblem {
    std::string file;
    int line = 0;  // the first is 1; 0 for a problem of the whole file or folder
    int column = 0;
    std::string field;  // "spec.gateways[0].host"; empty for a problem of no single field
    std::string message;

    bool operator==(const SpecProblem&) const = default;
};

// "engines.yaml:12:5: spec.checkInterval: expected a duration such as 5s, got '5'"
std::string to_string(const SpecProblem& problem);

struct SourceText {
    std::string name;  // the file name that problems show
    std::string text;
};

// `pool` has a value exactly when `errors` is empty. Problems are sorted by file and position. Each
// names the file, the field and what was expected, and never repeats a value that may be a secret.
// At most 100 errors and 100 warnings are listed; if there are more, the last one counts the rest.
struct Manifest {
    std::optional<EnginePool> pool;
    SourceText source;  // the text that holds the pool, if there is one
    std::vector<SpecProblem> errors;
    std::vector<SpecProblem> warnings;  // the pool is usable all the same
};

// Further rules for a pool, beside those that every pool keeps: adds errors and warnings.
class SpecDraft;
using SpecCheck = std::function<void(SpecDraft&)>;

// Parses all documents of all sources; they must hold exactly one EnginePool. Pure: same input,
// same result. Any thread. Never throws; every problem is in the result.
Manifest parse_manifest(const std::vector<SourceText>& sources, const SpecDefaults& defaults,
                        const SpecCheck& further = {});

// Reads and parses a file, or the files *.yaml and *.yml of a folder (at most 100; hidden ones are
// skipped). A path that is missing, unreadable, too large (1 MiB) or not a file is an error in the
// result. Blocks as long as the disk does. Any thread.
Manifest read_manifest(const std::string& path, const SpecDefaults& defaults,
                       const SpecCheck& further = {});

}  // namespace roundhouse
