#include "edge/docker/json.h"

#include <doctest/doctest.h>

#include <chrono>

#include "edge/docker/request_json.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

const std::string row = R"({
    "Id": "aaaa", "Names": ["/other/alias", "/acestream-0"], "Image": "engine:1",
    "Created": 1767225600, "State": "running", "Status": "Up 2 hours",
    "Labels": {"roundhouse.pool": "acestream", "roundhouse.slot": "0"},
    "HostConfig": {"NetworkMode": "container:bbbb"}, "NetworkSettings": {"Networks": {}}})";

// The row with one piece of it replaced.
std::string row_with(const std::string& old_piece, const std::string& new_piece) {
    std::string changed = row;
    const auto at = changed.find(old_piece);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, old_piece.size(), new_piece);
}

std::vector<ContainerListing> listing(const std::string& rows) {
    const auto parsed = parse_listing("[" + rows + "]");
    REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.fault().message));
    return parsed.value();
}

std::string complaint(const std::string& text) {
    const auto parsed = parse_listing(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.fault().kind == FaultKind::unavailable);
    return parsed.fault().message;
}

const std::string gateway_text = R"({
    "Id": "bbbb", "Name": "/gluetun",
    "State": {"Status": "running", "StartedAt": "2026-01-01T00:00:00.123456789Z", "Pid": 4711,
              "Health": {"Status": "healthy"}},
    "HostConfig": {"NetworkMode": "vpn",
                   "PortBindings": {"19000/tcp": [{"HostPort": "19000"}], "22000/udp": [{}]}},
    "NetworkSettings": {
        "Ports": {"19001/tcp": [{"HostIp": "0.0.0.0", "HostPort": "19001"}], "8888/tcp": null},
        "Networks": {"zone": {"IPAddress": "10.1.0.2"}, "vpn": {"IPAddress": "10.0.0.2"}}}})";

GatewayContainer gateway(const std::string& text) {
    const auto parsed = parse_gateway(text, {"bbbb", "gluetun"});
    REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.fault().message));
    REQUIRE(parsed.value().has_value());
    return *parsed.value();
}

}  // namespace

TEST_CASE("a row of Docker's list becomes a listing") {
    const auto all = listing(row);
    REQUIRE(all.size() == 1);
    const ContainerListing& one = all[0];
    CHECK(one.id == "aaaa");
    CHECK(one.name == "acestream-0");
    CHECK(one.state == EngineState::running);
    CHECK(one.labels.at("roundhouse.slot") == "0");
    CHECK(one.network == Network{"bbbb", {}});
    CHECK(one.address.empty());
    CHECK(one.image == "engine:1");
    CHECK(one.created_at == Time(1767225600s));
}

TEST_CASE("every state word has its meaning, and unknown ones do no harm") {
    struct Row {
        std::string word;
        EngineState state;
    };
    const Row rows[] = {
        {"created", EngineState::created},     {"running", EngineState::running},
        {"paused", EngineState::paused},       {"restarting", EngineState::restarting},
        {"removing", EngineState::removing},   {"exited", EngineState::exited},
        {"dead", EngineState::dead},           {"configured", EngineState::created},
        {"initialized", EngineState::created}, {"stopping", EngineState::running},
        {"stopped", EngineState::exited},      {"unknown", EngineState::paused},
    };
    for (const auto& one : rows) {
        CAPTURE(one.word);
        CHECK(listing(row_with("\"running\"", "\"" + one.word + "\""))[0].state == one.state);
    }
}

TEST_CASE("a row without the label that was asked for is not understood") {
    CHECK(listing(row_with("\"acestream\"", "\"acestream-2\"")).size() == 1);
    CHECK(listing("").empty());
    const std::string other = row_with("\"roundhouse.pool\"", "\"some.label\"");
    const auto both = listing(row + "," + other);
    CHECK(both[0].unreadable.empty());
    CHECK(both[1].unreadable ==
          "[1] in the reply lacks the label roundhouse.pool, which was asked "
          "for");
    CHECK(complaint("[" + other + "]").find("lacks the label") != std::string::npos);
}

