// What the loop relies on of any Runtime. Each case runs on the fake, on a real Docker Engine, on
// Podman, and, but for what a Pod has no say in (images, networks, the life of its sandbox), on a
// Pod. Where Podman differs in what the loop gets to know, the case says so.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "worlds.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

template <class T>
T value_of(Result<T> result) {
    REQUIRE_MESSAGE(result.ok(), result.fault().message);
    return std::move(result.value());
}

void well(const Result<void>& result) {
    REQUIRE_MESSAGE(result.ok(), result.fault().message);
}

template <class T>
FaultKind kind_of(const Result<T>& result) {
    REQUIRE_FALSE(result.ok());
    CHECK_FALSE(result.fault().message.empty());
    return result.fault().kind;
}

// Containers of the world's pool; a Docker Engine may have engines of others.
std::vector<ContainerListing> listed(World& world) {
    auto listing = value_of(world.runtime().list_engines());
    std::erase_if(listing, [&](const ContainerListing& container) {
        return container.labels.at("roundhouse.pool") != world.pool();
    });
    return listing;
}

// The pool's only container.
ContainerListing only(World& world) {
    const auto listing = listed(world);
    REQUIRE(listing.size() == 1);
    return listing[0];
}

EngineEnd end_of(World& world, const std::string& id) {
    const auto end = value_of(world.runtime().inspect_end(id));
    REQUIRE(end.has_value());
    return *end;
}

GatewayContainer gateway_of(World& world) {
    const auto gateway = value_of(world.runtime().inspect_gateway(world.gateway()));
    REQUIRE(gateway.has_value());
    return *gateway;
}

// Docker shows an end a moment later, so this waits up to 10 s for it.
template <class Condition>
bool soon(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

bool soon_in_state(World& world, EngineState state) {
    return soon([&] { return only(world).state == state; });
}

std::string start_new(World& world, const EngineRequest& request) {
    const std::string id = value_of(world.runtime().create(request)).id;
    well(world.runtime().start(id));
    return id;
}

}  // namespace

TEST_CASE_TEMPLATE("a created engine is listed as it was asked for", W, FakeWorld, DockerWorld,
                   PodWorld) {
    W world;
    if (!world.open()) return;
    const std::string gateway_id = world.run_gateway();
    const EngineRequest request = world.engine(0, "container:" + gateway_id);
    const std::string id = value_of(world.runtime().create(request)).id;
    const ContainerListing engine = only(world);
    CHECK(engine.id == id);
    CHECK(engine.id.size() == 64);
    CHECK(engine.name == request.name);
    CHECK(engine.state == EngineState::created);
    CHECK(engine.labels.at("roundhouse.slot") == "0");
    CHECK(engine.network == Network{gateway_id, {}});
    CHECK(value_of(world.runtime().inspect_network(id)) == engine.network);
    CHECK_FALSE(value_of(world.runtime().inspect_network(std::string(64, '0'))).has_value());
    CHECK(value_of(world.runtime().inspect_pid(id)) == 0);
    CHECK_FALSE(value_of(world.runtime().inspect_pid(std::string(64, '0'))).has_value());
    CHECK(engine.address.empty());
    // Podman lists docker.io/library/NAME:latest.
    CHECK(engine.image.find(world.image()) != std::string::npos);
}

TEST_CASE_TEMPLATE("engines of every pool are listed, and nothing without the label", W, FakeWorld,
                   DockerWorld, PodWorld) {
    W world;
    if (!world.open()) return;
    world.run_gateway();
    EngineRequest other = world.engine(0);
    for (auto& [key, value] : other.labels) {
        if (key == "roundhouse.pool") value = "another-pool";
    }
    EngineRequest stranger = world.engine(1);
    stranger.labels = {{"someone", "else"}};
    const std::string id = value_of(world.runtime().create(other)).id;
    const std::string unlisted = value_of(world.runtime().create(stranger)).id;
    const auto all = value_of(world.runtime().list_engines());
    const auto found = std::ranges::find(all, id, &ContainerListing::id);
    REQUIRE(found != all.end());
    CHECK(found->labels.at("roundhouse.pool") == "another-pool");
    CHECK(std::ranges::find(all, unlisted, &ContainerListing::id) == all.end());
    CHECK(std::ranges::find(all, world.gateway(), &ContainerListing::name) == all.end());
}

