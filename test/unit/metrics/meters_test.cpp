// The text of /metrics as a whole, what the manifests say about it, and the history.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "unit/metrics/scrape.h"
#include "unit/source_tree.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// The metrics of a pool that has an engine, a gateway and a condition.
std::string full_scrape() {
    MetricsBench bench;
    const EnginePool pool = pool_of(1);
    Observation seen = matching_world(pool);
    seen.engines[0].usage = UsageView{};
    bench.show(pool, seen);
    return bench.meters.text();
}

// Every name of a metric in a text, with the suffixes that series have.
std::set<std::string> names_in(const std::string& text) {
    static const std::regex name(R"(\b(roundhouse|process)_[a-z0-9_]+)");
    std::set<std::string> names;
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found)
        names.insert(found->str());
    return names;
}

// "{gateway,state}" for a line of a scrape; empty without labels of ours.
std::string labels_of(const std::string& line) {
    static const std::regex label(R"re((\w+)="(?:[^"\\]|\\.)*")re");
    std::string names;
    for (std::sregex_iterator found(line.begin(), line.end(), label), end; found != end; ++found) {
        const std::string name = (*found)[1];
        if (name != "le") names += (names.empty() ? "" : ",") + name;
    }
    return names.empty() ? "" : "{" + names + "}";
}

// The table of metrics for manifests/metrics.md, from their help texts.
std::string table_of(const std::string& scrape) {
    std::string table = "| metric | type | meaning |\n|---|---|---|\n";
    std::istringstream lines(scrape);
    std::string help;
    std::string type;
    std::string sample;
    while (std::getline(lines, help)) {
        if (!help.starts_with("# HELP ")) continue;
        std::getline(lines, type);
        std::getline(lines, sample);
        const auto name_end = help.find(' ', 7);
        const std::string name = help.substr(7, name_end - 7);
        if (!name.starts_with("roundhouse_")) continue;
        table += "| `" + name.substr(11) + labels_of(sample) + "` | " +
                 type.substr(type.rfind(' ') + 1) + " | " + help.substr(name_end + 1) + " |\n";
    }
    return table;
}

}  // namespace

TEST_SUITE("meters") {
    TEST_CASE("a round is in the metrics and in the history") {
        const ManualClock clock;
        ControllerMeters meters(clock);
        Board board;
        meters.watch(board);
        const EnginePool pool = pool_of(2);
        board.accept(pool);

        meters.round_ended(RoundOutcome::failed, Duration{7});
        CHECK(meters.history().samples().empty());  // nothing is known of the pool yet

        Observation seen = matching_world(pool);
        seen.engines[0].usage.emplace().sessions = 3;
        board.publish(std::make_shared<const RoundView>(
            RoundView{board.spec().pool, 1, seen, plan(pool, seen, noon), noon}));
        Step replace;
        replace.action = Action::replace;
        meters.step_ended(replace, true, Duration{1});
        meters.step_ended(replace, false, Duration{1});
        meters.forwarded_ports_changed("gluetun");
        meters.round_ended(RoundOutcome::matched, Duration{9});
        CHECK(meters.history().samples() ==
              std::vector<Sample>{{clock.now(), 2, 2, Duration{9}, 1, 1, 3}});
        const std::string text = meters.text();
        CHECK(text.find("roundhouse_round_duration_seconds_count 2\n") != std::string::npos);
    }

    TEST_CASE("every promised name is there from the first scrape, before any round") {
        MetricsBench bench;
        bench.board.accept(pool_of(3));
        const Scrape first = bench.scrape();
        for (const char* name : {"build_info",
                                 "runtime_info",
                                 "replicas_spec",
                                 "replicas_wanted",
                                 "replicas_max",
                                 "engines",
                                 "engines_ready",
                                 "gateway_ready",
                                 "gateway_info",
                                 "gateway_forwarded_ports",
                                 "gateway_forwarded_port",
                                 "forwarded_port_changes_total",
                                 "rehosts_total",
                                 "http_unauthorized_total",
                                 "steps_total",
                                 "step_duration_seconds",
                                 "rounds_total",
                                 "round_duration_seconds",
                                 "convergence_seconds",
                                 "converged",
                                 "docker_request_duration_seconds",
                                 "gluetun_request_duration_seconds",
                                 "sessions",
                                 "spec_valid",
                                 "spec_generation",
                                 "last_round_timestamp_seconds"}) {
            CHECK_MESSAGE(first.has_name("roundhouse_" + std::string(name)), name);
        }
        CHECK(first.at("roundhouse_steps_total{action=\"replace\",reason=\"GatewayRecreated\","
                       "result=\"ok\"}") == 0);
        CHECK(first.at("roundhouse_steps_total{action=\"remove\",reason=\"PortConflict\","
                       "result=\"ok\"}") == 0);
        CHECK(first.at("roundhouse_steps_total{action=\"remove\",reason=\"CannotBeRemoved\","
                       "result=\"failed\"}") == 0);
        CHECK(first.at("roundhouse_rounds_total{result=\"failed\"}") == 0);
        CHECK(first.at("roundhouse_gateway_info{gateway=\"gluetun\",reason=\"Unknown\"}") == 1);
        CHECK(first.at("roundhouse_condition{type=\"Ready\",status=\"Unknown\"}") == 1);
        CHECK(first.at("roundhouse_converged") == 0);
        CHECK(first.at("process_resident_memory_bytes") > 1e6);
        CHECK(first.at("process_open_fds") >= 3);
        CHECK(first.at("process_start_time_seconds") > 1.7e9);
    }

    TEST_CASE("without a spec the metrics say that there is none") {
        MetricsBench bench;
        const Scrape first = bench.scrape();
        CHECK(first.at("roundhouse_spec_generation") == 0);
        CHECK(first.at("roundhouse_replicas_wanted") == 0);
        CHECK(first.at("roundhouse_spec_valid") == 0);
        CHECK(first.count("gateway=") == 0);
    }

    TEST_CASE("promtool has no complaint") {
        MetricsBench bench;
        const EnginePool pool = pool_of(3);
        bench.show(pool, matching_world(pool));
        const TemporaryFolder folder;
        const std::string scrape = folder.path() + "/scrape";
        std::ofstream(scrape) << bench.meters.text();
        const std::string said = folder.path() + "/said";
        const std::string command =
            "promtool check metrics < '" + scrape + "' > '" + said + "' 2>&1";
        const int status = std::system(command.c_str());
        std::stringstream words;
        words << std::ifstream(said).rdbuf();
        CHECK_MESSAGE(status == 0, words.str());
        CHECK(words.str() == "");
    }

    TEST_CASE("the names of metrics are found in a text") {
        CHECK(names_in("rate(roundhouse_rounds_total[5m]) > process_max_fds") ==
              std::set<std::string>{"roundhouse_rounds_total", "process_max_fds"});
        CHECK(!names_in(full_scrape()).contains("roundhouse_no_such_thing"));
    }

    TEST_CASE("rules and dashboards name only metrics that exist") {
        const auto existing = names_in(full_scrape());
        // Other words in these files.
        const std::set<std::string> others{"roundhouse_api_key"};
        for (const char* path :
             {"manifests/prometheus/rules.yaml", "manifests/prometheus/rules_test.yaml",
              "manifests/prometheus/prometheus.yml", "manifests/grafana/dashboard.json"}) {
            for (const auto& name : names_in(source_file(path))) {
                const bool known = existing.contains(name) || others.contains(name);
                CHECK_MESSAGE(known, path << " names " << name);
            }
        }
    }

    TEST_CASE("the dashboard shows every promised kind of metric") {
        const auto shown = names_in(source_file("manifests/grafana/dashboard.json"));
        for (const char* name :
             {"roundhouse_converged", "roundhouse_engines", "roundhouse_gateway_ready",
              "roundhouse_rehosts_total", "roundhouse_steps_total",
              "roundhouse_convergence_seconds_bucket", "roundhouse_spec_valid",
              "roundhouse_engine_sessions", "roundhouse_docker_request_duration_seconds_bucket",
              "roundhouse_gluetun_request_duration_seconds_bucket"}) {
            CHECK_MESSAGE(shown.contains(name), name);
        }
    }

    TEST_CASE("manifests/metrics.md has the table of all metrics") {
        const std::string document = source_file("manifests/metrics.md");
        const std::string table = table_of(full_scrape());
        CHECK(table.find("| `engines{gateway,state}` | gauge | ") != std::string::npos);
        CHECK_MESSAGE(document.find("\n" + table + "\n") != std::string::npos,
                      "Its table of metrics should be:\n"
                          << table);
    }
}