TEST_CASE("the address is the first IP by network name") {
    const auto address = [](const std::string& networks) {
        std::string own = row_with("\"Networks\": {}", "\"Networks\": " + networks);
        own.replace(own.find("container:bbbb"), 14, "lan");
        return listing(own)[0].address;
    };
    CHECK(address("null").empty());
    CHECK(address(R"({"b": {"IPAddress": "10.0.0.2"}, "a": {"IPAddress": "10.0.0.1"}})") ==
          "10.0.0.1");
    CHECK(address(R"({"a": {"IPAddress": ""}, "b": {"IPAddress": "10.0.0.2"}})") == "10.0.0.2");
    CHECK(address(R"({"a": {"IPAddress": "", "GlobalIPv6Address": "fd00::2"}})") == "fd00::2");
    CHECK(address(R"({"a": {"IPAddress": "invalid IP", "GlobalIPv6Address": "10.0.0.1:80"}})") ==
          "");
    CHECK(address(R"({"a": {"GlobalIPv6Address": "fd00::2"}, "b": {"IPAddress": "10.0.0.2"}})") ==
          "10.0.0.2");
    CHECK(listing(row_with("container:bbbb", "host"))[0].address == "127.0.0.1");
}

TEST_CASE("a list is whole or it is a fault that says what is wrong") {
    CHECK(complaint("").find("not JSON") != std::string::npos);
    CHECK(complaint("<html>").find("not JSON") != std::string::npos);
    CHECK(complaint("[" + row + ",").find("was cut") != std::string::npos);
    CHECK(complaint(std::string("[]\0]", 4)).find("a NUL") != std::string::npos);
    CHECK(complaint("null").find("a list was expected") != std::string::npos);
    CHECK(complaint("{}").find("a list was expected") != std::string::npos);
    CHECK(complaint("[1]").find("[0] in the reply is number") != std::string::npos);
    CHECK(complaint(std::string(100'000, '[')).find("nested too deep") != std::string::npos);
}

TEST_CASE("a row that cannot be understood is listed with what can be read of it") {
    struct Change {
        std::string from;
        std::string to;
        std::string trouble;
    };
    const Change wrong[] = {
        {"\"Id\": \"aaaa\"", "\"Id\": \"\"", "without an id"},
        {"\"Id\": \"aaaa\"", "\"Id\": 7", "[1].Id in the reply is number"},
        {"\"Names\"", "\"Nomes\"", "lacks [1].Names"},
        {"\"State\": \"running\"", "\"State\": null", "[1].State in the reply is null"},
        {"1767225600", "\"yesterday\"", "[1].Created"},
        {"1767225600", "1.5", "[1].Created"},
        {"1767225600", "9223372036854775807", "[1].Created"},
        {"1767225600", "18446744073709551615", "[1].Created"},
        {"\"roundhouse.slot\": \"0\"", "\"roundhouse.slot\": 0", "[1].Labels.roundhouse.slot"},
        {"\"Labels\"", "\"Lapels\"", "lacks [1].Labels"},
        {"{\"NetworkMode\": \"container:bbbb\"}", "[]", "[1].HostConfig"},
        {"{\"Networks\": {}}", "[]", "[1].NetworkSettings"},
    };
    for (const auto& change : wrong) {
        CAPTURE(change.to);
        const auto rows = listing(row + "," + row_with(change.from, change.to));
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].unreadable.empty());
        CAPTURE(rows[1].unreadable);
        CHECK(rows[1].unreadable.find(change.trouble) != std::string::npos);
        CHECK((rows[1].id == "aaaa" || change.from.find("Id") != std::string::npos));
        CHECK((rows[1].name == "acestream-0" || change.from == "\"Names\""));
    }
    for (const std::string none : {"null", "7", "[]", "{}"}) {
        const auto rows = listing(row + "," + none);
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].unreadable.empty());
        CHECK(rows[1].unreadable.find("[1]") != std::string::npos);
    }
}

TEST_CASE("names are matched from their beginning") {
    const auto names = [](const std::string& prefix) {
        const auto parsed = parse_names("[" + row + "]", prefix);
        REQUIRE(parsed.ok());
        return parsed.value().size();
    };
    CHECK(names("acestream-") == 1);
    CHECK(names("stream-") == 0);
    CHECK(names("alias") == 0);
    CHECK_FALSE(parse_names("null", "acestream-").ok());
}

TEST_CASE("how a container ended") {
    const auto text = [](const std::string& state) {
        return R"({"Id": "aa", "State": {)" + state + "}}";
    };
    auto end = parse_end(text(R"("ExitCode": 137, "OOMKilled": true, "Error": "",
                                 "FinishedAt": "2026-01-01T00:00:01.5Z")"),
                         "aa");
    REQUIRE(end.ok());
    CHECK(end.value().exit_code == 137);
    CHECK(end.value().out_of_memory);
    CHECK(end.value().finished_at == Time(1767225601500ms));
    CHECK_FALSE(end.value().removal_under_way);

    end = parse_end(text(R"("Status": "removing", "ExitCode": 0, "OOMKilled": false, "Error": "",
                            "FinishedAt": "2026-01-01T00:00:01.5Z")"),
                    "aa");
    REQUIRE(end.ok());
    CHECK(end.value().removal_under_way);

    end = parse_end(text(R"("ExitCode": 128, "OOMKilled": false, "Error": "no such device",
                            "FinishedAt": "0001-01-01T00:00:00Z")"),
                    "aa");
    REQUIRE(end.ok());
    CHECK(end.value().start_error == "no such device");
    CHECK_FALSE(end.value().finished_at.has_value());

    end = parse_end(text(R"("ExitCode": 1)"), "aa");
    REQUIRE_FALSE(end.ok());
    CHECK(end.fault().message == "the reply lacks .State.OOMKilled");
}