TEST_CASE_TEMPLATE("create, start, stop, remove; each again is no fault", W, FakeWorld, DockerWorld,
                   PodWorld) {
    W world;
    if (!world.open()) return;
    Runtime& runtime = world.runtime();
    const std::string id = value_of(runtime.create(world.engine(0))).id;
    well(runtime.start(id));
    CHECK(only(world).state == EngineState::running);
    CHECK(only(world).address.empty() != world.gives_addresses());
    CHECK((value_of(runtime.inspect_pid(id)).value_or(0) > 0) == world.gives_addresses());
    well(runtime.start(id));

    REQUIRE(soon([&] { return world.is_up(only(world).address, 0); }));
    well(runtime.stop(id, 2s));
    REQUIRE(soon_in_state(world, EngineState::exited));
    CHECK(end_of(world, id).exit_code == 0);
    CHECK(end_of(world, id).start_error.empty());
    CHECK(end_of(world, id).finished_at.has_value());
    well(runtime.stop(id, 2s));

    well(runtime.start(id));
    well(runtime.remove(id));
    CHECK(listed(world).empty());
    well(runtime.remove(id));
    well(runtime.stop(id, 2s));
    CHECK_FALSE(value_of(runtime.inspect_end(id)).has_value());
    CHECK(kind_of(runtime.start(id)) == FaultKind::gone);
}

TEST_CASE_TEMPLATE("the name is a lock", W, FakeWorld, DockerWorld, PodWorld) {
    W world;
    if (!world.open()) return;
    const std::string id = value_of(world.runtime().create(world.engine(0))).id;
    CHECK(kind_of(world.runtime().create(world.engine(0))) == FaultKind::conflict);
    CHECK(only(world).id == id);
    well(world.runtime().remove(id));
    CHECK(value_of(world.runtime().create(world.engine(0))).id != id);
}

TEST_CASE_TEMPLATE("of many who want one name, one gets it", W, FakeWorld, DockerWorld, PodWorld) {
    W world;
    if (!world.open()) return;
    std::atomic<int> winners = 0;
    std::atomic<int> conflicts = 0;
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < 8; ++i) {
            callers.emplace_back([&] {
                const auto id = world.runtime().create(world.engine(0));
                if (id) {
                    ++winners;
                } else if (id.fault().kind == FaultKind::conflict) {
                    ++conflicts;
                }
            });
        }
    }
    CHECK(winners == 1);
    CHECK(conflicts == 7);
    only(world);
}

TEST_CASE_TEMPLATE("an image that is not there", W, FakeWorld, DockerWorld) {
    W world;
    if (!world.open()) return;
    EngineRequest request = world.engine(0);
    request.image = "127.0.0.1:1/roundhouse-none:1";
    CHECK(value_of(world.runtime().has_image(world.image())));
    CHECK_FALSE(value_of(world.runtime().has_image(request.image)));
    CHECK(kind_of(world.runtime().create(request)) == FaultKind::gone);
    CHECK(kind_of(world.runtime().pull({request.image}, [](const std::string&) {}, {})) ==
          FaultKind::rejected);
    CHECK(listed(world).empty());
}

TEST_CASE_TEMPLATE("an engine starts only into the namespace of a running gateway", W, FakeWorld,
                   DockerWorld) {
    W world;
    if (!world.open()) return;
    Runtime& runtime = world.runtime();
    const std::string gateway_id = world.run_gateway();
    const std::string id = value_of(runtime.create(world.engine(0, "container:" + gateway_id))).id;
    world.stop_container(world.gateway());
    CHECK(kind_of(runtime.start(id)) == FaultKind::conflict);
    CHECK_FALSE(gateway_of(world).running);
    CHECK(only(world).state == EngineState::created);
    CHECK(end_of(world, id).start_error.empty() == world.is_podman());
    CHECK_FALSE(end_of(world, id).finished_at.has_value());

    world.start_container(world.gateway());
    well(runtime.start(id));
    CHECK(only(world).state == EngineState::running);
    CHECK(only(world).address.empty());
    CHECK(end_of(world, id).start_error.empty());

    const bool removed = world.remove_container(world.gateway());
    CHECK(removed != runtime.about().pins_gateways);
    CHECK(only(world).state == EngineState::running);  // and cut off: only the id shows it
    well(runtime.stop(id, 2s));
    if (removed) CHECK(kind_of(runtime.start(id)) == FaultKind::conflict);
    well(runtime.remove(id));
    if (!removed) CHECK(world.remove_container(world.gateway()));

    const auto lost = runtime.create(world.engine(0, "container:" + std::string(64, 'e')));
    CHECK(lost.ok() != world.is_podman());
    const FaultKind kind = lost ? kind_of(runtime.start(lost.value().id)) : kind_of(lost);
    CHECK(kind == (lost ? FaultKind::conflict : FaultKind::gone));
}

