// Rounds against a Docker in memory: what the loop does with what it sees.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

using Names = std::vector<std::string>;

TEST_SUITE("reconciler") {
    TEST_CASE("from nothing to three engines in their gateway's namespace, and then silence") {
        LoopBench bench(pool_of(3));
        const std::string gateway = bench.docker.run_gateway("gluetun", {19000, 19001, 19002});
        REQUIRE(bench.converges());
        CHECK(bench.running() == Names{"acestream-0", "acestream-1", "acestream-2"});
        for (const auto& name : bench.running()) {
            const auto engine = *bench.docker.find(name);
            CHECK(engine.network_mode == "container:" + gateway);
            CHECK(engine.labels.at("roundhouse.gateway-id") == gateway);
            CHECK(bench.docker.has_network(name));
        }
        bench.docker.clear_calls();
        for (int i = 0; i < 20; ++i)
            CHECK(bench.round().matches);
        CHECK(bench.docker.changing_calls().empty());
        // A steady round: one list, one inspect of the gateway, nothing for each engine.
        CHECK(bench.docker.calls().size() == 40);
    }

    TEST_CASE("an edit is followed both ways") {
        LoopBench bench(pool_of(0));
        bench.docker.run_gateway("gluetun");
        for (const int replicas : {3, 20, 1, 0}) {
            bench.board.accept(pool_of(replicas));
            REQUIRE(bench.converges());
            CHECK(bench.running().size() == static_cast<std::size_t>(replicas));
        }
    }

    TEST_CASE("conditions carry the generation of the spec that their round worked with") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const auto generations = [&] {
            std::set<std::int64_t> all;
            for (const auto& condition : bench.board.conditions())
                all.insert(condition.observed_generation);
            return all;
        };
        bench.docker.set_mishap_source([&](const FakeCall&) {
            bench.board.accept(pool_of(2));  // while the round looks
            return std::nullopt;
        });
        CHECK(bench.round().matches);
        CHECK(generations() == std::set<std::int64_t>{1});
        bench.docker.set_mishap_source({});
        CHECK_FALSE(bench.round().matches);
        CHECK(generations() == std::set<std::int64_t>{2});
    }

    TEST_CASE("a look that fails changes nothing, and is logged once") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.clear_calls();
        bench.board.accept(pool_of(1));
        bench.docker.fail_next(Operation::list_engines, {}, 2);
        CHECK_FALSE(bench.round().looked);
        CHECK_FALSE(bench.round().looked);
        bench.board.accept(pool_of(2));
        CHECK(bench.docker.changing_calls().empty());
        CHECK(bench.journal.count("cannot look at the containers") == 1);
        CHECK(bench.round().matches);
        CHECK(bench.journal.count("can be looked at again") == 1);
    }

    TEST_CASE("Docker away for long: nothing is done, nothing is lost") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.set_available(false);
        for (int i = 0; i < 50; ++i)
            CHECK_FALSE(bench.round().looked);
        bench.docker.set_available(true);
        bench.docker.clear_calls();
        CHECK(bench.round().matches);
        CHECK(bench.docker.changing_calls().empty());
    }

    TEST_CASE("steps in flight are neither repeated nor forgotten, however many rounds pass") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        bench.docker.hold(Operation::create);
        for (int i = 0; i < 10; ++i)
            bench.reconciler.round({});
        bench.docker.release(Operation::create);
        bench.wait_for_steps();
        REQUIRE(bench.converges());
        int creates = 0;
        for (const auto& call : bench.docker.calls()) {
            creates += call.operation == Operation::create ? 1 : 0;
        }
        CHECK(creates == 3);
    }

    TEST_CASE("a step that is begun while it is looked closer is in flight for the plan, too") {
        constexpr auto most = StepRunner::usual_in_flight;
        LoopBench bench(pool_of(static_cast<int>(most) + 1));
        bench.docker.run_gateway("gluetun");
        bench.docker.hold(Operation::create);
        bench.reconciler.round({});
        REQUIRE(bench.docker.wait_until_held(Operation::create, static_cast<int>(most)));
        bench.docker.hold(Operation::list_names);
        std::jthread round([&] { bench.reconciler.round({}); });
        REQUIRE(bench.docker.wait_until_held(Operation::list_names, 1));
        bench.docker.release(Operation::create);
        const std::stop_token never;
        while (bench.running().size() <= most)
            bench.wakeup.wait(std::chrono::seconds{1}, never);
        bench.docker.release(Operation::list_names);
        round.join();
        CHECK(bench.board.round()->seen.steps_in_flight.size() == most + 1);
    }

    TEST_CASE("a reply that is lost after the effect leads to one engine, not to two") {
        for (const auto operation : {Operation::create, Operation::start}) {
            LoopBench bench(pool_of(1));
            bench.docker.run_gateway("gluetun");
            Mishap lost;
            lost.when = Mishap::When::after;
            bench.docker.fail_next(operation, lost);
            bench.round();
            bench.advance(std::chrono::seconds{10});
            REQUIRE(bench.converges());
            CHECK(bench.running() == Names{"acestream-0"});
            CHECK(bench.docker.containers().size() == 2);  // with the gateway
        }
    }

    TEST_CASE("a gateway that comes back as another incarnation gets its engines back at once") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        SUBCASE("same id") {
            bench.docker.restart_container("gluetun");
        }
        SUBCASE("new id") {
            bench.docker.recreate_container("gluetun");
        }
        CHECK_FALSE(bench.docker.has_network("acestream-0"));
        CHECK_FALSE(bench.round().matches);
        for (const auto& name : bench.running())
            CHECK(bench.docker.has_network(name));
        CHECK(bench.running().size() == 3);
        CHECK(bench.converges());
    }

    TEST_CASE("what dies, is stopped or is removed comes back in the same slot") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        SUBCASE("killed") {
            bench.docker.kill_container("acestream-1");
        }
        SUBCASE("stopped") {
            bench.docker.stop_container("acestream-1");
        }
        SUBCASE("removed") {
            // It counts as there for a moment after it was created: lists may lag.
            bench.advance(StepRunner::listing_lag);
            bench.docker.remove_container("acestream-1");
        }
        REQUIRE(bench.converges(3));
        CHECK(bench.running() == Names{"acestream-0", "acestream-1"});
    }

    TEST_CASE("a list that does not show a new engine yet leads to no second one") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.advance(StepRunner::listing_lag - 1ms);
        bench.docker.remove_container("acestream-1");  // to the loop, as if it were not listed yet
        bench.docker.clear_calls();
        bench.round();
        CHECK(bench.docker.changing_calls().empty());
        bench.advance(1ms);
        CHECK(bench.converges());
        CHECK(bench.running() == Names{"acestream-0", "acestream-1"});
    }

    TEST_CASE("a stranger's container keeps its name, and the slot is passed over") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        FakeContainer stranger;
        stranger.name = "acestream-0";
        stranger.image = "somebody-elses";
        bench.docker.add_image(stranger.image);
        const std::string id = bench.docker.run_container(stranger);
        REQUIRE(bench.converges());
        CHECK(bench.running() == Names{"acestream-1", "acestream-2"});
        CHECK(bench.docker.find("acestream-0")->id == id);
        CHECK(bench.journal.count("slot passed over") == 1);
    }

    TEST_CASE(
        "strangers are looked for in the slot that takes the place of one whose name is held") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        FakeContainer stranger;
        stranger.name = "acestream-0";
        stranger.image = "somebody-elses";
        bench.docker.add_image(stranger.image);
        bench.docker.run_container(stranger);
        bench.port_check.taken = {19001};
        REQUIRE(bench.converges());
        CHECK(bench.running() == Names{"acestream-2"});
    }

    TEST_CASE("the condition tells of a stranger for as long as it listens") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        bench.port_check.taken = {19000};
        const auto ports_are_free = [&] {
            const auto conditions = bench.board.conditions();
            return std::ranges::find(conditions, "PortsFree", &Condition::type)->status;
        };
        REQUIRE(bench.converges());
        CHECK(ports_are_free() == Truth::no);
        CHECK(bench.round().matches);
        CHECK(ports_are_free() == Truth::no);
        bench.port_check.taken.clear();
        CHECK(bench.round().matches);
        CHECK(ports_are_free() == Truth::yes);
    }

    TEST_CASE("an even spread, and no engine given up for a slot whose name a stranger holds") {
        EnginePool pool = pool_of(2, {"a", "b"});
        pool.max_active_replicas = 4;
        LoopBench bench(pool);
        bench.docker.run_gateway("a", {19000, 19001});
        REQUIRE(bench.converges());
        Names expected{"acestream-0", "acestream-2"};
        SUBCASE("the name is free") {}
        SUBCASE("the name is taken") {
            FakeContainer stranger;
            stranger.name = "acestream-2";
            stranger.image = "somebody-elses";
            bench.docker.add_image(stranger.image);
            bench.docker.run_container(stranger);
            expected = {"acestream-0", "acestream-1"};
        }
        bench.docker.run_gateway("b", {19002});
        for (int round = 0; round < 5; ++round) {
            bench.advance(pool.failover_after);
            bench.round();
        }
        CHECK(bench.converges());
        CHECK(bench.running() == expected);
    }

    TEST_CASE("an image that is missing is pulled once, then all are created") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        const std::string image = bench.board.spec().pool->engine_template.image;
        bench.docker.remove_image(image);
        bench.docker.offer_image(image);
        bench.round();
        CHECK(bench.running().empty());
        const std::stop_token never;
        while (bench.puller.view({image}).pulling)
            bench.wakeup.wait(std::chrono::seconds{1}, never);
        REQUIRE(bench.converges());
        int pulls = 0;
        for (const auto& call : bench.docker.calls()) {
            pulls += call.operation == Operation::pull ? 1 : 0;
        }
        CHECK(pulls == 1);
    }

    TEST_CASE("another image in the spec: the pull under way is given up, the new one counts") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        EnginePool pool = *bench.board.spec().pool;
        bench.docker.hold(Operation::pull);
        for (const std::string image : {"first", "second"}) {
            pool.engine_template.image = image;
            bench.docker.offer_image(image);
            bench.board.accept(pool);
            bench.round();
        }
        CHECK_FALSE(bench.puller.view({"first"}).pulling);
        CHECK(bench.puller.view({"second"}).pulling);
        bench.docker.release(Operation::pull);
        const std::stop_token never;
        while (bench.puller.view({"second"}).pulling)
            bench.wakeup.wait(std::chrono::seconds{1}, never);
        CHECK(bench.converges());
        CHECK(bench.docker.find("acestream-0")->image == "second");
    }

    TEST_CASE("a step that goes well makes up for those that failed in its slot") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        const Mishap refused{Mishap::When::before, {FaultKind::rejected, "docker: not now"}};
        bench.docker.fail_next(Operation::create, refused, 3);
        for (const auto wait : {0s, 1s, 2s, 4s}) {
            bench.advance(wait);
            bench.round();
        }
        REQUIRE(bench.running() == Names{"acestream-0"});

        bench.advance(StepRunner::listing_lag);
        bench.docker.remove_container("acestream-0");
        bench.docker.fail_next(Operation::create, refused);
        for (const auto wait : {0s, 1s}) {
            bench.advance(wait);
            bench.round();
        }
        CHECK(bench.running() == Names{"acestream-0"});
    }

    TEST_CASE("an image that exits at once does not disturb the others") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string steady = bench.docker.find("acestream-0")->id;
        FakeImage exits;
        exits.exits_with = 1;
        bench.docker.add_image(bench.board.spec().pool->engine_template.image, exits);
        bench.docker.kill_container("acestream-1");
        for (int second = 0; second < 60; ++second) {
            bench.round();
            bench.advance(std::chrono::seconds{1});
        }
        CHECK(bench.docker.find("acestream-0")->id == steady);
        // Replaced at 0, 1, 3, 7, 15 and 31 s.
        CHECK(bench.docker.find("acestream-1")->labels.at("roundhouse.failures") == "6");
    }

    TEST_CASE("a controller that starts again adopts what runs") {
        LoopBench first(pool_of(3));
        first.docker.run_gateway("gluetun");
        REQUIRE(first.converges());
        first.docker.clear_calls();
        // A second reconciler without any memory, over the same Docker.
        Board board;
        board.accept(pool_of(3));
        StepRunner steps(first.docker, first.workers, first.clock, first.journal, first.meters,
                         [] {});
        Prober prober(first.probes, first.clock, [] {});
        Puller puller(first.docker, first.workers, first.clock, first.journal, [] {});
        Reconciler second({first.docker, first.gateways, first.workers, first.clock, first.journal,
                           board, prober, puller, steps, first.last_lines, first.meters,
                           first.port_check, first.sockets, first.own, [] {},
                           GatewayReader::full_patience});
        for (int i = 0; i < 5; ++i) {
            second.round({});
            prober.turn(Duration{0});
        }
        CHECK(second.round({}).matches);
        CHECK(first.docker.changing_calls().empty());
    }

    TEST_CASE("an engine that stops answering is replaced after failureThreshold probes") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string hung = bench.docker.find("acestream-0")->id;
        bench.probes.outcomes[19000] = ProbeOutcome::failed;
        for (int failures = 1; failures <= 3; ++failures) {
            CHECK(bench.docker.find("acestream-0")->id == hung);
            bench.advance(std::chrono::seconds{5});
            bench.round();
        }
        bench.round();
        CHECK(bench.docker.find("acestream-0")->id != hung);
    }

    TEST_CASE("engines of a gateway that has no address are out of reach, and are not asked") {
        LoopBench bench(pool_of(1));
        FakeContainer gateway;
        gateway.name = "gluetun";
        gateway.image = "gateway";
        gateway.network_mode = "none";
        bench.docker.run_container(gateway);
        for (int i = 0; i < 3; ++i)
            bench.round();
        CHECK(bench.probes.asked.empty());
        CHECK(bench.board.round()->seen.engines.at(0).probe.unreachable);
    }

    TEST_CASE("probes that do not get there never cost an engine") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-0")->id;
        bench.probes.otherwise = ProbeOutcome::unreachable;
        for (int i = 0; i < 100; ++i) {
            bench.advance(std::chrono::seconds{5});
            bench.round();
        }
        CHECK_FALSE(bench.round().matches);
        CHECK(bench.docker.find("acestream-0")->id == id);
    }
}
