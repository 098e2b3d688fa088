#include "edge/command/command_line.h"

#include <doctest/doctest.h>

#include <vector>

using namespace roundhouse;

namespace {

using Words = std::vector<const char*>;

std::variant<CommandLine, CommandLineEnd> parse(Words words) {
    words.insert(words.begin(), "roundhouse");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

CommandLine good(const Words& words) {
    const auto parsed = parse(words);
    if (const auto* end = std::get_if<CommandLineEnd>(&parsed)) FAIL(end->text);
    return std::get<CommandLine>(parsed);
}

CommandLineEnd ended(const Words& words) {
    const auto parsed = parse(words);
    REQUIRE(std::holds_alternative<CommandLineEnd>(parsed));
    return std::get<CommandLineEnd>(parsed);
}

bool mentions(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("every command is understood") {
    struct Row {
        Words words;
        Command command;
    };
    const Row rows[] = {
        {{"run", "-f", "x.yaml"}, Command::run},
        {{"apply", "-f", "x.yaml"}, Command::apply},
        {{"plan", "--file", "x.yaml"}, Command::plan},
        {{"validate", "--file=x.yaml"}, Command::validate},
        {{"down", "-fx.yaml"}, Command::down},
    };
    for (const Row& row : rows) {
        const CommandLine line = good(row.words);
        CHECK(line.command == row.command);
        CHECK(line.file == "x.yaml");
    }
    CHECK(good({"render", "kubernetes", "-f", "x.yaml"}).command == Command::render);
    CHECK(good({"schema"}).command == Command::schema);
    CHECK(good({"version"}).command == Command::version);
    CHECK(good({"--version"}).command == Command::version);
    CHECK_FALSE(good({"version"}).asks_daemon);
    CHECK(good({"version", "--server"}).asks_daemon);
    CHECK_FALSE(good({"version", "--server"}).server.has_value());
}

TEST_CASE("get asks a URL, or every address of a name") {
    CHECK(good({"get", "pool", "--server", "nas/rh"}).server == "nas/rh");
    CHECK(good({"get", "pool", "--server", "dns:agents.media:9190"}).server ==
          "dns:agents.media:9190");
    for (const char* server : {"dns:agents", "dns:agents:0", "dns::9190", "dns:http://a:9190"}) {
        CHECK(mentions(ended({"get", "pool", "--server", server}).text,
                       "--server: expected a URL, or dns:NAME:PORT such as"));
    }
}

TEST_CASE("an agent is told its slots and its gateway") {
    const CommandLine line =
        good({"agent", "-f", "x.yaml", "--slots", "/slots", "--gateway", "gluetun-a"});
    CHECK(line.command == Command::agent);
    CHECK(line.slots == "/slots");
    CHECK(line.gateway == "gluetun-a");
    for (const Words& part : {Words{"--slots", "/slots"}, Words{"--gateway", "gluetun-a"}}) {
        Words words{"agent", "-f", "x.yaml"};
        words.insert(words.end(), part.begin(), part.end());
        CHECK(mentions(ended(words).text, "--slots DIR and --gateway NAME are both needed"));
    }
    CHECK(mentions(ended({"run", "-f", "x", "--slots", "/slots"}).text, "unknown flag '--slots'"));
}

TEST_CASE("manifests have options") {
    const RenderOptions none = good({"render", "kubernetes", "-f", "x"}).render;
    CHECK(none.with_pool);
    CHECK(none.slots_per_gateway == 0);
    CHECK(none.gluetun_image == RenderOptions{}.gluetun_image);
    CHECK(none.name_space + none.image + none.tun_resource + none.gateway == "");
    const RenderOptions all =
        good({"render", "kubernetes", "-f", "x", "--namespace", "media", "--slots-per-gateway", "7",
              "--gateway", "gluetun-a", "--no-pool", "--image", "r:2", "--gluetun-image", "g@sha",
              "--tun-resource", "devic.es/tun"})
            .render;
    CHECK_FALSE(all.with_pool);
    CHECK(all.slots_per_gateway == 7);
    CHECK(all.name_space + "," + all.image + "," + all.gluetun_image + "," + all.tun_resource +
              "," + all.gateway ==
          "media,r:2,g@sha,devic.es/tun,gluetun-a");
    const std::vector<Words> unusable = {{"--namespace", "Media"},  {"--namespace", "a.b"},
                                         {"--namespace", "-a"},     {"--slots-per-gateway", "0"},
                                         {"--tun-resource", "a b"}, {"--image", "a b"}};
    for (const Words& flag : unusable) {
        Words words{"render", "kubernetes", "-f", "x"};
        words.insert(words.end(), flag.begin(), flag.end());
        CHECK(mentions(ended(words).text, std::string(flag[0]) + ": expected"));
    }
    CHECK(mentions(ended({"render", "-f", "x"}).text, "what to render for is missing: kubernetes"));
    CHECK(mentions(ended({"render", "nomad", "-f", "x"}).text, "expected kubernetes"));
}

TEST_CASE("flags have defaults, and values with units and words") {
    CHECK(good({"apply", "-f", "x"}).timeout == std::chrono::minutes(5));
    CHECK(good({"apply", "-f", "x", "--timeout", "1m30s"}).timeout == std::chrono::seconds(90));
    CHECK(good({"plan", "-f", "x"}).output == Output::table);
    CHECK(good({"plan", "-f", "x", "-o", "json"}).output == Output::json);
    CHECK(good({"schema"}).output == Output::json);
    CHECK(good({"schema", "-o", "markdown"}).output == Output::markdown);
}

TEST_CASE("get takes what to ask for, where, and for how long") {
    const CommandLine line = good({"get", "engines"});
    CHECK(line.command == Command::get);
    CHECK(line.resource == Resource::engines);
    CHECK(line.output == Output::table);
    CHECK_FALSE(line.follow);
    CHECK_FALSE(line.quiet);
    CHECK_FALSE(line.server.has_value());
    CHECK(good({"get", "pool", "-q"}).quiet);
    CHECK(good({"get", "gateways", "-o", "wide"}).output == Output::wide);
    const CommandLine more = good({"get", "-w", "-o", "yaml", "--server", "10.0.0.5:9190",
                                   "--api-key-file", "key", "events"});
    CHECK(more.resource == Resource::events);
    CHECK(more.follow);
    CHECK(more.output == Output::yaml);
    CHECK(more.server == "10.0.0.5:9190");
    CHECK(overridden({}, more).api_key_file == "key");
}

TEST_CASE("balance takes any number of controllers") {
    const CommandLine line =
        good({"balance", "--from", "http://host-a:9190", "--from", "https://[2001:DB8::1]/",
              "--from=host-b:9190", "--from", "dns:roundhouse.media:9190", "--balancer-listen",
              "127.0.0.1:6878", "--balancer-host", "NAS.local"});
    CHECK(line.command == Command::balance);
    CHECK(line.from == std::vector<Upstream>{{"http://host-a:9190", "host-a", 0},
                                             {"https://[2001:DB8::1]", "2001:db8::1", 0},
                                             {"http://host-b:9190", "host-b", 0},
                                             {"", "roundhouse.media", 9190}});
    CHECK(overridden({}, line).balancer_listen == HostPort{"127.0.0.1", 6878});
    CHECK(overridden({}, line).balancer_host == "nas.local");
    for (const char* from :
         {"", "ftp://host-a", "http://", "http://host-a/path", "http://user@host-a", "dns:name",
          "dns:name:0", "dns:a b:80", "dns::80", "http://host-a:99999", "host a"}) {
        CAPTURE(std::string(from));
        const CommandLineEnd end = ended({"balance", "--from", from});
        CHECK(end.exit_code == 78);
        CHECK(mentions(end.text, "http://192.0.2.10:9190"));
    }
    CHECK(mentions(ended({"balance"}).text, "--from is missing"));
    CHECK(mentions(ended({"run", "-f", "x", "--from", "a"}).text, "unknown flag '--from'"));
}

TEST_CASE("flags override the environment where they are given") {
    Environment environment;
    environment.docker_host = "tcp://from-environment:2375";
    environment.state_dir = "/from/environment";
    environment.log_level = Severity::warning;
    environment.log_format = LogFormat::json;
    environment.allowed_hosts = {"nas"};

    const Environment same = overridden(environment, good({"run", "-f", "x"}));
    CHECK(same.docker_host == environment.docker_host);
    CHECK(same.state_dir == environment.state_dir);
    CHECK(same.log_level == Severity::warning);
    CHECK(same.log_format == LogFormat::json);
    CHECK(same.allowed_hosts == environment.allowed_hosts);
    const CommandLine hosts = good({"run", "-f", "x", "--allowed-hosts", "box,pool.example"});
    CHECK(overridden(environment, hosts).allowed_hosts ==
          std::vector<std::string>{"box", "pool.example"});

    const Environment other = overridden(
        environment, good({"run", "-f", "x", "--docker-host", "unix:///x.sock", "--state-dir",
                           "/flag", "--log-level", "debug", "--log-format", "text"}));
    CHECK(other.docker_host == "unix:///x.sock");
    CHECK(other.state_dir == "/flag");
    CHECK(other.log_level == Severity::debug);
    CHECK(other.log_format == LogFormat::text);
}

TEST_CASE("a command line that cannot be used is one line that says why") {
    struct Row {
        Words words;
        std::string line;
    };
    const Row rows[] = {
        {{"aply", "-f", "x"},
         "roundhouse: unknown command 'aply' (did you mean 'apply'?); see 'roundhouse --help'\n"},
        {{"status"},
         "roundhouse: unknown command 'status': 'roundhouse get pool' shows the state; see "
         "'roundhouse --help'\n"},
        {{"frobnicate"}, "roundhouse: unknown command 'frobnicate'; see 'roundhouse --help'\n"},
        {{"--log-level", "debug", "run"},
         "roundhouse run: unknown flag '--log-level' before the command; see 'roundhouse run "
         "--help'\n"},
        {{"run"},
         "roundhouse run: -f PATH is missing: name the spec's file or folder, as in 'roundhouse "
         "run "
         "-f engines.yaml'; see 'roundhouse run --help'\n"},
        {{"apply", "-f", "x", "--timout=5s"},
         "roundhouse apply: unknown flag '--timout' (did you mean '--timeout'?); see 'roundhouse "
         "apply "
         "--help'\n"},
        {{"run", "-f", "x", "--timeout", "5s"},
         "roundhouse run: unknown flag '--timeout'; see 'roundhouse run --help'\n"},
        {{"run", "-f", "x", "y"},
         "roundhouse run: unexpected argument 'y'; see 'roundhouse run --help'\n"},
        {{"run", "-f", "x", "plan"},
         "roundhouse run: two commands, run and plan: give one; see 'roundhouse run --help'\n"},
        {{"apply", "-f", "x", "--timeout", "5"},
         "roundhouse apply: --timeout: expected a duration up to 24h, such as 30s or 5m, got '5'; "
         "see 'roundhouse apply --help'\n"},
        {{"plan", "-f", "x", "-o", "markdown"},
         "roundhouse plan: --output: expected table or json, got 'markdown'; see 'roundhouse plan "
         "--help'\n"},
        {{"run", "-f", "x", "--log-level", "loud"},
         "roundhouse run: --log-level: expected debug, info, warning or error, got 'loud'; see "
         "'roundhouse run --help'\n"},
        {{"get"},
         "roundhouse get: what to get is missing: pool, engines, gateways or events; see "
         "'roundhouse get --help'\n"},
        {{"get", "pods"},
         "roundhouse get: RESOURCE: expected pool, engines, gateways or events, got 'pods'; see "
         "'roundhouse get --help'\n"},
        {{"get", "pool", "-o", "markdown"},
         "roundhouse get: --output: expected table, wide, json or yaml, got 'markdown'; see "
         "'roundhouse get --help'\n"},
        {{"get", "pool", "-q", "-w"},
         "roundhouse get: --watch and --quiet: give one of them; see 'roundhouse get --help'\n"},
        {{"run", "-f"},
         "roundhouse run: --file takes one value, once; see 'roundhouse run --help'\n"},
        {{"run", "-f", "x", "-f", "y"},
         "roundhouse run: --file takes one value, once; see 'roundhouse run --help'\n"},
        {{"run", "-f", ""},
         "roundhouse run: -f PATH is missing: name the spec's file or folder, as in 'roundhouse "
         "run "
         "-f engines.yaml'; see 'roundhouse run --help'\n"},
    };
    for (const Row& row : rows) {
        const CommandLineEnd end = ended(row.words);
        CHECK(end.exit_code == 78);
        CHECK(end.text == row.line);
    }
}

TEST_CASE("a timeout is above zero and at most a day") {
    for (const char* word : {"0s", "-5s", "25h", "soon", "99999999999999h"}) {
        CHECK(ended({"apply", "-f", "x", "--timeout", word}).exit_code == 78);
    }
}

TEST_CASE("without a command the program prints its help, and fails") {
    const CommandLineEnd end = ended({});
    CHECK(end.exit_code == 78);
    CHECK(end.text == ended({"--help"}).text);
    CHECK(parse_command_line(0, nullptr).index() == 1);
}

TEST_CASE("--help prints help and succeeds") {
    const CommandLineEnd program = ended({"--help"});
    CHECK(program.exit_code == 0);
    for (const char* what : {"run", "apply", "plan", "validate", "down", "schema", "version",
                             "MAX_ACTIVE_REPLICAS", "DOCKER_HOST", "replicas: 3", "69"}) {
        CHECK_MESSAGE(mentions(program.text, what), what);
    }
    for (const char* command : {"run", "apply", "plan", "validate", "down", "schema"}) {
        const CommandLineEnd help = ended({command, "--help"});
        CHECK(help.exit_code == 0);
        CHECK(mentions(help.text, std::string("Example:\n  roundhouse ") + command));
        CHECK(help.text == ended({"help", command}).text);
    }
    CHECK(mentions(ended({"plan", "-h"}).text, "2 steps pending"));
    CHECK(mentions(ended({"apply", "-h"}).text, "3 timed out"));
}

TEST_CASE("help fits a terminal of 100 columns") {
    for (const char* command :
         {"", "run", "apply", "plan", "validate", "down", "get", "balance", "schema"}) {
        const std::string text = ended(*command == '\0' ? Words{"-h"} : Words{command, "-h"}).text;
        std::size_t begin = 0;
        for (std::size_t end = text.find('\n'); end != std::string::npos;
             end = text.find('\n', begin)) {
            CHECK_MESSAGE(end - begin <= 100, text.substr(begin, end - begin));
            begin = end + 1;
        }
    }
}