TEST_CASE_TEMPLATE("a gateway is known by its exact name", W, FakeWorld, DockerWorld) {
    W world;
    if (!world.open()) return;
    Runtime& runtime = world.runtime();
    CHECK_FALSE(value_of(runtime.inspect_gateway(world.gateway())).has_value());
    const std::string id = world.run_publishing_gateway(39017);
    const GatewayContainer gateway = gateway_of(world);
    CHECK(gateway.id == id);
    CHECK(gateway.running);
    CHECK(gateway.state == "running");
    CHECK(gateway.health == GatewayContainer::Health::none);
    CHECK(gateway.addresses.size() == 1);
    CHECK(gateway.published_tcp_ports == std::set<int>{39017});
    CHECK(gateway.host_ports == std::map<int, HostPort>{{39017, {"", 39017}}});
    CHECK_FALSE(value_of(runtime.inspect_gateway(id)).has_value());
    CHECK_FALSE(value_of(runtime.inspect_gateway(id.substr(0, 12))).has_value());
    CHECK_FALSE(value_of(runtime.inspect_gateway(world.pool())).has_value());
}

TEST_CASE_TEMPLATE("a gateway's incarnation changes with every start", W, FakeWorld, DockerWorld) {
    W world;
    if (!world.open()) return;
    world.run_gateway();
    const GatewayContainer first = gateway_of(world);
    world.stop_container(world.gateway());
    const GatewayContainer stopped = gateway_of(world);
    CHECK_FALSE(stopped.running);
    CHECK(stopped.state == "exited");
    CHECK(stopped.addresses.empty());

    world.start_container(world.gateway());
    const GatewayContainer restarted = gateway_of(world);
    CHECK(restarted.id == first.id);
    CHECK(restarted.started_at != first.started_at);
    CHECK(gateway_of(world).started_at == restarted.started_at);

    world.remove_container(world.gateway());
    world.run_gateway();
    CHECK(gateway_of(world).id != first.id);
}

TEST_CASE_TEMPLATE("an engine that ends by itself, and one that is killed", W, FakeWorld,
                   DockerWorld, PodWorld) {
    W world;
    if (!world.open()) return;
    const std::string ended = start_new(world, world.short_lived(0));
    REQUIRE(soon_in_state(world, EngineState::exited));
    CHECK(end_of(world, ended).exit_code == 3);
    CHECK(end_of(world, ended).finished_at.has_value());
    const auto lines = value_of(world.runtime().last_lines(ended, {{"SECRET", "two words"}}));
    using Lines = std::vector<std::string>;
    CHECK(lines == (world.keeps_logs() ? Lines{"one", "$(SECRET)"} : Lines{}));
    well(world.runtime().remove(ended));
    CHECK(value_of(world.runtime().last_lines(ended, {})).empty());

    const std::string killed = start_new(world, world.engine(0));
    world.kill_container(world.engine(0).name);
    REQUIRE(soon_in_state(world, EngineState::exited));
    CHECK(end_of(world, killed).exit_code == 137);
}

TEST_CASE_TEMPLATE("an engine that cannot be started leaves a trace", W, FakeWorld, DockerWorld,
                   PodWorld) {
    W world;
    if (!world.open()) return;
    const std::string id = value_of(world.runtime().create(world.unstartable(0))).id;
    const auto started = world.runtime().start(id);
    CHECK(kind_of(started) == FaultKind::rejected);
    CHECK(started.fault().message.find(world.start_error()) != std::string::npos);
    CHECK(only(world).state == EngineState::created);
    const EngineEnd end = end_of(world, id);
    if (world.is_podman()) return;  // it keeps none: the caller remembers the fault
    CHECK(end.start_error.find(world.start_error()) != std::string::npos);
    CHECK(end.exit_code != 0);
    CHECK_FALSE(end.finished_at.has_value());
}

