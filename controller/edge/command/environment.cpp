#include "edge/command/environment.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/numbers.h"
#include "edge/command/value_reader.h"
#include "edge/text/strings.h"

namespace roundhouse {
namespace {

std::optional<bool> parse_switch(const std::string& text) {
    return find_word<bool>(lower(text),
                           {{"true", true}, {"1", true}, {"false", false}, {"0", false}});
}

ValueKind<int> whole_number(int least, int most, const char* accepted) {
    return {[=](const std::string& text) { return parse_number(text, least, most); }, accepted};
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

void read_spec_defaults(ValueReader& reader, SpecDefaults& defaults) {
    const ValueKind<std::string> container{parse_container_name,
                                           "a container name such as gluetun"};
    const ValueKind<Duration> interval{parse_interval_s,
                                       "seconds from 0.1 to 3600, such as 5 or 0.5"};
    const ValueKind<bool> on_or_off{parse_switch, "true or false"};
    reader.read("GLUETUN_CONTAINER_NAME", defaults.gateway_container, container);
    reader.read("GLUETUN_API_PORT", defaults.control_server_port,
                whole_number(1, 65535, "a port from 1 to 65535"));
    reader.read("GLUETUN_API_KEY_FILE", defaults.api_key_file);
    reader.read("GLUETUN_HEALTH_CHECK_INTERVAL_S", defaults.check_interval, interval);
    reader.read("VPN_RESTART_ENGINES_ON_RECONNECT", defaults.restart_engines_on_reconnect,
                on_or_off);
    reader.read("MAX_ACTIVE_REPLICAS", defaults.replica_ceiling,
                whole_number(1, 1000, "a whole number from 1 to 1000"));
    defaults.max_active_replicas = defaults.replica_ceiling.value_or(defaults.max_active_replicas);
}

void read_docker(ValueReader& reader, Environment& environment) {
    reader.read("DOCKER_HOST", environment.docker_host);
    reader.read("DOCKER_CERT_PATH", environment.docker_cert_path);
    std::string tls_verify;
    reader.read("DOCKER_TLS_VERIFY", tls_verify);
    environment.docker_tls_verify = !tls_verify.empty();
}

void read_own(ValueReader& reader, Environment& environment) {
    reader.read("ROUNDHOUSE_API_KEY_FILE", environment.api_key_file);
    reader.read("ROUNDHOUSE_ALLOWED_HOSTS", environment.allowed_hosts, host_names_value());
    reader.read("ROUNDHOUSE_LISTEN", environment.listen, listen_value());
    reader.read("ROUNDHOUSE_BALANCER_LISTEN", environment.balancer_listen, listen_value());
    reader.read("ROUNDHOUSE_BALANCER_HOST", environment.balancer_host, host_value());
    reader.read("ROUNDHOUSE_LOG_LEVEL", environment.log_level, log_level_value());
    reader.read("ROUNDHOUSE_LOG_FORMAT", environment.log_format, log_format_value());
    reader.read("ROUNDHOUSE_STATE_DIR", environment.state_dir);
    reader.read("ROUNDHOUSE_NOTIFY_URL", environment.notify_url);
    reader.read("ROUNDHOUSE_NOTIFY_URL_FILE", environment.notify_url_file);
    reader.read("ROUNDHOUSE_HEARTBEAT_URL", environment.heartbeat_url);
    reader.read("ROUNDHOUSE_PROCFS", environment.procfs);
}

}  // namespace

Result<Environment> read_environment(const VariableLookup& lookup) {
    Environment environment;
    ValueReader reader(ValueReader::Source::variables, [&](const char* name) {
        const char* value = lookup(name);
        return std::string(value == nullptr ? "" : value);
    });
    read_spec_defaults(reader, environment.spec_defaults);
    read_docker(reader, environment);
    read_own(reader, environment);
    if (reader.problem()) return *reader.problem();
    return environment;
}

}  // namespace roundhouse
