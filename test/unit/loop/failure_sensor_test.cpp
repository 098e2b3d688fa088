// Which engines failed lately, and what they wrote last.
#include "loop/failure_sensor.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

// A pool behind a gateway, with an image whose engines write two lines.
struct FailureBench : LoopBench {
    explicit FailureBench(int replicas) : LoopBench(pool_of(replicas)) {
        docker.run_gateway("gluetun");
        FakeImage image;
        image.writes = {"starting", "cannot open cache"};
        docker.add_image(board.spec().pool->engine_template.image, image);
    }

    // Kills the engine, and lives on until it is back.
    void fail(const std::string& name) {
        docker.kill_container(name, 1);
        REQUIRE(converges());
    }

    // Until the lines of an engine that failed have been read: a worker does it.
    void await_lines(const std::string& id) {
        while (last_lines.of(id).empty())
            std::this_thread::yield();
    }
};

}  // namespace

TEST_SUITE("failures") {
    TEST_CASE(
        "a second failure within ten minutes makes the pool unstable until ten minutes pass") {
        FailureBench bench(2);
        REQUIRE(bench.converges());
        CHECK(bench.condition("Stable").status == Truth::yes);
        bench.fail("acestream-0");
        CHECK(bench.condition("Stable").status == Truth::yes);
        bench.advance(9min);
        bench.fail("acestream-1");
        CHECK(bench.condition("Stable").status == Truth::no);
        CHECK(bench.condition("Stable").reason == "Exited");
        CHECK(bench.condition("Ready").status == Truth::yes);
        bench.advance(10min - 1s);
        bench.round();
        CHECK(bench.condition("Stable").status == Truth::no);
        bench.advance(2s);
        bench.round();
        CHECK(bench.condition("Stable").status == Truth::yes);
    }

    TEST_CASE(
        "failures more than ten minutes apart, and replacements for other reasons, are none") {
        FailureBench bench(2);
        REQUIRE(bench.converges());
        for (int i = 0; i < 3; ++i) {
            bench.fail("acestream-0");
            CHECK(bench.condition("Stable").status == Truth::yes);
            bench.advance(10min + 1s);
        }
        EnginePool edited = pool_of(2);
        edited.engine_template.env = {{"A", "B"}};
        bench.board.accept(edited);
        REQUIRE(bench.converges(20));
        bench.docker.restart_container("gluetun");
        REQUIRE(bench.converges(20));
        CHECK(bench.condition("Stable").status == Truth::yes);
    }

    TEST_CASE("a replacement that does not work is one failure, however often it is tried") {
        FailureBench bench(1);
        REQUIRE(bench.converges());
        bench.docker.fail_next(Operation::remove, {}, 2);
        bench.docker.kill_container("acestream-0", 1);
        bench.run_for(20s);
        CHECK(bench.condition("Ready").status == Truth::yes);
        CHECK(bench.condition("Stable").status == Truth::yes);
    }

    TEST_CASE("what a failed engine wrote is in the condition, and in the entry of its successor") {
        FailureBench bench(2);
        REQUIRE(bench.converges());
        for (const char* name : {"acestream-0", "acestream-1"}) {
            const std::string id = bench.docker.find(name)->id;
            bench.docker.hold(Operation::remove);
            bench.docker.kill_container(name, 1);
            bench.reconciler.round({});  // its plan cannot know the lines
            bench.await_lines(id);
            bench.docker.release(Operation::remove);
            REQUIRE(bench.converges());
        }
        CHECK(bench.condition("Stable").message.find("it wrote last: \"cannot open cache\"") !=
              std::string::npos);
        CHECK(bench.journal.count("because=exited with code 1: see docker logs acestream-0; it "
                                  "wrote last: \"cannot open cache\" took=") == 1);
    }

    TEST_CASE("the log of an engine is read once, and not while its removal waits for it") {
        FailureBench bench(1);
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-0")->id;
        bench.docker.hold(Operation::last_lines);
        bench.fail("acestream-0");  // with the log still to be read
        bench.docker.release(Operation::last_lines);
        bench.last_lines.read(id);
        bench.round();
        CHECK(bench.last_lines.of(id).empty());  // it is gone
    }

    TEST_CASE("of more engines than fit the oldest are forgotten") {
        FailureBench bench(1);
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-0")->id;
        bench.last_lines.read(id);
        bench.await_lines(id);
        for (std::size_t i = 0; i < LastLines::most_engines; ++i)
            bench.last_lines.read("other-" + std::to_string(i));
        CHECK(bench.last_lines.of(id).empty());
    }
}
