// What is particular to a Pod, with real holders. What every Runtime does is in test/contract.
#include "edge/pod/runtime.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "edge/pod/slot_folder.h"
#include "fakes/pod_folder.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

constexpr const char* sleeps = "exec sleep 1000";

template <class Condition>
bool soon(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

bool lives(pid_t process) {
    return ::kill(process, 0) == 0;
}

// A Pod with one slot.
class Bench {
  public:
    Bench() : pod(1), runtime(settings()) {
        pod.start_holder(0);
        REQUIRE(soon([&] { return SlotFolders(pod.slots()).look(0).held; }));
    }

    std::string incarnation() {
        const auto gateway = runtime.inspect_gateway("gluetun");
        REQUIRE(gateway.ok());
        return gateway.value()->id;
    }

    EngineRequest request(const std::string& script) {
        EngineRequest request;
        request.name = "acestream-0";
        request.image = "engine:1";
        request.entrypoint = {"/bin/sh", "-c"};
        request.command = {script};
        request.labels = {{"roundhouse.pool", "acestream"}, {"roundhouse.slot", "0"}};
        request.network_mode = "container:" + incarnation();
        request.stop_timeout = 2s;
        return request;
    }

    std::string create(const std::string& script) {
        const auto created = runtime.create(request(script));
        REQUIRE_MESSAGE(created.ok(), created.fault().message);
        return created.value().id;
    }

    std::string run(const std::string& script) {
        const std::string id = create(script);
        const auto started = runtime.start(id);
        REQUIRE_MESSAGE(started.ok(), started.fault().message);
        return id;
    }

    ContainerListing only() {
        const auto rows = runtime.list_engines();
        REQUIRE(rows.ok());
        REQUIRE(rows.value().size() == 1);
        return rows.value()[0];
    }

    EngineEnd end(const std::string& id) {
        const auto seen = runtime.inspect_end(id);
        REQUIRE(seen.ok());
        REQUIRE(seen.value().has_value());
        return *seen.value();
    }

    HolderSettings settings() {
        pod.set_gateway(true);
        HolderSettings settings{pod.slots(), "gluetun"};
        settings.health_port = pod.health_port();
        settings.holder_absent = 100ms;
        return settings;
    }

    PodFolder pod;
    HolderRuntime runtime;
};

}  // namespace

TEST_CASE("another agent finds the engines as they are") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const pid_t child = bench.pod.child(0);
    HolderRuntime next(bench.settings());
    const auto rows = next.list_engines();
    REQUIRE(rows.ok());
    REQUIRE(rows.value().size() == 1);
    CHECK(rows.value()[0].id == id);
    CHECK(rows.value()[0].state == EngineState::running);
    CHECK(next.start(id).ok());
    CHECK(bench.pod.child(0) == child);
    CHECK(lives(child));
}

TEST_CASE("an engine is replaced by one child after another, and soon") {
    Bench bench;
    const std::string first = bench.run("sleep 1000 & exec sleep 1000");
    const pid_t child = bench.pod.child(0);
    const auto begun = std::chrono::steady_clock::now();
    CHECK(bench.runtime.stop(first, 2s).ok());
    CHECK(bench.runtime.remove(first).ok());
    const std::string second = bench.run(sleeps);
    CHECK(std::chrono::steady_clock::now() - begun < 500ms);
    CHECK_FALSE(lives(child));
    CHECK(bench.only().id == second);
    CHECK(bench.only().state == EngineState::running);
}

TEST_CASE("a holder that dies takes its engine along, and its successor starts it again") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const pid_t child = bench.pod.child(0);
    bench.pod.end_holder(0, SIGKILL);
    CHECK(bench.pod.text(0, "s/is").find("state running") != std::string::npos);
    CHECK(bench.only().state == EngineState::exited);
    CHECK(bench.end(id).exit_code == 137);
    CHECK(soon([&] { return !lives(child); }));
    CHECK(bench.runtime.stop(id, 2s).ok());

    CHECK(bench.runtime.start(id).fault().message.find("no holder") != std::string::npos);
    bench.pod.start_holder(0);
    CHECK(soon([&] { return bench.only().state == EngineState::running; }));
    CHECK(bench.pod.child(0) != child);
}

TEST_CASE("what has ended does not run again under another holder") {
    Bench bench;
    const std::string id = bench.run("exit 4");
    REQUIRE(soon([&] { return bench.only().state == EngineState::exited; }));
    const std::string report = bench.pod.text(0, "s/is");
    bench.pod.end_holder(0, SIGKILL);
    bench.pod.start_holder(0);
    // The next engine of the slot runs only after the holder has judged the order before it.
    CHECK(bench.end(id).exit_code == 4);
    CHECK(bench.runtime.remove(id).ok());
    CHECK(bench.pod.text(0, "s/is") == report);
    bench.run(sleeps);
}

TEST_CASE("the end of the Pod is no failure of its engines") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const pid_t child = bench.pod.child(0);
    bench.pod.end_holder(0, SIGTERM);
    CHECK_FALSE(lives(child));
    CHECK(bench.only().state == EngineState::removing);
    CHECK(bench.only().id == id);
    // A container whose image was changed comes back, and so does its engine.
    bench.pod.start_holder(0);
    CHECK(soon([&] { return bench.only().state == EngineState::running; }));
}

