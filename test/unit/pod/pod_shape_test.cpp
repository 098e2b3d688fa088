#include "edge/pod/pod_shape.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/fingerprint.h"

using namespace roundhouse;

namespace {

EnginePool declared() {
    EnginePool pool;
    pool.name = "acestream";
    pool.replicas = 3;
    for (const char* name : {"gluetun-a", "gluetun-b"}) {
        GatewaySpec gateway;
        gateway.container = name;
        pool.gateways.push_back(gateway);
    }
    pool.engine_template.image = "engine:1";
    return pool;
}

PodShape shape_for(const EnginePool& pool) {
    return {2, pool.engine_template.image, pod_hash(pool, "gluetun-a")};
}

using Edit = std::function<void(EnginePool&)>;

}  // namespace

TEST_SUITE("the shape of a Pod") {
    TEST_CASE("what containers are made from takes another Pod, and what the agent does not") {
        const PodShape shape = shape_for(declared());
        const std::vector<Edit> for_containers = {
            [](EnginePool& p) { p.engine_template.image = "engine:2"; },
            [](EnginePool& p) { p.engine_template.user = "1000"; },
            [](EnginePool& p) { p.engine_template.volumes = {"a:/b"}; },
            [](EnginePool& p) { p.engine_template.tmpfs = {"/b"}; },
            [](EnginePool& p) { p.engine_template.resources.memory_bytes = 1; },
            [](EnginePool& p) { p.engine_template.resources.nano_cpus = 1; },
            [](EnginePool& p) { p.engine_template.stop_timeout = 9s; },
            [](EnginePool& p) { p.ports.http = 7000; },
            [](EnginePool& p) { p.gateways[0].ports.http = 7000; },
            [](EnginePool& p) { p.gateways[0].control_server.port = 8001; },
            [](EnginePool& p) { p.replicas = 5; },
        };
        for (std::size_t i = 0; i < for_containers.size(); ++i) {
            CAPTURE(i);
            EnginePool pool = declared();
            for_containers[i](pool);
            CHECK(
                pod_mismatch(pool, "gluetun-a", shape)
                    .ends_with(": render the pool again and apply that; the VPN of gluetun-a then "
                               "reconnects"));
        }
        const std::vector<Edit> for_agent = {
            [](EnginePool&) {},
            [](EnginePool& p) { p.replicas = 4; },
            [](EnginePool& p) { p.replicas = 0; },
            [](EnginePool& p) { p.engine_template.args = {"--x"}; },
            [](EnginePool& p) {
                p.engine_template.env = {{"A", "b"}};
            },
            [](EnginePool& p) { p.gateways[1].ports.http = 7000; },
            [](EnginePool& p) { p.check_interval = 9s; },
        };
        for (std::size_t i = 0; i < for_agent.size(); ++i) {
            CAPTURE(i);
            EnginePool pool = declared();
            for_agent[i](pool);
            CHECK(pod_mismatch(pool, "gluetun-a", shape) == "");
        }
    }

    TEST_CASE("the sentence says what differs") {
        EnginePool pool = declared();
        pool.engine_template.image = "engine:2";
        CHECK(pod_mismatch(pool, "gluetun-a", shape_for(declared()))
                  .starts_with("the engines of this Pod are of engine:1, not of engine:2: render"));
        pool = declared();
        pool.replicas = 7;
        CHECK(pod_mismatch(pool, "gluetun-a", shape_for(declared()))
                  .starts_with("this Pod has 2 slots for 4 engines: render"));
    }

    TEST_CASE("nothing is said of a Pod that does not tell what it was made for") {
        CHECK(pod_mismatch(declared(), "gluetun-a", {2, "", ""}) == "");
    }

    TEST_CASE("an edit of what the Pod decides outdates no engine") {
        const PodShape shape = shape_for(declared());
        EnginePool before = declared();
        EnginePool after = declared();
        after.engine_template.image = "engine:2";
        after.engine_template.user = "1000";
        after.engine_template.volumes = {"a:/b"};
        after.engine_template.tmpfs = {"/b"};
        after.engine_template.resources = {1, 2, 3};
        leave_to_pod(before, shape);
        leave_to_pod(after, shape);
        CHECK(template_hash(before) == template_hash(after));
        CHECK(after.engine_template.image == "engine:1");
        after.engine_template.args = {"--x"};
        CHECK(template_hash(before) != template_hash(after));
    }
}
