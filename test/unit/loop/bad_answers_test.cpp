// One bad answer concerns its own subject: whichever call fails, in whatever way and for however
// long, all other engines are healed, and stay otherwise.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// What a broken daemon or proxy makes of one row of the list.
class Garbling : public FakeRuntime {
  public:
    Result<std::vector<ContainerListing>> list_engines() override {
        auto listing = FakeRuntime::list_engines();
        if (!listing || !garble) return listing;
        for (auto& row : listing.value()) {
            if (row.name == garbled) garble(row);
        }
        return listing;
    }

    std::string garbled;
    std::function<void(ContainerListing&)> garble;
};

using Bench = LoopBenchOn<Garbling>;

std::map<std::string, std::string> ids_by_name(const Bench& bench) {
    std::map<std::string, std::string> ids;
    for (const auto& container : bench.docker.containers()) {
        if (container.labels.contains("roundhouse.slot")) ids[container.name] = container.id;
    }
    return ids;
}

std::string condition(const Bench& bench, const std::string& type) {
    for (const auto& each : bench.board.conditions()) {
        if (each.type == type) {
            return std::string(to_string(each.status)) + " " + each.reason + ": " + each.message;
        }
    }
    return "";
}

std::string said(const Bench& bench) {
    std::string text = condition(bench, "GatewayReady") + condition(bench, "RuntimeUnderstood");
    for (const auto& decision : bench.board.round()->plan.decisions)
        text += "; " + decision.message;
    return text;
}

// Four engines, two behind each of two gateways, all ready.
void prepare(Bench& bench) {
    bench.docker.run_gateway("one");
    bench.docker.run_gateway("two");
    REQUIRE(bench.converges());
    REQUIRE(bench.running().size() == 4);
}

}  // namespace