TEST_CASE("the process of a container, where one is told") {
    CHECK(parse_pid(R"({"Id": "aa", "State": {"Pid": 4711}})", "aa").value() == 4711);
    CHECK(parse_pid(R"({"Id": "aa", "State": {"Pid": 0}})", "aa").value() == 0);
    CHECK(parse_pid(R"({"Id": "aa", "State": {}})", "aa").value() == 0);
    CHECK_FALSE(parse_pid(R"({"Id": "aa", "State": {"Pid": "4711"}})", "aa").ok());
    CHECK_FALSE(parse_pid(R"({"Id": "bb", "State": {"Pid": 4711}})", "aa").ok());
}

TEST_CASE("a gateway is read in full") {
    const GatewayContainer seen = gateway(gateway_text);
    CHECK(seen.id == "bbbb");
    CHECK(seen.started_at == "2026-01-01T00:00:00.123456789Z");
    CHECK(seen.pid == 4711);
    CHECK(seen.running);
    CHECK(seen.state == "running");
    CHECK(seen.health == GatewayContainer::Health::healthy);
    CHECK(seen.addresses == std::vector<std::string>{"10.0.0.2", "10.1.0.2"});
    CHECK(seen.published_tcp_ports == std::set<int>{19000, 19001});
    CHECK(seen.host_ports == std::map<int, HostPort>{{19000, {"", 19000}}, {19001, {"", 19001}}});
}

TEST_CASE("where a port is on the host") {
    struct Row {
        std::string bindings;
        std::optional<HostPort> host_port;
    };
    const Row rows[] = {
        {R"([{"HostIp":"","HostPort":"29001"}])", HostPort{"", 29001}},
        {R"([{"HostIp":"0.0.0.0","HostPort":"29001"},{"HostIp":"::","HostPort":"29001"}])",
         HostPort{"", 29001}},
        {R"([{"HostIp":"127.0.0.1","HostPort":"29001"}])", HostPort{"127.0.0.1", 29001}},
        {R"([{"HostIp":"192.0.2.7","HostPort":"29001"}])", HostPort{"192.0.2.7", 29001}},
        {R"([{"HostIp":"127.0.0.1","HostPort":"1"},{"HostIp":"192.0.2.7","HostPort":"2"}])",
         HostPort{"192.0.2.7", 2}},
        {R"([{"HostIp":"::1","HostPort":"1"},{"HostPort":"2"},{"HostIp":"::","HostPort":"3"}])",
         HostPort{"", 2}},
        // What is asked for has no number yet, and what cannot be understood is left out.
        {R"([{"HostIp":"","HostPort":""}])", std::nullopt},
        {R"([{"HostIp":"","HostPort":"0"}])", std::nullopt},
        {R"([{"HostIp":"evil.example/","HostPort":"29001"}])", std::nullopt},
        {R"([{"HostIp":"","HostPort":29001}])", std::nullopt},
        {R"([{"HostIp":7,"HostPort":"1"},"x",{"HostIp":"","HostPort":"29001"}])",
         HostPort{"", 29001}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.bindings);
        std::string text = gateway_text;
        const std::string from = R"([{"HostIp": "0.0.0.0", "HostPort": "19001"}])";
        const auto ports = gateway(text.replace(text.find(from), from.size(), row.bindings));
        CHECK(ports.published_tcp_ports == std::set<int>{19000, 19001});
        const auto found = ports.host_ports.find(19001);
        CHECK((found == ports.host_ports.end() ? std::nullopt : std::optional(found->second)) ==
              row.host_port);
    }
}

