// Which engine a viewer is sent to.
#include "core/balance.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

BalanceCandidate candidate(int slot, std::optional<int> sessions, int awaited = 0) {
    BalanceCandidate result;
    result.slot = slot;
    result.sessions = sessions;
    result.awaited = awaited;
    return result;
}

BalanceCandidate draining(BalanceCandidate one) {
    one.draining = true;
    return one;
}

BalanceCandidate playing(BalanceCandidate one) {
    one.plays_the_stream = true;
    return one;
}

BalanceCandidate forwarded(BalanceCandidate one) {
    one.has_forwarded_port = true;
    return one;
}

BalanceCandidate sent(BalanceCandidate one, Duration ago) {
    one.last_sent_ago = ago;
    return one;
}

EnginePool pool_on(const std::string& network, const std::string& publish = "") {
    EnginePool pool = pool_without_gateways(1);
    pool.network = network;
    pool.publish = publish;
    return pool;
}

std::vector<EngineOffer> offers(const EnginePool& pool, const Observation& seen) {
    return engine_offers(pool, seen, plan(pool, seen, noon));
}

}  // namespace

TEST_CASE("the best engine, whatever the order of the list") {
    struct Row {
        const char* what;
        std::vector<BalanceCandidate> candidates;
        int slot;  // of the best; -1: none
    };
    const Row rows[] = {
        {"none at all", {}, -1},
        {"only draining ones", {draining(candidate(0, 0)), draining(candidate(1, 1))}, -1},
        {"the lowest slot", {candidate(2, 0), candidate(1, 0), candidate(3, 0)}, 1},
        {"a forwarded port before a lower slot",
         {candidate(0, 0), forwarded(candidate(1, 0)), forwarded(candidate(2, 0))},
         1},
        {"fewer sessions before a forwarded port",
         {forwarded(candidate(0, 2)), candidate(1, 1), candidate(2, 2)},
         1},
        {"those who are on their way count as sessions",
         {candidate(0, 0, 2), candidate(1, 1), candidate(2, 1, 1)},
         1},
        {"not a draining one, though it is idle", {draining(candidate(0, 0)), candidate(1, 5)}, 1},
        {"a draining one not even for the stream that another one plays",
         {draining(candidate(0, 0)), playing(candidate(1, 1))},
         1},
        {"not the one that plays the stream, though others have more viewers",
         {playing(candidate(0, 1)), candidate(1, 3), candidate(2, 2)},
         2},
        {"one that plays it where all do", {playing(candidate(0, 2)), playing(candidate(1, 1))}, 1},
        {"unknown is not idle", {candidate(0, std::nullopt), candidate(1, 0)}, 1},
        {"nor is it busier than one with a viewer",
         {candidate(0, std::nullopt), candidate(1, 2)},
         0},
        {"unknown ones in turn",
         {sent(candidate(0, std::nullopt), 20s), sent(candidate(1, std::nullopt), 40s),
          sent(candidate(2, std::nullopt), 30s)},
         1},
        {"first those that nobody was sent to",
         {sent(candidate(0, std::nullopt), 1h), candidate(1, std::nullopt)},
         1},
        {"a known one not in turn", {sent(candidate(0, 0), 20s), sent(candidate(1, 0), 40s)}, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        std::vector<std::size_t> order(row.candidates.size());
        std::iota(order.begin(), order.end(), 0U);
        do {
            std::vector<BalanceCandidate> listed;
            for (const std::size_t i : order)
                listed.push_back(row.candidates[i]);
            const auto best = best_candidate(listed);
            CHECK((best ? listed[*best].slot : -1) == row.slot);
        } while (std::ranges::next_permutation(order).found);
    }
}

TEST_CASE("engines that are ready are offered, with what is known of them") {
    EnginePool pool = pool_of(4);
    Observation seen = matching_world(pool);
    seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19003, {"127.0.0.1", 19003}}};
    seen.engines[0].usage = UsageView{2, 0s};
    seen.engines[1].probe = {};                    // starts
    seen.engines[2] = exited(seen.engines[2], 1);  // is replaced now
    seen.engines[3] = holding(seen.engines[3], 40001);
    const auto found = offers(pool, seen);
    REQUIRE(found.size() == 2);
    CHECK(found[0] == EngineOffer{.id = "engine-0",
                                  .name = "acestream-0",
                                  .gateway = "gluetun",
                                  .slot = 0,
                                  .has_forwarded_port = false,
                                  .draining = false,
                                  .sessions = 2,
                                  .given_host = "",
                                  .inside_host = "gluetun",
                                  .port = 19000,
                                  .published = HostPort{"", 29000},
                                  .machine = ""});
    CHECK(found[1].name == "acestream-3");
    CHECK(found[1].has_forwarded_port);
    CHECK(found[1].sessions == std::nullopt);
    CHECK(found[1].published == HostPort{"127.0.0.1", 19003});
}

TEST_CASE("an engine whose replacement is due, and one that drains") {
    const EnginePool pool = pool_of(2);
    const Observation seen = matching_world(pool);
    Plan thought = plan(pool, seen, noon);
    thought.decisions[0].action = Action::replace;
    thought.decisions[1].draining = true;
    const auto found = engine_offers(pool, seen, thought);
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "acestream-1");
    CHECK(found[0].draining);
}

TEST_CASE("the host of an engine") {
    EnginePool pool = pool_of(1);
    Observation seen = matching_world(pool);
    CHECK(offers(pool, seen)[0].published == std::nullopt);
    pool.gateways[0].host = "nas.local";
    CHECK(offers(pool, seen)[0].given_host == "nas.local");
    CHECK(offers(pool, seen)[0].inside_host == "gluetun");
    seen.gateways[0].address = "127.0.0.1";  // in the machine's own network
    CHECK(offers(pool, seen)[0].published == HostPort{"", 19000});
}

TEST_CASE("engines without a gateway publish their ports themselves") {
    struct Row {
        EnginePool pool;
        const char* inside;
        const char* published_at;
    };
    const Row rows[] = {
        {pool_on("media"), "acestream-0", ""},
        {pool_on("media", "0.0.0.0"), "acestream-0", ""},
        {pool_on("media", "::"), "acestream-0", ""},
        {pool_on("media", "127.0.0.1"), "acestream-0", "127.0.0.1"},
        {pool_on("bridge"), "", ""},
    };
    for (const Row& row : rows) {
        const auto found = offers(row.pool, matching_world(row.pool));
        REQUIRE(found.size() == 1);
        CHECK(found[0].inside_host == row.inside);
        CHECK(found[0].published == HostPort{row.published_at, 19000});
        CHECK(found[0].gateway.empty());
    }
}
