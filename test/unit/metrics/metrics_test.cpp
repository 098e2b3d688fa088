// What /metrics says, as text: everything from the first scrape on, and nothing that is gone.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "edge/metrics/counters.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// The lines of a scrape: series -> value, as in `roundhouse_engines_ready` -> 3.
class Scrape {
  public:
    explicit Scrape(const std::string& text) {
        std::istringstream lines(text);
        std::string line;
        while (std::getline(lines, line)) {
            if (line.starts_with("# TYPE ")) {
                std::istringstream words(line.substr(7));
                std::string name;
                words >> name;
                CHECK_MESSAGE(types_.insert(name).second, "told twice: " << name);
            }
            if (line.empty() || line.front() == '#') continue;
            const auto space = line.rfind(' ');
            const std::string series = line.substr(0, space);
            const bool fresh = values_.emplace(series, std::stod(line.substr(space))).second;
            CHECK_MESSAGE(fresh, "told twice: " << series);
        }
    }

    bool has(const std::string& series) const { return values_.contains(series); }
    bool has_name(const std::string& name) const { return types_.contains(name); }
    double at(const std::string& series) const {
        REQUIRE_MESSAGE(has(series), "not told: " << series);
        return values_.at(series);
    }
    int count(const std::string& part) const {
        int found = 0;
        for (const auto& [series, value] : values_)
            found += series.find(part) != std::string::npos ? 1 : 0;
        return found;
    }
    std::set<std::string> series() const {
        std::set<std::string> all;
        for (const auto& [name, value] : values_)
            all.insert(name);
        return all;
    }

  private:
    std::set<std::string> types_;
    std::map<std::string, double> values_;
};

struct MetricsBench {
    ManualClock clock;
    Metrics metrics{clock};
    Board board;

    Scrape scrape() { return Scrape(metrics.text(board)); }

    // What a round that saw this would leave on the board.
    void show(const EnginePool& pool, const Observation& seen) {
        board.accept(pool);
        const SpecInForce spec = board.spec();
        const Plan plan = roundhouse::plan(pool, seen, noon);
        auto conditions = judge_conditions(pool, seen, plan);
        Condition reachable;
        reachable.type = "RuntimeReachable";
        reachable.status = Truth::yes;
        conditions.push_back(reachable);
        board.set_conditions(conditions, noon);
        board.publish(std::make_shared<const RoundView>(
            RoundView{spec.pool, spec.generation, seen, plan, noon}));
    }
};

Step step_of(Action action, Reason reason) {
    Step step;
    step.action = action;
    step.reason = reason;
    return step;
}

}  // namespace