TEST_CASE("a gateway's health and state are closed sets") {
    const auto with = [](const std::string& from, const std::string& to) {
        std::string text = gateway_text;
        return text.replace(text.find(from), from.size(), to);
    };
    using Health = GatewayContainer::Health;
    const std::string health = R"("Health": {"Status": "healthy"})";
    CHECK(gateway(with(health, R"("Health": null)")).health == Health::none);
    CHECK(gateway(with(health, R"("Other": 1)")).health == Health::none);
    CHECK(gateway(with("\"healthy\"", "\"none\"")).health == Health::none);
    CHECK(gateway(with("\"healthy\"", "\"\"")).health == Health::none);
    CHECK(gateway(with("\"healthy\"", "\"starting\"")).health == Health::starting);
    CHECK(gateway(with("\"healthy\"", "\"unhealthy\"")).health == Health::unhealthy);
    CHECK(gateway(with("\"healthy\"", "\"new word\"")).health == Health::starting);
    CHECK_FALSE(gateway(with("\"running\"", "\"paused\"")).running);
    CHECK_FALSE(gateway(with("\"running\"", "\"restarting\"")).running);
}

TEST_CASE("a gateway may ask for a forwarded port, in any of Gluetun's words") {
    const auto asks = [](const std::string& config) {
        std::string text = gateway_text;
        return gateway(text.insert(1, "\"Config\": " + config + ",")).asks_for_port;
    };
    for (const char* yes :
         {"VPN_PORT_FORWARDING=on", "VPN_PORT_FORWARDING=TRUE", "PORT_FORWARDING=yes",
          "VPN_PORT_FORWARDING=1", "PRIVATE_INTERNET_ACCESS_VPN_PORT_FORWARDING=on"}) {
        CAPTURE(yes);
        CHECK(asks(std::string(R"({"Env": ["PATH=/bin", ")") + yes + "\"]}"));
    }
    for (const char* no : {"VPN_PORT_FORWARDING=off", "VPN_PORT_FORWARDING=", "VPN_PORT_FORWARDING",
                           "VPN_PORT_FORWARDING_PROVIDER=on", "=on"}) {
        CAPTURE(no);
        CHECK_FALSE(asks(std::string(R"({"Env": [")") + no + "\"]}"));
    }
    CHECK_FALSE(asks(R"({"Env": null})"));
    CHECK_FALSE(asks("{}"));
}

TEST_CASE("what keeps a gateway from running, and a health check that has not run") {
    const auto with = [](const std::string& from, const std::string& to) {
        std::string text = gateway_text;
        return gateway(text.replace(text.find(from), from.size(), to));
    };
    CHECK(gateway(gateway_text).error.empty());
    CHECK(gateway(gateway_text).restarts == 0);
    CHECK(with("\"Status\": \"running\"", R"("Error": "no /dev/net/tun", "Status": "created")")
              .error == "no /dev/net/tun");
    CHECK(with("\"Id\"", "\"RestartCount\": 5, \"Id\"").restarts == 5);
    const std::string health = R"("Health": {"Status": "healthy"})";
    const std::string never = R"("Health": {"Status": "starting", "Log": []})";
    CHECK(with(health, never).first_check_after == 30s);
    CHECK_FALSE(with(health, R"("Health": {"Status": "starting", "Log": [{}]})")
                    .first_check_after.has_value());
    std::string text = gateway_text;
    text.replace(text.find(health), health.size(), never);
    text.replace(text.find("\"Id\""), 4,
                 R"("Config": {"Healthcheck": {"Interval": 86400000000000}}, "Id")");
    CHECK(gateway(text).first_check_after == 24h);
}

TEST_CASE("a container that Docker found by the beginning of its id is not the gateway") {
    const auto parsed = parse_gateway(gateway_text, {"bbbb", "bbbb"});
    REQUIRE(parsed.ok());
    CHECK_FALSE(parsed.value().has_value());
    CHECK_FALSE(parse_gateway(gateway_text, {"cccc", "gluetun"}).ok());
}

