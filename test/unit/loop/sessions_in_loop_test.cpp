// Sessions hold up what the whole loop does: edits, drains, and what persons ask for.
#include <doctest/doctest.h>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_SUITE("sessions in the loop") {
    TEST_CASE("a changed template waits for the viewer, and follows when the engine is idle") {
        EnginePool pool = pool_of(1);
        LoopBench bench(pool);
        const std::string gateway = bench.docker.run_gateway("gluetun");
        bench.sockets.readable = true;
        REQUIRE(bench.converges());
        const auto id = [&] { return bench.docker.find("acestream-0")->id; };
        const std::string first = id();
        bench.sockets.connect(gateway, 19000, 1);
        bench.round();
        pool.engine_template.env = {{"EDIT", "1"}};
        bench.board.accept(pool);
        bench.run_for(60s);
        CHECK(id() == first);
        CHECK(bench.board.round()->plan.decisions[0].reason == Reason::in_use);
        bench.sockets.connect(gateway, 19000, 0);
        bench.run_for(14s);
        CHECK(id() == first);
        bench.run_for(3s);
        CHECK(id() != first);
    }

    TEST_CASE("drain.timeout counts from when the template changed") {
        EnginePool pool = pool_of(1);
        pool.drain.timeout = 60s;
        LoopBench bench(pool);
        const std::string gateway = bench.docker.run_gateway("gluetun");
        bench.sockets.readable = true;
        REQUIRE(bench.converges());
        const auto id = [&] { return bench.docker.find("acestream-0")->id; };
        const std::string first = id();
        bench.sockets.connect(gateway, 19000, 1);
        bench.run_for(100s);
        pool.engine_template.env = {{"EDIT", "1"}};
        bench.board.accept(pool);
        bench.run_for(59s);
        CHECK(id() == first);
        bench.run_for(3s);
        CHECK(id() != first);
    }

    TEST_CASE("a drained engine leaves one fewer, until somebody edits replicas") {
        EnginePool pool = pool_of(3);
        LoopBench bench(pool);
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-1")->id;
        bench.board.drains().give(id, DrainRequest::remove, pool.replicas);
        bench.run_for(5s);
        CHECK(bench.running() == std::vector<std::string>{"acestream-0", "acestream-2"});
        CHECK(bench.round().matches);
        pool.engine_template.env = {{"EDIT", "1"}};  // no edit of replicas
        bench.board.accept(pool);
        REQUIRE(bench.converges(20));
        CHECK(bench.running().size() == 2);
        pool.replicas = 4;
        bench.board.accept(pool);
        REQUIRE(bench.converges());
        CHECK(bench.running().size() == 4);
    }

    TEST_CASE("an edit to fewer replicas takes the engine that somebody drains") {
        EnginePool pool = pool_of(3);
        LoopBench bench(pool);
        const std::string gateway = bench.docker.run_gateway("gluetun");
        bench.sockets.readable = true;
        REQUIRE(bench.converges());
        bench.sockets.connect(gateway, 19000, 1);
        bench.run_for(20s);
        bench.board.drains().give(bench.docker.find("acestream-0")->id, DrainRequest::remove, 3);
        bench.run_for(5s);
        pool.replicas = 2;
        bench.board.accept(pool);
        bench.run_for(5s);
        CHECK(bench.running().size() == 3);
        bench.sockets.connect(gateway, 19000, 0);
        bench.run_for(20s);
        CHECK(bench.running() == std::vector<std::string>{"acestream-1", "acestream-2"});
    }

    TEST_CASE("an engine is replaced at a person's request, once") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-1")->id;
        bench.board.drains().give(id, DrainRequest::replace, 2);
        bench.run_for(5s);
        const std::string next = bench.docker.find("acestream-1")->id;
        CHECK(next != id);
        bench.run_for(30s);
        CHECK(bench.docker.find("acestream-1")->id == next);
        CHECK(bench.running().size() == 2);
    }
}