TEST_SUITE("bad answers") {
    TEST_CASE("any call may fail about one subject: the others are healed and stay") {
        struct Row {
            Operation operation;
            std::string subject;  // empty: any
            std::string victim;   // ends, and has to be healed
            bool is_told = true;  // for as long as the calls fail
        };
        using enum Operation;
        const Row rows[] = {
            {inspect_gateway, "two", "acestream-0"},
            {inspect_end, "acestream-1", "acestream-0"},
            {has_image, "", "acestream-0", false},
            {list_names, "", "acestream-0", false},
            {create, "acestream-1", "acestream-0"},
            {Operation::remove, "acestream-1", "acestream-0"},
        };
        const Fault faults[] = {{FaultKind::rejected, "docker: it is broken"},
                                {FaultKind::unavailable, "docker: the reply is not JSON"},
                                {FaultKind::unavailable, "docker: no whole reply", true}};
        for (const auto& row : rows) {
            for (const auto& fault : faults) {
                CAPTURE(to_string(row.operation));
                CAPTURE(fault.message);
                Bench bench(pool_of(4, {"one", "two"}));
                prepare(bench);
                REQUIRE(bench.docker.find("acestream-0")->labels.at("roundhouse.gateway") == "one");
                const auto before = ids_by_name(bench);
                bench.docker.set_mishap_source([&](const FakeCall& call) -> std::optional<Mishap> {
                    const bool hit = call.operation == row.operation &&
                                     (row.subject.empty() || call.subject == row.subject);
                    return hit ? std::optional(Mishap{Mishap::When::before, fault}) : std::nullopt;
                });
                bench.docker.kill_container(row.victim);
                if (row.subject == "acestream-1") bench.docker.kill_container(row.subject);
                bench.run_for(90s);

                const auto after = ids_by_name(bench);
                CHECK(after.at(row.victim) != before.at(row.victim));
                CHECK(bench.docker.find(row.victim)->state == EngineState::running);
                for (const std::string name : {"acestream-2", "acestream-3"})
                    CHECK(after.at(name) == before.at(name));
                CHECK(after.size() <= 5);  // a leftover that cannot be removed is no engine
                CHECK(bench.running().size() <= 4);
                CHECK(condition(bench, "RuntimeReachable") == "True Answers: ");
                // A container that Docker cannot inspect at all is a broken leftover: replaced.
                const bool healed =
                    row.operation == inspect_end && fault.kind == FaultKind::rejected;
                if (row.is_told && !healed) {
                    CHECK(said(bench).find(fault.message) != std::string::npos);
                }
            }
        }
    }

    TEST_CASE("what is asked for before a create only: a condition says that it is not known") {
        for (const auto operation : {Operation::has_image, Operation::list_names}) {
            CAPTURE(to_string(operation));
            Bench bench(pool_of(4, {"one", "two"}));
            prepare(bench);
            bench.docker.kill_container("acestream-0");
            bench.docker.fail_next(operation, {Mishap::When::before, {FaultKind::rejected, "403"}});
            bench.round();
            CHECK(bench.running().size() == 4);
            CHECK(condition(bench, "RuntimeUnderstood").find("False NotUnderstood") == 0);
            CHECK(condition(bench, "RuntimeUnderstood").find(": 403") != std::string::npos);
            CHECK(bench.converges());  // and nobody has asked again
            CHECK(condition(bench, "RuntimeUnderstood").find(": 403") != std::string::npos);
            bench.docker.kill_container("acestream-1");
            CHECK(bench.converges());
            CHECK(condition(bench, "RuntimeUnderstood") == "True Understood: ");
        }
    }

    TEST_CASE("an image that cannot be asked for is not pulled, but created from") {
        Bench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        bench.docker.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
            if (call.operation != Operation::has_image) return std::nullopt;
            return Mishap{Mishap::When::before, {FaultKind::rejected, "docker: 403"}};
        });
        CHECK(bench.converges());
        CHECK(bench.calls_of(Operation::pull) == 0);

        // Unless a create says that it is not there.
        EnginePool edited = pool_of(2);
        edited.engine_template.image = "engine:2";
        bench.docker.offer_image("engine:2");
        bench.board.accept(edited);
        bench.run_for(10s);
        CHECK(bench.calls_of(Operation::pull) == 1);
        CHECK(bench.converges());
        CHECK(bench.docker.find("acestream-1")->image == "engine:2");
    }

    TEST_CASE("an image that cannot be asked for may be loaded by hand at any time") {
        EnginePool pool = pool_of(1);
        pool.engine_template.pull_policy = PullPolicy::never;
        pool.engine_template.image = "loaded:1";
        Bench bench(pool_of(1));
        bench.board.accept(pool);
        bench.docker.run_gateway("gluetun");
        bench.docker.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
            if (call.operation != Operation::has_image) return std::nullopt;
            return Mishap{Mishap::When::before, {FaultKind::rejected, "docker: 403"}};
        });
        bench.run_for(10s);
        CHECK(bench.running().empty());
        bench.docker.add_image("loaded:1");
        bench.run_for(1min);
        CHECK(bench.converges());
        CHECK(bench.running().size() == 1);
    }

    TEST_CASE("a row that cannot be read: that engine is left as it is and counted") {
        using Garble = std::function<void(ContainerListing&)>;
        const std::pair<const char*, Garble> garbles[] = {
            {"the state", [](ContainerListing& row) { row.state = EngineState::paused; }},
            {"the labels", [](ContainerListing& row) { row.labels.clear(); }},
            {"the name", [](ContainerListing& row) { row.name.clear(); }},
            {"labels and name",
             [](ContainerListing& row) {
                 row.labels.clear();
                 row.name.clear();
             }},
            {"everything", [](ContainerListing& row) { row = {}; }},
            {"the slot", [](ContainerListing& row) { row.labels["roundhouse.slot"] = "1?"; }},
            {"the slot, of one that was renamed",
             [](ContainerListing& row) {
                 row.labels["roundhouse.slot"] = "1?";
                 row.name = "renamed";
             }},
        };
        for (const auto& [what, garble] : garbles) {
            const std::string shown(what);
            CAPTURE(shown);
            Bench bench(pool_of(4, {"one", "two"}));
            prepare(bench);
            const auto before = ids_by_name(bench);
            bench.docker.garbled = "acestream-1";
            bench.docker.garble = [&, &garble = garble](ContainerListing& row) {
                garble(row);
                if (!shown.starts_with("the slot"))
                    row.unreadable = "the reply lacks [1].Something";
            };
            bench.docker.kill_container("acestream-0");
            bench.run_for(60s);
            const auto after = ids_by_name(bench);
            CHECK(after.size() == 4);
            CHECK(after.at("acestream-0") != before.at("acestream-0"));
            for (const std::string name : {"acestream-1", "acestream-2", "acestream-3"})
                CHECK(after.at(name) == before.at(name));
            const char* why = shown.starts_with("the slot") ? "label roundhouse.slot cannot"
                                                            : "lacks [1].Something";
            CHECK(condition(bench, "RuntimeUnderstood").find(why) != std::string::npos);
            CHECK(condition(bench, "Ready").find("False") == 0);

            bench.docker.garble = nullptr;
            CHECK(bench.converges());
            CHECK(ids_by_name(bench) == after);
        }
    }

    TEST_CASE("a gateway that is not known keeps its engines, and gets none") {
        Bench bench(pool_of(4, {"one", "two"}));
        prepare(bench);
        const auto before = ids_by_name(bench);
        bench.docker.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
            if (call.subject != "two") return std::nullopt;
            return Mishap{Mishap::When::before, {FaultKind::rejected, "docker: RWLayer is nil"}};
        });
        bench.run_for(300s);
        CHECK(ids_by_name(bench) == before);
        const auto view = bench.board.round();
        CHECK(view->seen.gateways.at(1).state == GatewayState::unknown);
        CHECK(view->seen.gateways.at(1).incarnation.id == bench.docker.find("two")->id);
        CHECK(condition(bench, "GatewayReady").find("RWLayer is nil") != std::string::npos);
        CHECK(condition(bench, "Ready").find("False") == 0);

        // One that ends there is made again behind the other gateway.
        bench.docker.kill_container("acestream-1");
        bench.run_for(60s);
        CHECK(bench.running().size() == 4);
        CHECK(bench.docker.find("acestream-1")->labels.at("roundhouse.gateway") == "one");

        bench.docker.set_mishap_source({});
        bench.run_for(10s);
        CHECK(condition(bench, "GatewayReady") == "True AllReady: ");
        CHECK(condition(bench, "Ready").find("True") == 0);
        CHECK(ids_by_name(bench).at("acestream-3") == before.at("acestream-3"));
    }

    TEST_CASE("what Docker warns of at a create reaches condition and log, and ends with it") {
        Bench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        CHECK(bench.converges());
        CHECK(condition(bench, "CreatedAsAsked") == "True AsAsked: ");
        bench.docker.set_create_warnings({"No swap limit support", "another platform"});
        bench.docker.remove_container("acestream-1");
        bench.advance(2s);  // lists lag for less
        CHECK(bench.converges());
        CHECK(condition(bench, "CreatedAsAsked") ==
              "False DockerWarns: acestream-1: No swap limit support; another platform: change the "
              "template, or what Docker lacks");
        CHECK(bench.journal.count("Docker warns of the new engine engine=acestream-1 "
                                  "problem=No swap limit support; another platform") == 1);
        bench.docker.set_create_warnings({});
        bench.docker.remove_container("acestream-1");
        bench.advance(2s);  // lists lag for less
        CHECK(bench.converges());
        CHECK(condition(bench, "CreatedAsAsked") == "True AsAsked: ");
    }

    TEST_CASE("a controller that never saw a gateway leaves its engines alone, too") {
        Bench first(pool_of(2));
        first.docker.run_gateway("gluetun");
        REQUIRE(first.converges());
        const auto before = ids_by_name(first);
        first.docker.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
            if (call.operation == Operation::inspect_gateway) return Mishap{};
            return std::nullopt;
        });
        Prober prober(first.probes, first.clock, [] {});
        Reconciler second({first.docker, first.gateways, first.workers, first.clock, first.journal,
                           first.board, prober, first.puller, first.steps, first.last_lines,
                           first.meters, first.port_check, first.sockets, first.own, [] {},
                           GatewayReader::full_patience});
        for (int i = 0; i < 100; ++i) {
            second.round({});
            first.wait_for_steps();
            first.advance(1s);
        }
        CHECK(ids_by_name(first) == before);
    }
}
