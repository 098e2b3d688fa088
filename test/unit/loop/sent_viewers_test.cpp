// Who was sent where, and for how long that counts.
#include "loop/sent_viewers.h"

#include <doctest/doctest.h>

#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

struct Sendings {
    ManualClock clock;
    SentViewers viewers{clock};
    std::vector<EngineOffer> engines{2};

    Sendings() {
        engines[0].id = "a";
        engines[1].id = "b";
        sessions(0, 0);
    }
    void sessions(std::optional<int> of_a, std::optional<int> of_b) {
        engines[0].sessions = of_a;
        engines[1].sessions = of_b;
    }
    void send(int engine, const std::string& stream = "x", const std::string& player = "") {
        viewers.sent(engines[static_cast<std::size_t>(engine)], {stream, "10.0.0.1", player},
                     false);
    }
    int awaited(std::size_t engine = 0) {
        return viewers.candidates(engines, "").at(engine).awaited;
    }
    bool plays(const std::string& stream, std::size_t engine = 0) {
        return viewers.candidates(engines, stream).at(engine).plays_the_stream;
    }
};

}  // namespace

TEST_SUITE("sent viewers") {
    TEST_CASE("one that was sent counts until it is a session, at most ten seconds") {
        Sendings bench;
        CHECK(bench.awaited() == 0);
        bench.send(0);
        bench.send(0);
        CHECK(bench.awaited(0) == 2);
        CHECK(bench.awaited(1) == 0);
        bench.sessions(1, 7);
        CHECK(bench.awaited() == 1);
        bench.sessions(2, 7);
        CHECK(bench.awaited() == 0);
        bench.sessions(5, 7);  // others came by themselves
        CHECK(bench.awaited() == 0);
        bench.send(0);  // counts from the sessions before the first that is awaited
        CHECK(bench.awaited() == 0);
        bench.clock.advance(10s);
        bench.send(0);
        CHECK(bench.awaited() == 1);
        bench.clock.advance(9999ms);
        CHECK(bench.awaited() == 1);
        bench.clock.advance(1ms);
        CHECK(bench.awaited() == 0);
    }

    TEST_CASE("a session that ends takes none off") {
        Sendings bench;
        bench.sessions(3, 0);
        bench.send(0);
        bench.sessions(1, 0);
        CHECK(bench.awaited() == 1);
    }

    TEST_CASE("an engine plays a stream for as long as it has sessions") {
        Sendings bench;
        bench.send(0, "x");
        CHECK(bench.plays("x", 0));
        CHECK_FALSE(bench.plays("x", 1));
        CHECK_FALSE(bench.plays("y", 0));
        CHECK_FALSE(bench.plays("", 0));
        bench.sessions(1, 1);
        bench.clock.advance(3h);
        CHECK(bench.plays("x", 0));
        bench.sessions(0, 1);
        CHECK_FALSE(bench.plays("x", 0));
        bench.sessions(1, 1);  // somebody else, for another stream
        CHECK_FALSE(bench.plays("x", 0));
    }

    TEST_CASE("a viewer who never came plays nothing after ten seconds") {
        Sendings bench;
        bench.send(0, "x");
        bench.clock.advance(9s);
        CHECK(bench.plays("x"));
        bench.clock.advance(1s);
        CHECK_FALSE(bench.plays("x"));
    }

    TEST_CASE("where sessions are not known it plays for hours, and the last sending is told") {
        Sendings bench;
        bench.sessions(std::nullopt, std::nullopt);
        bench.send(0, "x");
        bench.clock.advance(10s);
        bench.send(0, "y");
        bench.clock.advance(1min);
        const auto candidates = bench.viewers.candidates(bench.engines, "x");
        CHECK(candidates[0].plays_the_stream);
        CHECK(candidates[0].last_sent_ago == 1min);
        CHECK(candidates[0].sessions == std::nullopt);
        CHECK(candidates[1].last_sent_ago == std::nullopt);
        bench.clock.advance(4h);
        CHECK_FALSE(bench.plays("x"));
    }

    TEST_CASE("an engine that took another's place plays nothing") {
        Sendings bench;
        bench.sessions(1, 1);
        bench.send(0, "x");
        bench.engines[0].id = "c";
        CHECK_FALSE(bench.plays("x"));
        CHECK(bench.awaited() == 0);
    }

    TEST_CASE("a player is known again while it asks, and counts once") {
        Sendings bench;
        bench.send(0, "x", "player");
        CHECK(bench.viewers.engine_of_player("player") == "a");
        CHECK(bench.viewers.engine_of_player("other") == std::nullopt);
        CHECK(bench.viewers.engine_of_client("10.0.0.1") == "a");
        CHECK(bench.viewers.engine_of_client("10.0.0.2") == std::nullopt);
        for (int i = 0; i < 10; ++i) {
            bench.clock.advance(29s);
            CHECK(bench.viewers.engine_of_player("player") == "a");
            bench.viewers.sent(bench.engines[0], {"x", "10.0.0.1", "player"}, true);
            CHECK(bench.awaited() == 0);
        }
        bench.clock.advance(30s);
        CHECK(bench.viewers.engine_of_player("player") == std::nullopt);
        CHECK(bench.viewers.engine_of_client("10.0.0.1") == std::nullopt);
    }

    TEST_CASE("no more viewers are kept than there is room for") {
        Sendings bench;
        bench.sessions(1, 1);
        bench.send(0, "first");
        for (std::size_t i = 1; i < SentViewers::capacity; ++i)
            bench.send(1, "x");
        CHECK(bench.plays("first"));
        bench.send(1, "x");
        CHECK_FALSE(bench.plays("first"));
    }
}
