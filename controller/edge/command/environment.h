// The environment variables.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/host_port.h"
#include "edge/spec/manifest.h"
#include "edge/system/log.h"
#include "loop/result.h"

namespace roundhouse {

struct Environment {
    SpecDefaults spec_defaults;

    // As the docker command reads them, and not checked here. Empty: not set.
    std::string docker_host;
    bool docker_tls_verify = false;  // any value of DOCKER_TLS_VERIFY means yes, "0" too
    std::string docker_cert_path;

    std::string api_key_file;  // for roundhouse's own HTTP API; empty: it needs no key
    std::vector<std::string> allowed_hosts;   // host names, in lower case
    HostPort listen{"127.0.0.1", 9190};       // an IP address
    std::optional<HostPort> balancer_listen;  // nullopt: no balancer
    std::string balancer_host;                // empty: the host that clients ask
    Severity log_level = Severity::info;
    LogFormat log_format = LogFormat::text;
    std::string state_dir = "/var/lib/roundhouse";
    std::string procfs = "/proc";  // where the process table of Docker's host is

    // URLs, which hold secrets, and a file with one. Not checked here: no message may have them.
    std::string notify_url;
    std::string notify_url_file;
    std::string heartbeat_url;
};

// The value of a variable, or a null pointer: std::getenv, or a table in a test.
using VariableLookup = std::function<const char*(const char* name)>;

// Reads every variable; an empty one counts as unset, and its default holds. The fault (`rejected`)
// is one line that names the first unusable variable, its value and what is accepted.
Result<Environment> read_environment(const VariableLookup& lookup);

}  // namespace roundhouse