TEST_CASE("a report that cannot be read makes its engine unknown, and nothing waits for it") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const std::string report = bench.pod.file(0, "s/is");
    const std::string written = bench.pod.text(0, "s/is");
    // Its holder stands still: else it would write the report again.
    bench.pod.signal_holder(0, SIGSTOP);
    const auto unreadable = [&] {
        const ContainerListing row = bench.only();
        CHECK(row.id == id);
        CHECK(row.name == "acestream-0");
        CHECK_FALSE(row.unreadable.empty());
        CHECK_FALSE(bench.runtime.inspect_end(id).ok());
    };
    bench.pod.write(0, "s/is", "garbage");
    unreadable();
    bench.pod.write(0, "s/is", std::string(std::size_t{300} << 10U, 'x'));
    unreadable();
    std::filesystem::remove(report);
    REQUIRE(::mkfifo(report.c_str(), 0666) == 0);
    unreadable();
    std::filesystem::remove(report);
    REQUIRE(::symlink("/dev/zero", report.c_str()) == 0);
    unreadable();
    std::filesystem::remove(report);
    REQUIRE(::symlink("/etc/passwd", report.c_str()) == 0);
    unreadable();
    bench.pod.signal_holder(0, SIGCONT);
    CHECK(soon([&] { return bench.pod.text(0, "s/is") == written; }));
    CHECK(bench.only().state == EngineState::running);
}

TEST_CASE("an order that cannot be read hides no engine, and ends none") {
    Bench bench;
    bench.run(sleeps);
    const pid_t child = bench.pod.child(0);
    bench.pod.write(0, "w/want", "generation 7\nrun y");
    const ContainerListing row = bench.only();
    CHECK_FALSE(row.unreadable.empty());
    CHECK(row.labels.at("roundhouse.slot") == "0");
    CHECK(bench.runtime.create(bench.request(sleeps)).fault().kind == FaultKind::conflict);
    CHECK(lives(child));
}

TEST_CASE(
    "a new sandbox is another incarnation with empty slots; an init container run again is not") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const std::string before = bench.incarnation();
    bench.pod.install();
    CHECK(bench.incarnation() == before);
    CHECK(bench.only().state == EngineState::running);

    bench.pod.end_holder(0, SIGKILL);
    bench.pod.install();
    CHECK(bench.incarnation() != before);
    CHECK(bench.runtime.list_engines().value().empty());
    CHECK(bench.runtime.start(id).fault().kind == FaultKind::gone);
}

TEST_CASE("an engine planned for another incarnation is not made") {
    Bench bench;
    EngineRequest request = bench.request(sleeps);
    request.network_mode = "container:" + std::string(36, '0');
    CHECK(bench.runtime.create(request).fault().kind == FaultKind::rejected);
    request.network_mode = "host";
    CHECK(bench.runtime.create(request).fault().kind == FaultKind::rejected);
    CHECK(bench.runtime.list_engines().value().empty());
}

TEST_CASE("what no slot can run is refused") {
    Bench bench;
    EngineRequest request = bench.request(sleeps);
    request.name = "acestream-1";
    CHECK(bench.runtime.create(request).fault().message.find("no slot for acestream-1") !=
          std::string::npos);
    request = bench.request(std::string(std::size_t{300} << 10U, 'x'));
    CHECK(bench.runtime.create(request).fault().bad_request);
    request = bench.request(sleeps);
    request.entrypoint.clear();
    CHECK(bench.runtime.create(request).fault().bad_request);
}

TEST_CASE("no engine starts while the gateway is down, and none ends for that") {
    Bench bench;
    const std::string id = bench.create(sleeps);
    bench.pod.set_gateway(false);
    CHECK(bench.runtime.start(id).fault().kind == FaultKind::conflict);
    CHECK(bench.only().state == EngineState::created);
    const auto down = bench.runtime.inspect_gateway("gluetun");
    REQUIRE(down.ok());
    CHECK(down.value()->running);
    CHECK(down.value()->health == GatewayContainer::Health::unhealthy);

    bench.pod.set_gateway(true);
    CHECK(bench.runtime.start(id).ok());
    const pid_t child = bench.pod.child(0);
    const auto up = bench.runtime.inspect_gateway("gluetun");
    REQUIRE(up.ok());
    CHECK(up.value()->health == GatewayContainer::Health::healthy);
    CHECK(up.value()->started_at == down.value()->started_at);
    CHECK(lives(child));
    CHECK_FALSE(bench.runtime.inspect_gateway("gluetun-b").value().has_value());
}

TEST_CASE("an engine that ignores SIGTERM is killed after its grace, and at once when removed") {
    Bench bench;
    const std::string id = bench.run("trap '' TERM; : > " + bench.pod.file(0, "s/up") +
                                     "; while :; do sleep 0.05; done");
    REQUIRE(soon([&] { return std::filesystem::exists(bench.pod.file(0, "s/up")); }));
    const auto begun = std::chrono::steady_clock::now();
    CHECK(bench.runtime.stop(id, 300ms).ok());
    const auto took = std::chrono::steady_clock::now() - begun;
    CHECK(took >= 300ms);
    CHECK(bench.end(id).exit_code == 137);
    CHECK(bench.runtime.start(id).ok());
    CHECK(bench.runtime.remove(id).ok());
    CHECK_FALSE(lives(bench.pod.child(0)));
}

TEST_CASE("an order is written whole or not at all") {
    Bench bench;
    const std::string id = bench.run(sleeps);
    const std::string before = bench.pod.text(0, "w/want");
    // A file that cannot be replaced stands in the way.
    std::filesystem::create_directories(bench.pod.file(0, "w/want.tmp") + "/x");
    const auto stopped = bench.runtime.stop(id, 1s);
    REQUIRE_FALSE(stopped.ok());
    CHECK(stopped.fault().kind == FaultKind::unavailable);
    CHECK(bench.pod.text(0, "w/want") == before);
    CHECK(bench.only().state == EngineState::running);
}
