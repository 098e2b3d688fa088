// The environment variables, read once at the start.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "edge/spec/manifest.h"
#include "edge/system/log.h"
#include "loop/result.h"

namespace roundhouse {

struct Environment {
    SpecDefaults spec_defaults;

    // As for the docker command; judged by whoever dials. Empty: not set.
    std::string docker_host;
    bool docker_tls_verify = false;  // any value of DOCKER_TLS_VERIFY means yes, "0" too
    std::string docker_cert_path;

    std::string api_key_file;  // of roundhouse's own HTTP API; empty: no key is asked for
    std::string listen = "127.0.0.1:9190";
    Severity log_level = Severity::info;
    LogFormat log_format = LogFormat::text;
    std::string state_dir = "/var/lib/roundhouse";
};

// The value of a variable, or a null pointer: std::getenv, or a table in a test.
using VariableLookup = std::function<const char*(const char* name)>;

// Reads every variable; one that is unset or empty leaves its default. The fault (`rejected`) is
// one line that names the first unusable variable, its value and what is accepted.
Result<Environment> read_environment(const VariableLookup& lookup);

// Where to listen, as "address:port": "127.0.0.1:9190", "[::1]:9190", "localhost:9190" (127.0.0.1)
// and ":9190" (every IPv4 address). nullopt for any other.
std::optional<std::string> parse_listen(const std::string& text);
constexpr const char* listen_accepts = "ADDRESS:PORT such as 127.0.0.1:9190 or [::1]:9190";

// The words that variables and flags share. Lower case only; nullopt for any other.
std::optional<Severity> parse_severity(std::string_view word);     // debug info warning error
std::optional<LogFormat> parse_log_format(std::string_view word);  // text json

}  // namespace roundhouse
