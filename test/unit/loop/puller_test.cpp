// Pulls beside the rounds: what is known of each image.
#include <doctest/doctest.h>

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
        world.puller.start(image);
        const std::stop_token never;
        while (world.puller.view(image).pulling)
            world.wakeup.wait(1s, never);
        return world.puller.view(image);
    }
};

}  // namespace

TEST_SUITE("puller") {
    TEST_CASE("failures are counted in a row, and the pause begins with the last") {
        PullBench bench;
        CHECK(bench.pull("engine").pull_failures == 1);
        bench.world.advance(10s);
        CHECK(bench.world.puller.view("engine").since_last_failure == 10s);
        const ImageView again = bench.pull("engine");
        CHECK(again.pull_failures == 2);
        CHECK(again.since_last_failure == 0s);
        CHECK_FALSE(again.since_last_pull.has_value());
        bench.world.docker.offer_image("engine");
        CHECK(bench.pull("engine").pull_failures == 0);
        bench.world.docker.fail_next(Operation::pull);
        CHECK(bench.pull("engine").pull_failures == 1);
        bench.world.advance(3s);
        CHECK(bench.world.puller.view("engine").since_last_pull == 3s);
    }

    TEST_CASE("what is known of one image says nothing of another") {
        PullBench bench;
        bench.world.docker.offer_image("there");
        CHECK(bench.pull("missing").pull_failures == 1);
        CHECK(bench.pull("missing too").pull_failures == 1);
        CHECK(bench.world.puller.view("missing").pull_failures == 0);
        CHECK(bench.pull("there").since_last_pull == 0s);
        CHECK_FALSE(bench.pull("missing").since_last_pull.has_value());
    }
}
