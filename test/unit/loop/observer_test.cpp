// What a look makes of what Docker lists.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "loop/observer.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_SUITE("observer") {
    TEST_CASE("a gateway that only engines still name is looked at, and marked") {
        LoopBench bench(pool_of(1, {"old"}));
        bench.docker.run_gateway("old");
        REQUIRE(bench.converges());
        bench.docker.run_gateway("new");
        const auto seen = look(bench.docker, bench.workers, pool_of(1, {"new"}));
        REQUIRE(seen.ok());
        REQUIRE(seen.value().gateways.size() == 2);
        CHECK(seen.value().gateways[0].declared);
        CHECK_FALSE(seen.value().gateways[1].declared);
        CHECK(seen.value().gateways[1].container->running);

        FakeContainer foreign;  // which names one, but no slot
        foreign.name = "foreign";
        foreign.image = "somebody-elses";
        foreign.labels = {{"roundhouse.pool", "acestream"}, {"roundhouse.gateway", "theirs"}};
        bench.docker.add_image(foreign.image);
        bench.docker.run_container(foreign);
        CHECK(look(bench.docker, bench.workers, pool_of(1, {"new"})).value().gateways.size() == 2);
    }

    TEST_CASE("an engine that Docker cannot tell more of is a broken one") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.kill_container("acestream-0");
        const Fault broken{FaultKind::rejected, "docker: RWLayer is unexpectedly nil"};
        bench.docker.fail_next(Operation::inspect_end, {Mishap::When::before, broken});
        REQUIRE(bench.converges(3));
    }

    TEST_CASE("an engine whose end Docker does not tell is left as it is until Docker does") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.kill_container("acestream-0");
        const std::string id = bench.docker.find("acestream-0")->id;
        bench.docker.fail_next(Operation::inspect_end, {}, 3);
        for (int i = 0; i < 3; ++i)
            CHECK_FALSE(bench.round().matches);
        CHECK(bench.docker.find("acestream-0")->id == id);
        CHECK(bench.docker.containers().size() == 3);
        REQUIRE(bench.converges());
        CHECK(bench.docker.find("acestream-0")->id != id);
    }

    TEST_CASE("a renamed gateway that cannot be inspected keeps its engines") {
        LoopBench bench(pool_of(1, {"gluetun"}));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        const std::string id = bench.docker.find("acestream-0")->id;
        bench.docker.rename_container("gluetun", "vpn");
        bench.board.accept(pool_of(1, {"vpn"}));
        bench.docker.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
            if (call.subject == "vpn") return Mishap{};
            return std::nullopt;
        });
        bench.run_for(60s);
        CHECK(bench.docker.find("acestream-0")->id == id);
    }

    TEST_CASE("a row that does not tell the network mode is completed by an inspection") {
        class Podman : public FakeRuntime {
            Result<std::vector<ContainerListing>> list_engines() override {
                auto listing = FakeRuntime::list_engines();
                for (auto& row : listing.value())
                    row.network = {};
                return listing;
            }
        };
        LoopBenchOn<Podman> bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.kill_container("acestream-1");
        REQUIRE(bench.converges());
        CHECK(bench.running().size() == 2);
    }

    TEST_CASE("an engine that is removed during the look is not there, and no fault") {
        class Vanishing : public FakeRuntime {
            Result<std::optional<EngineEnd>> inspect_end(const std::string& id) override {
                remove_container(id);
                return FakeRuntime::inspect_end(id);
            }
        };
        ThreadWorkers workers;
        Vanishing docker;
        FakeContainer ended;
        ended.name = "acestream-0";
        ended.image = "engine";
        ended.labels = {{"roundhouse.pool", "acestream"}, {"roundhouse.slot", "0"}};
        docker.add_image(ended.image);
        docker.run_container(ended);
        docker.kill_container("acestream-0");
        const auto seen = look_at_engines(docker, workers, "acestream");
        REQUIRE(seen.ok());
        CHECK(seen.value().empty());
    }

    TEST_CASE("a container that only looks like ours holds its name as any stranger does") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        FakeContainer lookalike;
        lookalike.name = "acestream-0";
        lookalike.image = "somebody-elses";
        SUBCASE("with this pool's label alone") {
            lookalike.labels = {{"roundhouse.pool", "acestream"}};
        }
        SUBCASE("of another pool") {
            lookalike.labels = {{"roundhouse.pool", "other"}, {"roundhouse.slot", "0"}};
        }
        bench.docker.add_image(lookalike.image);
        const std::string id = bench.docker.run_container(lookalike);
        REQUIRE(bench.converges());
        CHECK(bench.docker.find("acestream-0")->id == id);
        CHECK(bench.docker.find("acestream-1").has_value());
    }

    TEST_CASE("only engines that stand still are inspected") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.kill_container("acestream-1", 7);
        bench.docker.clear_calls();
        const auto seen = look(bench.docker, bench.workers, *bench.board.spec().pool);
        REQUIRE(seen.ok());
        CHECK(bench.docker.calls().size() == 3);
        int ends = 0;
        for (const auto& engine : seen.value().engines) {
            if (!engine.end) continue;
            ++ends;
            CHECK(engine.end->exit_code == 7);
        }
        CHECK(ends == 1);

        using enum EngineState;
        for (const auto state : {created, running, paused, restarting, removing, exited, dead}) {
            bench.docker.set_state("acestream-1", state);
            const auto engines = look_at_engines(bench.docker, bench.workers, "acestream").value();
            const bool stands =
                state == created || state == restarting || state == exited || state == dead;
            const auto engine = std::ranges::find(engines, "acestream-1", &EngineView::name);
            REQUIRE(engine != engines.end());
            CHECK(engine->end.has_value() == stands);
        }
    }

    TEST_CASE("a gateway that was renamed needs no look under its old name") {
        LoopBench bench(pool_of(1, {"gluetun"}));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.rename_container("gluetun", "vpn");
        bench.docker.clear_calls();
        const auto seen = look(bench.docker, bench.workers, pool_of(1, {"vpn"}));
        REQUIRE(seen.value().gateways.size() == 1);
        CHECK(seen.value().gateways[0].name == "vpn");
        CHECK(seen.value().engines.at(0).gateway == "vpn");
        CHECK(bench.docker.calls().size() == 2);
    }

    TEST_CASE("engines of other pools that run in a namespace are neighbours") {
        ThreadWorkers workers;
        FakeRuntime docker;
        const std::string gateway = docker.run_gateway("gluetun");
        docker.add_image("engine");
        const auto run = [&](const std::string& name, const std::string& pool,
                             const std::string& network) {
            FakeContainer container;
            container.name = name;
            container.image = "engine";
            container.network_mode = network;
            container.labels = {{"roundhouse.pool", pool},
                                {"roundhouse.slot", "0"},
                                {"roundhouse.http-port", "19000"},
                                {"roundhouse.p2p-port", "22000"}};
            return docker.run_container(container);
        };
        run("ours", "acestream", "container:gluetun");
        const std::string id = run("theirs", "other", "container:gluetun");
        run("ended", "other", "container:gluetun");
        docker.kill_container("ended");
        run("outside", "other", "bridge");
        const auto seen = look(docker, workers, pool_of(1)).value();
        CHECK(seen.engines.size() == 1);
        REQUIRE(seen.neighbours.size() == 1);
        const NeighbourView& neighbour = seen.neighbours[0];
        CHECK(neighbour.id == id);
        CHECK(neighbour.name == "theirs");
        CHECK(neighbour.pool == "other");
        CHECK(neighbour.gateway_id == gateway);
        CHECK(neighbour.ports == EnginePorts{19000, 0, 0, 22000});
        CHECK(look_at_engines(docker, workers, "other").value().size() == 3);
    }

    TEST_CASE("a container that is listed twice is one engine") {
        class Twice : public FakeRuntime {
            Result<std::vector<ContainerListing>> list_engines() override {
                auto listing = FakeRuntime::list_engines();
                const auto once = listing.value();
                listing.value().insert(listing.value().end(), once.begin(), once.end());
                return listing;
            }
        };
        ThreadWorkers workers;
        Twice docker;
        docker.add_image("engine");
        FakeContainer engine;
        engine.name = "acestream-0";
        engine.image = "engine";
        engine.labels = {{"roundhouse.pool", "acestream"}, {"roundhouse.slot", "0"}};
        docker.run_container(engine);
        CHECK(look(docker, workers, pool_of(1)).value().engines.size() == 1);
    }

    TEST_CASE("the label that counts failures may hold any number, and counts up to 1000") {
        ThreadWorkers workers;
        FakeRuntime docker;
        docker.add_image("engine");
        const auto failures_read_from = [&](const std::string& label) {
            FakeContainer engine;
            engine.name = "engine with " + label;
            engine.image = "engine";
            engine.labels = {{"roundhouse.pool", "acestream"}, {"roundhouse.failures", label}};
            docker.run_container(engine);
            return look_at_engines(docker, workers, "acestream").value().back().failures;
        };
        CHECK(failures_read_from("7") == 7);
        CHECK(failures_read_from("1000") == 1000);
        CHECK(failures_read_from("2147483647") == 1000);
        CHECK(failures_read_from("99999999999999999999") == 0);
        CHECK(failures_read_from("-1") == 0);
    }
}
