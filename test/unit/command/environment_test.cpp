#include "edge/command/environment.h"

#include <doctest/doctest.h>

#include <map>

using namespace roundhouse;

namespace {

using Variables = std::map<std::string, std::string>;

Result<Environment> read(const Variables& variables) {
    return read_environment([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

Environment good(const Variables& variables) {
    const auto environment = read(variables);
    REQUIRE_MESSAGE(environment.ok(), environment.fault().message);
    return environment.value();
}

}  // namespace

TEST_CASE("without variables the documented defaults hold; an empty one counts as unset") {
    const Variables empty{{"GLUETUN_API_PORT", ""},     {"MAX_ACTIVE_REPLICAS", ""},
                          {"ROUNDHOUSE_LISTEN", ""},    {"VPN_RESTART_ENGINES_ON_RECONNECT", ""},
                          {"DOCKER_TLS_VERIFY", ""},    {"ROUNDHOUSE_LOG_LEVEL", ""},
                          {"ROUNDHOUSE_STATE_DIR", ""}, {"ROUNDHOUSE_ALLOWED_HOSTS", ""}};
    for (const Variables& variables : {Variables{}, empty}) {
        const Environment environment = good(variables);
        const SpecDefaults& spec = environment.spec_defaults;
        CHECK(spec.gateway_container.empty());
        CHECK(spec.control_server_port == 8000);
        CHECK(spec.api_key_file.empty());
        CHECK(spec.check_interval == Duration{5000});
        CHECK(spec.restart_engines_on_reconnect);
        CHECK(spec.max_active_replicas == 20);
        CHECK(!spec.replica_ceiling);
        CHECK(environment.docker_host.empty());
        CHECK(!environment.docker_tls_verify);
        CHECK(environment.docker_cert_path.empty());
        CHECK(environment.api_key_file.empty());
        CHECK(environment.allowed_hosts.empty());
        CHECK(environment.listen == HostPort{"127.0.0.1", 9190});
        CHECK(environment.log_level == Severity::info);
        CHECK(environment.log_format == LogFormat::text);
        CHECK(environment.state_dir == "/var/lib/roundhouse");
        CHECK(environment.notify_url.empty());
        CHECK(environment.notify_url_file.empty());
        CHECK(environment.heartbeat_url.empty());
    }
}

TEST_CASE("every variable sets its member") {
    const Environment environment = good({
        {"GLUETUN_CONTAINER_NAME", "vpn-1"},
        {"GLUETUN_API_PORT", "8001"},
        {"GLUETUN_API_KEY_FILE", "/run/secrets/key"},
        {"GLUETUN_HEALTH_CHECK_INTERVAL_S", "0.5"},
        {"VPN_RESTART_ENGINES_ON_RECONNECT", "False"},
        {"MAX_ACTIVE_REPLICAS", "7"},
        {"DOCKER_HOST", "tcp://docker:2376"},
        {"DOCKER_TLS_VERIFY", "0"},  // any value: as the docker command has it
        {"DOCKER_CERT_PATH", "/certs"},
        {"ROUNDHOUSE_API_KEY_FILE", "/run/secrets/own"},
        {"ROUNDHOUSE_NOTIFY_URL", "https://ntfy.sh/x"},
        {"ROUNDHOUSE_NOTIFY_URL_FILE", "/run/secrets/url"},
        {"ROUNDHOUSE_HEARTBEAT_URL", "https://hc-ping.com/x"},
        {"ROUNDHOUSE_ALLOWED_HOSTS", "NAS.local, pool.example.org. ,box"},
        {"ROUNDHOUSE_LISTEN", "[::]:80"},
        {"ROUNDHOUSE_LOG_LEVEL", "debug"},
        {"ROUNDHOUSE_LOG_FORMAT", "json"},
        {"ROUNDHOUSE_STATE_DIR", "/state"},
    });
    const SpecDefaults& spec = environment.spec_defaults;
    CHECK(spec.gateway_container == "vpn-1");
    CHECK(spec.control_server_port == 8001);
    CHECK(spec.api_key_file == "/run/secrets/key");
    CHECK(spec.check_interval == Duration{500});
    CHECK(!spec.restart_engines_on_reconnect);
    CHECK(spec.max_active_replicas == 7);
    CHECK(spec.replica_ceiling == 7);
    CHECK(environment.docker_host == "tcp://docker:2376");
    CHECK(environment.docker_tls_verify);
    CHECK(environment.docker_cert_path == "/certs");
    CHECK(environment.api_key_file == "/run/secrets/own");
    CHECK(environment.allowed_hosts ==
          std::vector<std::string>{"nas.local", "pool.example.org", "box"});
    CHECK(environment.listen == HostPort{"::", 80});
    CHECK(environment.log_level == Severity::debug);
    CHECK(environment.log_format == LogFormat::json);
    CHECK(environment.state_dir == "/state");
    CHECK(environment.notify_url == "https://ntfy.sh/x");
    CHECK(environment.notify_url_file == "/run/secrets/url");
    CHECK(environment.heartbeat_url == "https://hc-ping.com/x");
}

TEST_CASE("the least and the greatest values are accepted, and the short forms") {
    CHECK(good({{"GLUETUN_HEALTH_CHECK_INTERVAL_S", "0.1"}}).spec_defaults.check_interval ==
          Duration{100});
    CHECK(good({{"GLUETUN_HEALTH_CHECK_INTERVAL_S", "3600"}}).spec_defaults.check_interval ==
          Duration{3'600'000});
    CHECK(good({{"MAX_ACTIVE_REPLICAS", "1"}}).spec_defaults.replica_ceiling == 1);
    CHECK(good({{"MAX_ACTIVE_REPLICAS", "1000"}}).spec_defaults.replica_ceiling == 1000);
    CHECK(good({{"GLUETUN_API_PORT", "65535"}}).spec_defaults.control_server_port == 65535);
    for (const char* yes : {"true", "TRUE", "1"}) {
        CHECK(good({{"VPN_RESTART_ENGINES_ON_RECONNECT", yes}})
                  .spec_defaults.restart_engines_on_reconnect);
    }
    for (const char* no : {"false", "0"}) {
        CHECK(!good({{"VPN_RESTART_ENGINES_ON_RECONNECT", no}})
                   .spec_defaults.restart_engines_on_reconnect);
    }
}

TEST_CASE("an address to listen on is an IP and a port") {
    struct Row {
        const char* text;
        HostPort address;
    };
    const Row rows[] = {{"127.0.0.1:1", {"127.0.0.1", 1}},
                        {"[::1]:65535", {"::1", 65535}},
                        {"localhost:9190", {"127.0.0.1", 9190}},
                        {":9190", {"0.0.0.0", 9190}}};
    for (const Row& row : rows)
        CHECK(good({{"ROUNDHOUSE_LISTEN", row.text}}).listen == row.address);
}

TEST_CASE("the balancer is off, and redirects to the host that clients ask, unless it is told") {
    CHECK(good({}).balancer_listen == std::nullopt);
    CHECK(good({}).balancer_host.empty());
    const auto told =
        good({{"ROUNDHOUSE_BALANCER_LISTEN", ":6878"}, {"ROUNDHOUSE_BALANCER_HOST", "NAS.local"}});
    CHECK(told.balancer_listen == HostPort{"0.0.0.0", 6878});
    CHECK(told.balancer_host == "nas.local");
}

TEST_CASE("an unusable value is one line: the variable, the value, what is accepted") {
    struct Row {
        const char* name;
        std::vector<const char*> values;
        std::string accepted;
    };
    const Row rows[] = {
        {"GLUETUN_CONTAINER_NAME",
         {"-x", "x", "a b", "a/b", ".hidden"},
         "a container name such as gluetun"},
        {"GLUETUN_API_PORT",
         {"0", "65536", "-1", "8e3", "08", "http", " 1"},
         "a port from 1 to 65535"},
        {"GLUETUN_HEALTH_CHECK_INTERVAL_S",
         {"0", "0.09", "3601", "-5", "5s", "1e2", "nan", "inf", "soon"},
         "seconds from 0.1 to 3600, such as 5 or 0.5"},
        {"VPN_RESTART_ENGINES_ON_RECONNECT", {"yes", "on", "2", "t"}, "true or false"},
        {"MAX_ACTIVE_REPLICAS",
         {"0", "1001", "-1", "20.0", "99999999999999999999", "many"},
         "a whole number from 1 to 1000"},
        {"ROUNDHOUSE_LISTEN",
         {"9190", "127.0.0.1", "127.0.0.1:", "::1:9190", "[::1]", "a b:1", "name:80", "127.0.0:80",
          "127.0.0.1:0", ":70000", "[127.0.0.1]:80", "127.1:80", "0x7f.0.0.1:80", "[::1:80",
          "[]:80", " 127.0.0.1:80", "127.0.0.1:80 ", "127.0.0.1:-1"},
         "ADDRESS:PORT such as 127.0.0.1:9190 or [::1]:9190"},
        {"ROUNDHOUSE_ALLOWED_HOSTS",
         {",", "nas,", ",nas", "nas,,box", "nas box", "nas:9190", "http://nas", "nas/x", "*",
          "*.local", ".local", "[::1]", "n\xc3\xa4s"},
         "host names without ports, separated by commas, such as nas.local,pool.example.org"},
        {"ROUNDHOUSE_BALANCER_LISTEN",
         {"6878", "nas.local:6878"},
         "ADDRESS:PORT such as 127.0.0.1:9190 or [::1]:9190"},
        {"ROUNDHOUSE_BALANCER_HOST",
         {"nas:6878", "http://nas", "nas/x", "a b", "[::1]", "n\xc3\xa4s"},
         "a host name or an IP address without a port, such as nas.local or 192.0.2.10"},
        {"ROUNDHOUSE_LOG_LEVEL", {"warn", "INFO", "trace"}, "debug, info, warning or error"},
        {"ROUNDHOUSE_LOG_FORMAT", {"logfmt"}, "text or json"},
    };
    for (const Row& row : rows) {
        for (const char* value : row.values) {
            const auto environment = read({{row.name, value}});
            const std::string given = std::string(row.name) + "='" + value + "'";
            REQUIRE_MESSAGE(!environment.ok(), given);
            CHECK(environment.fault().message ==
                  given + " is not usable: expected " + row.accepted);
        }
    }
}

TEST_CASE("a hostile value stays one short line") {
    const auto environment =
        read({{"MAX_ACTIVE_REPLICAS", "1\n\x1b[2J" + std::string(10'000, 'x')}});
    REQUIRE(!environment.ok());
    const std::string& message = environment.fault().message;
    CHECK(message.size() < 300);
    CHECK(message.find_first_of("\n\x1b") == std::string::npos);
}