TEST_CASE("the body of a create") {
    EngineRequest request;
    request.name = "acestream-0";
    request.image = "engine:1";
    request.env = {"HTTP_PORT=19000"};
    request.labels = {{"roundhouse.pool", "acestream"}};
    request.network_mode = "container:bbbb";
    request.stop_timeout = 1500ms;

    SUBCASE("behind a gateway has no option that Docker rejects there") {
        CHECK(create_body(request) ==
              R"({"Env":["HTTP_PORT=19000"],"Healthcheck":{"Test":["NONE"]},)"
              R"("HostConfig":{"Init":true,"NetworkMode":"container:bbbb",)"
              R"("RestartPolicy":{"Name":"no"}},"Image":"engine:1",)"
              R"("Labels":{"roundhouse.pool":"acestream"},"StopTimeout":2})");
    }
    SUBCASE("has what the template asks for") {
        request.network_mode = "lan";
        request.entrypoint = {"/engine"};
        request.command = {"--port", "1"};
        request.user = "1000";
        request.published_tcp_ports = {19000, 22000};
        request.published_udp_ports = {22000};
        request.binds = {"cache:/cache:ro"};
        request.tmpfs = {{"/dev/shm", "size=1m"}};
        request.resources = {.memory_bytes = 1024, .nano_cpus = 1'500'000'000, .pids = 20};
        request.logging = {.driver = "json-file", .options = {{"max-size", "10m"}}};
        const std::string body = create_body(request);
        for (const char* piece : {
                 R"("Entrypoint":["/engine"])",
                 R"("Cmd":["--port","1"])",
                 R"("User":"1000")",
                 R"("ExposedPorts":{"19000/tcp":{},"22000/tcp":{},"22000/udp":{}})",
                 R"("PortBindings":{"19000/tcp":[{"HostPort":"19000"}],)",
                 R"("22000/udp":[{"HostPort":"22000"}]})",
                 R"("Binds":["cache:/cache:ro"])",
                 R"("Tmpfs":{"/dev/shm":"size=1m"})",
                 R"("Memory":1024)",
                 R"("NanoCpus":1500000000)",
                 R"("PidsLimit":20)",
                 R"("LogConfig":{"Config":{"max-size":"10m"},"Type":"json-file"})",
             }) {
            CAPTURE(piece);
            CHECK(body.find(piece) != std::string::npos);
        }
    }
    SUBCASE("publishes its ports on one address") {
        request.published_tcp_ports = {19000};
        request.publish_address = "127.0.0.1";
        CHECK(create_body(request).find(
                  R"("PortBindings":{"19000/tcp":[{"HostIp":"127.0.0.1","HostPort":"19000"}]})") !=
              std::string::npos);
    }
    SUBCASE("bytes that are no UTF-8 do not break it") {
        request.env = {"NAME=\xff"};
        CHECK(create_body(request).find("\"NAME=\xEF\xBF\xBD\"") != std::string::npos);
    }
}

TEST_CASE("what is no image does not show that there is one") {
    CHECK(parse_image(R"({"Id":"sha256:aa"})").value());
    for (const char* text : {"", "[]", "{}", "null", R"({"Id":7})"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_image(text).ok());
    }
}

TEST_CASE("what Docker warns of at a create, and a reply without warnings") {
    const auto created =
        parse_created(R"({"Id":"aa","Warnings":["no memory\u001b[2J limit","b"]})");
    REQUIRE(created.ok());
    CHECK(created.value().id == "aa");
    CHECK(created.value().warnings == std::vector<std::string>{"no memory?[2J limit", "b"});
    for (const char* text : {R"({"Id":"aa"})", R"({"Id":"aa","Warnings":null})",
                             R"({"Id":"aa","Warnings":7})", R"({"Id":"aa","Warnings":[]})"}) {
        CAPTURE(text);
        REQUIRE(parse_created(text).ok());
        CHECK(parse_created(text).value().warnings.empty());
    }
    CHECK_FALSE(parse_created(R"({"Warnings":["a"]})").ok());
}

TEST_CASE("events, pull lines, versions and errors") {
    const auto event = parse_event(R"({"Type":"container","Action":"health_status: healthy",
        "Actor":{"ID":"bbbb","Attributes":{"name":"gluetun","roundhouse.pool":"p"}},"time":1})");
    REQUIRE(event.ok());
    CHECK(event.value().action == "health_status: healthy");
    CHECK(event.value().container_name == "gluetun");
    CHECK(event.value().container_id == "bbbb");
    CHECK(event.value().labels.at("roundhouse.pool") == "p");
    CHECK_FALSE(parse_event("[]").ok());

    const auto line = parse_pull_line(
        R"({"status":"Downloading","progressDetail":{"current":5,"total":9},"id":"aaa"})");
    REQUIRE(line.ok());
    CHECK(line.value().layer == "aaa");
    CHECK(line.value().bytes == 5);
    CHECK(parse_pull_line(R"({"error":"denied","errorDetail":{}})").value().error == "denied");
    CHECK(parse_pull_line(R"({"status":"x","progressDetail":{}})").value().bytes == 0);

    CHECK(parse_docker_version(R"({"ApiVersion":"1.41"})").fault().message ==
          "the reply lacks .MinAPIVersion");
    CHECK(parse_error_message(R"({"message":"no"})") == "no");
    CHECK(parse_error_message("<html>").empty());
    CHECK(filters_text({{"label", {"a=b"}}, {"type", {"x", "y"}}}) ==
          R"({"label":["a=b"],"type":["x","y"]})");
}