TEST_SUITE("metrics") {
    TEST_CASE("every promised name is told from the first scrape, before any round") {
        MetricsBench bench;
        bench.board.accept(pool_of(3));
        const Scrape first = bench.scrape();
        for (const char* name : {"build_info",
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
                                 "steps_total",
                                 "step_duration_seconds",
                                 "rounds_total",
                                 "round_duration_seconds",
                                 "convergence_seconds",
                                 "converged",
                                 "docker_request_duration_seconds",
                                 "gluetun_request_duration_seconds",
                                 "spec_valid",
                                 "spec_generation",
                                 "last_round_timestamp_seconds"}) {
            CHECK_MESSAGE(first.has_name("roundhouse_" + std::string(name)), name);
        }
        CHECK(first.at("roundhouse_steps_total{action=\"replace\",reason=\"GatewayRecreated\","
                       "result=\"ok\"}") == 0);
        CHECK(first.at("roundhouse_rounds_total{result=\"failed\"}") == 0);
        CHECK(first.at("roundhouse_gateway_info{gateway=\"gluetun\",reason=\"Unknown\"}") == 1);
        CHECK(first.at("roundhouse_condition{type=\"Ready\",status=\"Unknown\"}") == 1);
        CHECK(first.at("roundhouse_converged") == 0);
        CHECK(first.at("process_resident_memory_bytes") > 1e6);
        CHECK(first.at("process_open_fds") >= 3);
        CHECK(first.at("process_start_time_seconds") > 1.7e9);
    }

    TEST_CASE("without a spec it still says that there is none") {
        MetricsBench bench;
        const Scrape first = bench.scrape();
        CHECK(first.at("roundhouse_spec_generation") == 0);
        CHECK(first.at("roundhouse_replicas_wanted") == 0);
        CHECK(first.at("roundhouse_spec_valid") == 0);
        CHECK(first.count("gateway=") == 0);
    }

    TEST_CASE("no event makes a series that was not there") {
        MetricsBench bench;
        bench.board.accept(pool_of(2));
        const auto before = bench.scrape().series();
        bench.metrics.round_ended(RoundOutcome::differs, Duration{3});
        bench.metrics.round_ended(RoundOutcome::failed, Duration{3});
        bench.metrics.round_ended(RoundOutcome::matched, Duration{3});
        for (const bool well : {true, false}) {
            bench.metrics.step_ended(step_of(Action::create, Reason::missing), well, Duration{1});
            bench.metrics.step_ended(step_of(Action::replace, Reason::exited), well, Duration{1});
            bench.metrics.step_ended(step_of(Action::remove, Reason::surplus), well, Duration{1});
        }
        bench.metrics.docker_call_ended({"list", std::nullopt, 0.002});
        bench.metrics.docker_call_ended({"create", FaultKind::conflict, 0.002});
        for (const int status : {200, 302, 401, 404, 500, 0})
            bench.metrics.gluetun_request_ended({"gluetun", status, Duration{4}});
        bench.metrics.forwarded_ports_changed("gluetun");
        CHECK(bench.scrape().series() == before);
    }

    TEST_CASE("a pool that matches, in numbers") {
        MetricsBench bench;
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}, {40002, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        seen.engines[1] = holding(seen.engines[1], 40002);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_converged") == 1);
        CHECK(scrape.at("roundhouse_engines_ready") == 2);
        CHECK(scrape.at("roundhouse_replicas_max") == 20);
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"running\"}") == 2);
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"exited\"}") == 0);
        CHECK(scrape.at("roundhouse_engine_info{engine=\"acestream-1\",gateway=\"gluetun\","
                        "host=\"gluetun\",port=\"19001\",p2p_port=\"40002\",forwarded=\"true\"}") ==
              1);
        CHECK(scrape.at("roundhouse_gateway_ready{gateway=\"gluetun\"}") == 1);
        CHECK(scrape.at("roundhouse_gateway_forwarded_ports{gateway=\"gluetun\"}") == 2);
        CHECK(scrape.at("roundhouse_gateway_forwarded_port{gateway=\"gluetun\"}") == 40001);
        CHECK(scrape.at("roundhouse_gateway_forwarded_port_info{gateway=\"gluetun\","
                        "reason=\"Held\"}") == 1);
        CHECK(scrape.at("roundhouse_condition{type=\"Ready\",status=\"True\"}") == 1);
    }

    TEST_CASE("what is gone is told no more") {
        MetricsBench bench;
        const EnginePool both = pool_of(2, {"a", "b"});
        bench.show(both, matching_world(both));
        bench.metrics.gluetun_request_ended({"b", 200, Duration{4}});
        bench.metrics.forwarded_ports_changed("b");
        const Scrape before = bench.scrape();
        CHECK(before.count("engine=\"acestream-1\"") == 3);
        CHECK(before.at("roundhouse_forwarded_port_changes_total{gateway=\"b\"}") == 1);

        const EnginePool one = pool_of(1, {"a"});
        bench.show(one, matching_world(one));
        const Scrape after = bench.scrape();
        CHECK(after.count("gateway=\"b\"") == 0);
        // An answer that was under way arrives late.
        bench.metrics.gluetun_request_ended({"b", 200, Duration{4}});
        CHECK(bench.scrape().count("gateway=\"b\"") == 0);
        CHECK(after.count("acestream-1") == 0);
        CHECK(after.count("gateway=\"a\"") > 0);
    }

    TEST_CASE("a gateway that is not ready says why") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("gluetun", GatewayState::unhealthy);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_gateway_ready{gateway=\"gluetun\"}") == 0);
        CHECK(scrape.at("roundhouse_gateway_info{gateway=\"gluetun\",reason=\"Unhealthy\"}") == 1);
        CHECK(scrape.at("roundhouse_converged") == 0);
    }

    TEST_CASE("what cannot be looked at is not called converged") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        bench.show(pool, matching_world(pool));
        REQUIRE(bench.scrape().at("roundhouse_converged") == 1);
        Condition away;
        away.type = "RuntimeReachable";
        away.status = Truth::no;
        bench.board.set_conditions({away}, noon);
        CHECK(bench.scrape().at("roundhouse_converged") == 0);
    }

    TEST_CASE("an edit that no round has seen yet is not converged either") {
        MetricsBench bench;
        bench.show(pool_of(1), matching_world(pool_of(1)));
        bench.board.accept(pool_of(2));
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_converged") == 0);
        CHECK(scrape.at("roundhouse_replicas_wanted") == 2);
        CHECK(scrape.at("roundhouse_spec_generation") == 2);
    }

    TEST_CASE(
        "convergence is measured from the first round that differs to the next that matches") {
        MetricsBench bench;
        const auto round = [&](RoundOutcome outcome) {
            bench.metrics.round_ended(outcome, Duration{2});
            bench.clock.advance(2s);
        };
        round(RoundOutcome::matched);
        CHECK(bench.scrape().at("roundhouse_convergence_seconds_count") == 0);
        round(RoundOutcome::differs);
        round(RoundOutcome::differs);
        round(RoundOutcome::failed);
        round(RoundOutcome::matched);
        round(RoundOutcome::matched);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_convergence_seconds_count") == 1);
        CHECK(scrape.at("roundhouse_convergence_seconds_sum") == 6);
        CHECK(scrape.at("roundhouse_rounds_total{result=\"differs\"}") == 2);
        CHECK(scrape.at("roundhouse_round_duration_seconds_count") == 6);
        const double last_round =
            std::chrono::duration<double>((bench.clock.now() - 2s).time_since_epoch()).count();
        CHECK(scrape.at("roundhouse_last_round_timestamp_seconds") == last_round);
    }

    TEST_CASE("a failed look alone is no departure from the desired state") {
        MetricsBench bench;
        for (const auto outcome :
             {RoundOutcome::matched, RoundOutcome::failed, RoundOutcome::matched})
            bench.metrics.round_ended(outcome, Duration{2});
        CHECK(bench.scrape().at("roundhouse_convergence_seconds_count") == 0);
    }

    TEST_CASE("a re-host is a replacement that moved an engine, and went well") {
        MetricsBench bench;
        const auto moved = step_of(Action::replace, Reason::gateway_recreated);
        bench.metrics.step_ended(moved, true, 3s);
        bench.metrics.step_ended(moved, false, 1s);
        bench.metrics.step_ended(step_of(Action::replace, Reason::exited), true, 1s);
        bench.metrics.step_ended(step_of(Action::remove, Reason::gateway_gone), true, 1s);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_rehosts_total{reason=\"GatewayRecreated\"}") == 1);
        CHECK(scrape.at("roundhouse_rehosts_total{reason=\"GatewayGone\"}") == 0);
        CHECK(scrape.at("roundhouse_steps_total{action=\"replace\",reason=\"GatewayRecreated\","
                        "result=\"failed\"}") == 1);
        CHECK(scrape.at("roundhouse_step_duration_seconds_sum{action=\"replace\"}") == 5);
    }

    TEST_CASE("a pool without gateways has engines all the same") {
        MetricsBench bench;
        const EnginePool pool = pool_without_gateways(2);
        bench.show(pool, matching_world(pool));
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_engines{gateway=\"\",state=\"running\"}") == 2);
        CHECK(!scrape.has_name("roundhouse_gateway_ready"));
    }

    TEST_CASE("containers that only carry our label are not counted as engines") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        EngineView stranger = engine(pool, 5);
        stranger.slot.reset();
        seen.engines.push_back(stranger);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"running\"}") == 1);
        CHECK(scrape.count("acestream-5") == 0);
    }

    TEST_CASE("nothing is lost while threads count and others scrape") {
        MetricsBench bench;
        bench.board.accept(pool_of(1));
        constexpr int calls = 500;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 3; ++i) {
                threads.emplace_back([&] {
                    for (int call = 0; call < calls; ++call) {
                        bench.metrics.docker_call_ended({"list", std::nullopt, 0.001});
                        bench.metrics.gluetun_request_ended({"gluetun", 200, Duration{1}});
                        bench.metrics.step_ended(step_of(Action::create, Reason::missing), true,
                                                 Duration{1});
                    }
                });
            }
            for (int i = 0; i < 20; ++i)
                bench.scrape();
        }
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_docker_request_duration_seconds_count{operation=\"list\","
                        "result=\"ok\"}") == 3 * calls);
        CHECK(scrape.at("roundhouse_gluetun_request_duration_seconds_count{gateway=\"gluetun\","
                        "result=\"ok\"}") == 3 * calls);
        CHECK(scrape.at("roundhouse_steps_total{action=\"create\",reason=\"Missing\","
                        "result=\"ok\"}") == 3 * calls);
    }

    TEST_CASE("promtool finds nothing to say") {
        MetricsBench bench;
        const EnginePool pool = pool_of(3);
        bench.show(pool, matching_world(pool));
        const TemporaryFolder folder;
        const std::string scrape = folder.path() + "/scrape";
        std::ofstream(scrape) << bench.metrics.text(bench.board);
        const std::string said = folder.path() + "/said";
        const std::string command =
            "promtool check metrics < '" + scrape + "' > '" + said + "' 2>&1";
        const int status = std::system(command.c_str());
        std::stringstream words;
        words << std::ifstream(said).rdbuf();
        CHECK_MESSAGE(status == 0, words.str());
        CHECK(words.str() == "");
    }
}
