// Pulls beside the rounds: what is known of each image.
#include <doctest/doctest.h>

#include <system_error>
#include <thread>

#include "loop/puller.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// One that pulls to the end.
struct PullBench {
    LoopBench world{pool_of(0)};

    ImageView pull(const std::string& image) {
        world.puller.start({image});
        const std::stop_token never;
        while (world.puller.view({image}).pulling)
            world.wakeup.wait(1s, never);
        return world.puller.view({image});
    }
};

}  // namespace

TEST_SUITE("puller") {
    TEST_CASE("failures are counted in a row, and the pause begins with the last") {
        PullBench bench;
        CHECK(bench.pull("engine").pull_failures == 1);
        bench.world.advance(10s);
        CHECK(bench.world.puller.view({"engine"}).since_last_failure == 10s);
        const ImageView again = bench.pull("engine");
        CHECK(again.pull_failures == 2);
        CHECK(again.since_last_failure == 0s);
        CHECK_FALSE(again.since_last_pull.has_value());
        bench.world.docker.offer_image("engine");
        CHECK(bench.pull("engine").pull_failures == 0);
        bench.world.docker.fail_next(Operation::pull);
        CHECK(bench.pull("engine").pull_failures == 1);
        bench.world.advance(3s);
        CHECK(bench.world.puller.view({"engine"}).since_last_pull == 3s);
    }

    TEST_CASE("what is known of one image says nothing of another") {
        PullBench bench;
        bench.world.docker.offer_image("there");
        CHECK(bench.pull("missing").pull_failures == 1);
        CHECK(bench.pull("missing too").pull_failures == 1);
        CHECK(bench.world.puller.view({"missing"}).pull_failures == 0);
        CHECK(bench.pull("there").since_last_pull == 0s);
        CHECK_FALSE(bench.pull("missing").since_last_pull.has_value());
    }

    TEST_CASE("a pull that succeeded, and left the image missing, is one that failed") {
        PullBench bench;
        Puller& puller = bench.world.puller;
        bench.world.docker.offer_image("engine");
        const auto missing = [&] {
            bench.world.advance(1s);
            puller.note_presence("engine", false, bench.world.clock.monotonic());
            return puller.view({"engine"});
        };
        CHECK(missing().pull_failures == 0);  // none was tried yet
        CHECK(bench.pull("engine").pull_failures == 0);
        puller.note_presence("engine", false, bench.world.clock.monotonic());  // asked before
        CHECK(puller.view({"engine"}).pull_failures == 0);
        const ImageView first = missing();
        CHECK(first.pull_failures == 1);
        CHECK(first.since_last_failure == 0s);
        CHECK(first.failure.starts_with("image engine was pulled, and Docker does not have it"));
        CHECK(missing().pull_failures == 1);  // each pull counts once
        CHECK(bench.pull("engine").pull_failures == 1);
        CHECK(missing().pull_failures == 2);
        puller.note_presence("engine", true, bench.world.clock.monotonic());
        CHECK(puller.view({"engine"}).pull_failures == 0);
    }

    TEST_CASE("a pull that gets no thread has failed") {
        LoopBench world(pool_of(0));
        ThreadWorkers no_threads([](const std::function<void()>&) -> std::jthread {
            throw std::system_error(
                std::make_error_code(std::errc::resource_unavailable_try_again));
        });
        Puller puller(world.docker, no_threads, world.clock, world.journal, [] {});
        puller.start({"engine"});
        CHECK_FALSE(puller.view({"engine"}).pulling);
        CHECK(puller.view({"engine"}).pull_failures == 1);
    }

    TEST_CASE("failures with other credentials say nothing, and the image stays the same") {
        PullBench bench;
        bench.world.docker.offer_image("engine");
        bench.pull("engine");
        bench.world.docker.fail_next(Operation::pull);
        CHECK(bench.pull("engine").pull_failures == 1);
        const ImageView other = bench.world.puller.view({"engine", "/run/config.json"});
        CHECK(other.pull_failures == 0);
        CHECK(other.since_last_pull == 0s);
    }
}