TEST_CASE_TEMPLATE("what cannot be in another's namespace is refused", W, FakeWorld, DockerWorld,
                   PodWorld) {
    W world;
    if (!world.open()) return;
    EngineRequest publishing = world.engine(0, "container:" + world.run_gateway());
    publishing.published_tcp_ports = {39018};
    const auto created = world.runtime().create(publishing);
    // Podman ignores the ports, and nobody listens there.
    CHECK(created.ok() == world.is_podman());
    if (created) well(world.runtime().remove(created.value().id));
    if (!created) CHECK(kind_of(created) == FaultKind::rejected);
    CHECK(kind_of(world.runtime().create(world.engine(0, "container:"))) == FaultKind::rejected);
    CHECK(listed(world).empty());
}

TEST_CASE_TEMPLATE("without gateways, ports are on the host and there once", W, FakeWorld,
                   DockerWorld) {
    W world;
    if (!world.open()) return;
    Runtime& runtime = world.runtime();
    EngineRequest request = world.engine(0);
    request.published_tcp_ports = {39019};
    request.published_udp_ports = {39019};
    start_new(world, request);
    request.name = world.engine(1).name;
    const std::string second = value_of(runtime.create(request)).id;
    CHECK(kind_of(runtime.start(second)) == FaultKind::rejected);

    const auto lost = runtime.create(world.engine(2, "no-such-network"));
    CHECK(lost.ok() != world.is_podman());
    const FaultKind kind = lost ? kind_of(runtime.start(lost.value().id)) : kind_of(lost);
    CHECK(kind == FaultKind::rejected);
}

TEST_CASE_TEMPLATE("names are found by their beginning, of any owner", W, FakeWorld, DockerWorld,
                   PodWorld) {
    W world;
    if (!world.open()) return;
    world.run_gateway();
    const std::string id = value_of(world.runtime().create(world.engine(7))).id;
    auto holders = value_of(world.runtime().list_names(world.pool() + "-"));
    std::sort(holders.begin(), holders.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    REQUIRE(holders.size() == 2);
    CHECK(holders[0].name == world.engine(7).name);
    CHECK(holders[0].id == id);
    CHECK(holders[0].labels.at("roundhouse.pool") == world.pool());
    CHECK(holders[0].image.find(world.image()) != std::string::npos);
    CHECK(holders[1].name == world.gateway());
    const auto all = value_of(world.runtime().list_names(""));
    for (const auto& holder : holders)
        CHECK(std::ranges::count(all, holder.id, &NameHolder::id) == 1);
    CHECK(value_of(world.runtime().list_names(world.pool().substr(1))).empty());
}

TEST_CASE_TEMPLATE("events tell of every change, until they are no longer followed", W, FakeWorld,
                   DockerWorld, PodWorld) {
    W world;
    if (!world.open()) return;
    const std::string name = world.engine(0).name;
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    std::vector<std::string> actions;
    std::string pool_label;
    FaultKind end = FaultKind::unavailable;
    std::jthread follower([&](const std::stop_token& stop) {
        const auto result = world.runtime().follow_events(
            [&] {
                const std::lock_guard lock(mutex);
                open = true;
                changed.notify_all();
            },
            [&](const RuntimeEvent& event) {
                if (event.container_name != name) return;
                const std::lock_guard lock(mutex);
                actions.push_back(event.action);
                pool_label = event.labels.at("roundhouse.pool");
                changed.notify_all();
            },
            stop);
        end = result.fault().kind;
    });
    const auto wait_for = [&](const auto& condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 10s, condition);
    };
    REQUIRE(wait_for([&] { return open; }));
    const std::string id = start_new(world, world.engine(0));
    well(world.runtime().stop(id, 2s));
    well(world.runtime().remove(id));
    CHECK(wait_for([&] { return !actions.empty() && actions.back() == "destroy"; }));
    follower.request_stop();
    follower.join();
    CHECK(end == FaultKind::cancelled);
    CHECK(actions == std::vector<std::string>{"create", "start", "die", "destroy"});
    CHECK(pool_label == world.pool());
}
