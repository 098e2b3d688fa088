// The fake's controls; that it keeps Docker's rules is what test/contract shows.
#include "fakes/fake_runtime.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

EngineRequest engine(const std::string& network_mode) {
    EngineRequest request;
    request.name = "pool-0";
    request.image = "engine";
    request.labels = {{"roundhouse.pool", "pool"}};
    request.network_mode = network_mode;
    return request;
}

struct World {
    World() { fake.add_image("engine"); }
    FakeRuntime fake;
};

}  // namespace

TEST_CASE_FIXTURE(World, "an engine is cut off by every new incarnation of its gateway") {
    const std::string gateway = fake.run_gateway("gluetun", {19000});
    const std::string id = fake.create(engine("container:" + gateway)).value().id;
    CHECK_FALSE(fake.has_network(id));
    REQUIRE(fake.start(id).ok());
    CHECK(fake.has_network(id));

    fake.restart_container("gluetun");
    CHECK(fake.find(id)->state == EngineState::running);
    CHECK_FALSE(fake.has_network(id));

    REQUIRE(fake.stop(id, 1s).ok());
    REQUIRE(fake.start(id).ok());
    CHECK(fake.has_network(id));

    CHECK(fake.recreate_container("gluetun") != gateway);
    CHECK(fake.inspect_gateway("gluetun").value()->published_tcp_ports == std::set<int>{19000});
    CHECK_FALSE(fake.has_network(id));
}

TEST_CASE_FIXTURE(World, "a mishap before the effect leaves the world as it was") {
    fake.fail_next(Operation::create, {Mishap::When::before, {FaultKind::unavailable, "lost"}});
    CHECK(fake.create(engine("bridge")).fault().message == "lost");
    CHECK(fake.containers().empty());
    CHECK(fake.create(engine("bridge")).ok());
}

TEST_CASE_FIXTURE(World, "a mishap after the effect loses only the reply") {
    fake.fail_next(Operation::create, {Mishap::When::after, {FaultKind::unavailable, "lost"}});
    CHECK_FALSE(fake.create(engine("bridge")).ok());
    CHECK(fake.containers().size() == 1);
    CHECK(fake.create(engine("bridge")).fault().kind == FaultKind::conflict);
}

TEST_CASE_FIXTURE(World, "a mishap source judges every call") {
    fake.set_mishap_source([](const FakeCall& call) -> std::optional<Mishap> {
        if (call.operation != Operation::start || call.subject != "pool-0") return std::nullopt;
        return Mishap{Mishap::When::before, {FaultKind::rejected, "not today"}};
    });
    const std::string id = fake.create(engine("bridge")).value().id;
    CHECK(fake.start(id).fault().message == "not today");
    CHECK(fake.remove(id).ok());
}

TEST_CASE_FIXTURE(World, "calls are on record, and which of them change something") {
    const std::string id = fake.create(engine("bridge")).value().id;
    REQUIRE(fake.list_engines().ok());
    REQUIRE_FALSE(fake.create(engine("bridge")).ok());
    REQUIRE(fake.remove(id).ok());
    CHECK(fake.calls() == std::vector<FakeCall>{{Operation::create, "pool-0", std::nullopt},
                                                {Operation::list_engines, "", std::nullopt},
                                                {Operation::create, "pool-0", FaultKind::conflict},
                                                {Operation::remove, "pool-0", std::nullopt}});
    CHECK(fake.changing_calls().size() == 3);
    fake.clear_calls();
    CHECK(fake.calls().empty());
}

TEST_CASE_FIXTURE(World, "held calls have no effect until they are released") {
    fake.hold(Operation::create);
    std::jthread caller([&] { CHECK(fake.create(engine("bridge")).ok()); });
    REQUIRE(fake.wait_until_held(Operation::create, 1));
    CHECK(fake.containers().empty());
    fake.release(Operation::create);
    caller.join();
    CHECK(fake.containers().size() == 1);
}

TEST_CASE_FIXTURE(World, "a held pull can be cancelled, and a released one brings the image") {
    fake.offer_image("new");
    fake.hold(Operation::pull);
    std::jthread puller([&](const std::stop_token& stop) {
        const auto pulled = fake.pull(
            {"new"}, [](const std::string&) {}, stop);
        CHECK(pulled.fault().kind == FaultKind::cancelled);
    });
    REQUIRE(fake.wait_until_held(Operation::pull, 1));
    puller.request_stop();
    puller.join();
    CHECK_FALSE(fake.has_image("new").value());

    fake.release(Operation::pull);
    CHECK(fake.pull({"new"}, [](const std::string&) {}, {}).ok());
    CHECK(fake.has_image("new").value());
}

TEST_CASE_FIXTURE(World, "a daemon that is away answers nothing and forgets nothing") {
    const std::string id = fake.create(engine("bridge")).value().id;
    REQUIRE(fake.start(id).ok());
    std::jthread follower([&](const std::stop_token& stop) {
        const auto end = fake.follow_events([] {}, [](const RuntimeEvent&) {}, stop);
        CHECK(end.fault().kind == FaultKind::unavailable);
    });
    REQUIRE(fake.wait_until_followed(1));
    fake.set_available(false);
    follower.join();
    CHECK(fake.list_engines().fault().kind == FaultKind::unavailable);
    CHECK(fake.follow_events([] {}, [](const RuntimeEvent&) {}, {}).fault().kind ==
          FaultKind::unavailable);

    fake.set_available(true);
    CHECK(fake.list_engines().value().at(0).state == EngineState::running);
}

TEST_CASE_FIXTURE(World, "two worlds with the same history are the same") {
    World other;
    for (FakeRuntime* one : {&fake, &other.fake}) {
        one->run_gateway("gluetun");
        one->set_time(Time(std::chrono::sys_days(std::chrono::year(2026) / 2 / 1)) + 1500ms);
        one->restart_container("gluetun");
    }
    const auto here = fake.inspect_gateway("gluetun").value();
    const auto there = other.fake.inspect_gateway("gluetun").value();
    CHECK(here->id == there->id);
    CHECK(here->started_at == there->started_at);
    CHECK(parse_time(here->started_at) ==
          Time(std::chrono::sys_days(std::chrono::year(2026) / 2 / 1)) + 1500ms);
}
