#include "edge/command/environment.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "core/host_port.h"
#include "core/numbers.h"
#include "edge/text/foreign_text.h"
#include "edge/text/strings.h"

namespace roundhouse {
namespace {

// Reads variables one after the other; the first problem stays and the rest is not looked at.
class Reader {
  public:
    explicit Reader(const VariableLookup& lookup) : lookup_(lookup) {}

    // `parse` gives an optional; `accepted` ends the sentence "... is not usable: expected ".
    template <class T, class Parse>
    void read(const char* name, T& into, Parse parse, const char* accepted) {
        const std::string text = value_of(name);
        if (problem_ || text.empty()) return;
        if (auto value = parse(text)) {
            into = *value;
        } else {
            problem_ = Fault{FaultKind::rejected, std::string(name) + "=" + in_quotes(text) +
                                                      " is not usable: expected " + accepted};
        }
    }

    void read(const char* name, std::string& into) const {
        const std::string text = value_of(name);
        if (!text.empty()) into = text;
    }

    const std::optional<Fault>& problem() const { return problem_; }

  private:
    std::string value_of(const char* name) const {
        const char* value = lookup_(name);
        return value == nullptr ? "" : value;
    }

    const VariableLookup& lookup_;
    std::optional<Fault> problem_;
};

std::optional<bool> parse_switch(const std::string& text) {
    const std::string word = lower(text);
    if (word == "true" || word == "1") return true;
    if (word == "false" || word == "0") return false;
    return std::nullopt;
}

std::optional<int> parse_port(std::string_view text) {
    return parse_number(text, 1, 65535);
}

std::optional<int> parse_replica_limit(const std::string& text) {
    return parse_number(text, 1, 1000);
}

// Seconds as a plain decimal ("5", "0.5"), 0.1 to 3600.
std::optional<Duration> parse_interval_s(const std::string& text) {
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
    const bool whole = read.ec == std::errc() && read.ptr == end;
    if (!whole || !(seconds >= 0.1 && seconds <= 3600)) return std::nullopt;
    return std::chrono::round<Duration>(std::chrono::duration<double>(seconds));
}

// Docker's rule for container names.
std::optional<std::string> parse_container_name(const std::string& text) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
    };
    const bool good = text.size() >= 2 && text.size() <= 255 && text.front() != '_' &&
                      text.front() != '.' && text.front() != '-' &&
                      std::all_of(text.begin(), text.end(), fits);
    return good ? std::optional(text) : std::nullopt;
}

void read_spec_defaults(Reader& reader, SpecDefaults& defaults) {
    reader.read("GLUETUN_CONTAINER_NAME", defaults.gateway_container, parse_container_name,
                "a container name such as gluetun");
    reader.read("GLUETUN_API_PORT", defaults.control_server_port, parse_port,
                "a port from 1 to 65535");
    reader.read("GLUETUN_API_KEY_FILE", defaults.api_key_file);
    reader.read("GLUETUN_HEALTH_CHECK_INTERVAL_S", defaults.check_interval, parse_interval_s,
                "seconds from 0.1 to 3600, such as 5 or 0.5");
    reader.read("VPN_RESTART_ENGINES_ON_RECONNECT", defaults.restart_engines_on_reconnect,
                parse_switch, "true or false");
    reader.read("MAX_ACTIVE_REPLICAS", defaults.replica_ceiling, parse_replica_limit,
                "a whole number from 1 to 1000");
    defaults.max_active_replicas = defaults.replica_ceiling.value_or(defaults.max_active_replicas);
}

// As the docker command reads them: any value of DOCKER_TLS_VERIFY switches it on.
void read_docker(Reader& reader, Environment& environment) {
    reader.read("DOCKER_HOST", environment.docker_host);
    reader.read("DOCKER_CERT_PATH", environment.docker_cert_path);
    std::string tls_verify;
    reader.read("DOCKER_TLS_VERIFY", tls_verify);
    environment.docker_tls_verify = !tls_verify.empty();
}

void read_own(Reader& reader, Environment& environment) {
    reader.read("ROUNDHOUSE_API_KEY_FILE", environment.api_key_file);
    reader.read("ROUNDHOUSE_LISTEN", environment.listen, parse_listen, listen_accepts);
    reader.read("ROUNDHOUSE_LOG_LEVEL", environment.log_level, parse_severity,
                "debug, info, warning or error");
    reader.read("ROUNDHOUSE_LOG_FORMAT", environment.log_format, parse_log_format, "text or json");
    reader.read("ROUNDHOUSE_STATE_DIR", environment.state_dir);
}

}  // namespace

Result<Environment> read_environment(const VariableLookup& lookup) {
    Environment environment;
    Reader reader(lookup);
    read_spec_defaults(reader, environment.spec_defaults);
    read_docker(reader, environment);
    read_own(reader, environment);
    if (reader.problem()) return *reader.problem();
    return environment;
}

std::optional<std::string> parse_listen(const std::string& text) {
    auto parts = parse_host_port(text);
    if (!parts || parts->port == 0) return std::nullopt;
    std::string& host = parts->host;
    if (host.empty()) host = "0.0.0.0";
    if (host == "localhost") host = "127.0.0.1";
    in6_addr parsed{};
    const bool is_address = inet_pton(AF_INET6, host.c_str(), &parsed) == 1 ||
                            inet_pton(AF_INET, host.c_str(), &parsed) == 1;
    return is_address ? std::optional(host_port(host, parts->port)) : std::nullopt;
}

std::optional<Severity> parse_severity(std::string_view word) {
    if (word == "debug") return Severity::debug;
    if (word == "info") return Severity::info;
    if (word == "warning") return Severity::warning;
    if (word == "error") return Severity::error;
    return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view word) {
    if (word == "text") return LogFormat::text;
    if (word == "json") return LogFormat::json;
    return std::nullopt;
}

}  // namespace roundhouse
