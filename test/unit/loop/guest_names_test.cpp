// Who else is in a gateway's network, where a stranger listens on an engine's port.
#include "loop/guest_names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fakes/fake_runtime.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_SUITE("guest names") {
    TEST_CASE("the containers that joined a gateway are named while it has a stranger") {
        FakeRuntime docker;
        const std::string id = docker.run_gateway("gluetun");
        const auto run = [&](const std::string& name, const std::string& network,
                             std::map<std::string, std::string> labels = {}) {
            FakeContainer container;
            container.name = name;
            container.image = "mine";
            container.network_mode = network;
            container.labels = std::move(labels);
            docker.run_container(container);
        };
        docker.add_image("mine");
        run("web", "bridge");
        run("torrents", "container:" + id);
        run("other-0", "container:" + id, {{"roundhouse.pool", "other"}});
        std::vector<GatewayView> gateways{gateway("gluetun")};
        gateways[0].incarnation.id = id;
        GuestNames names;
        const auto guests_at = [&](Monotonic now) {
            gateways[0].guests.clear();
            names.fill_in(docker, gateways, now);
            return gateways[0].guests;
        };
        const auto lists = [&] {
            return std::ranges::count(docker.calls(), Operation::list_names, &FakeCall::operation);
        };
        const Monotonic begin{};
        CHECK(guests_at(begin).empty());
        CHECK(lists() == 0);
        gateways[0].strangers_ports = {19001};
        CHECK(guests_at(begin) == std::vector<std::string>{"torrents"});
        run("books", "container:" + id);
        CHECK(guests_at(begin + 59s) == std::vector<std::string>{"torrents"});
        CHECK(lists() == 1);
        docker.fail_next(Operation::list_names);
        CHECK(guests_at(begin + 60s) == std::vector<std::string>{"torrents"});
        CHECK(guests_at(begin + 120s) == std::vector<std::string>{"books", "torrents"});
        gateways[0].strangers_ports.clear();
        CHECK(guests_at(begin + 200s).empty());
        CHECK(lists() == 3);
    }
}
