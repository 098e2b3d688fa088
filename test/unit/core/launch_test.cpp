// What Docker is asked to create for an engine.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "core/launch.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

bool has(const std::vector<std::string>& texts, const std::string& text) {
    return std::ranges::find(texts, text) != texts.end();
}

}  // namespace

TEST_SUITE("launch") {
    TEST_CASE("references are expanded as Kubernetes does it") {
        const KeyValues known = {{"A", "1"}, {"B", "$(A)"}, {"A", "2"}};
        const std::vector<std::pair<std::string, std::string>> rows = {
            {"", ""},          {"plain", "plain"}, {"$(A)", "2"},        {"x$(A)y$(A)", "x2y2"},
            {"$(B)", "$(A)"},  {"$(C)", "$(C)"},   {"$$(A)", "$(A)"},    {"$$$(A)", "$2"},
            {"$", "$"},        {"$(A", "$(A"},     {"$()", "$()"},       {"a $ b", "a $ b"},
            {"$(A)$(", "2$("}, {"$$", "$"},        {"100%$(A)", "100%2"}};
        for (const auto& row : rows) {
            CAPTURE(row.first);
            CHECK(expand_references(row.first, known) == row.second);
        }
    }

    TEST_CASE("an engine behind a gateway joins its namespace by id and publishes nothing") {
        const EnginePool pool = pool_of(1);
        const EngineRequest request = make_engine_request(pool, placement_in(pool, 2));
        CHECK(request.name == "acestream-2");
        CHECK(request.network_mode == "container:" + gateway_id("gluetun"));
        CHECK(request.published_tcp_ports.empty());
        CHECK(request.published_udp_ports.empty());
    }

    TEST_CASE("with gateways declared no request can leave their namespace") {
        const EnginePool pool = pool_of(1);
        Placement nowhere = placement_in(pool, 0);
        nowhere.incarnation = {};
        CHECK(make_engine_request(pool, nowhere).network_mode == "container:");
    }

    TEST_CASE("without gateways the HTTP port is published on the host, P2P if asked") {
        EnginePool pool = pool_without_gateways(1);
        EngineRequest request = make_engine_request(pool, placement_in(pool, 1));
        CHECK(request.network_mode == "bridge");
        CHECK(request.published_tcp_ports == std::vector<int>{19001});
        CHECK(request.published_udp_ports.empty());
        CHECK(request.publish_address.empty());
        const std::string hash = template_hash(pool);
        CHECK(hash == "05160a9dfec54eb2");  // as engines of earlier versions carry it
        pool.publish_p2p = true;
        CHECK(template_hash(pool) != hash);
        pool.publish = "127.0.0.1";
        request = make_engine_request(pool, placement_in(pool, 1));
        CHECK(request.published_tcp_ports == std::vector<int>{19001, 22001});
        CHECK(request.published_udp_ports == std::vector<int>{22001});
        CHECK(request.publish_address == "127.0.0.1");
        pool.publish_p2p = false;
        CHECK(template_hash(pool) != hash);
    }

    TEST_CASE("clients dial the gateway's host, the engine's name or this machine") {
        EnginePool pool = pool_of(1, {"a", "b"});
        pool.gateways[1].host = "vpn.example";
        CHECK(host_of(pool, "a", "acestream-0") == "a");
        CHECK(host_of(pool, "b", "acestream-0") == "vpn.example");
        pool = pool_without_gateways(1);
        CHECK(host_of(pool, "", "acestream-0") == "127.0.0.1");
        pool.publish = "0.0.0.0";
        CHECK(host_of(pool, "", "acestream-0") == "127.0.0.1");
        pool.publish = "192.168.1.5";
        CHECK(host_of(pool, "", "acestream-0") == "192.168.1.5");
        pool.network = "media";
        CHECK(host_of(pool, "", "acestream-0") == "acestream-0");
    }

    TEST_CASE("every engine gets its ports as variables, and the template may use them") {
        EnginePool pool = pool_of(1);
        pool.engine_template.env = {{"URL", "http://$(GATEWAY):$(HTTP_PORT)"}, {"BOTH", "$(URL)!"}};
        pool.engine_template.args = {"--port=$(P2P_PORT)", "--name=$(ENGINE)"};
        pool.engine_template.volumes = {"cache-$(SLOT):/cache"};
        pool.engine_template.tmpfs = {"/dev/shm:size=256m", "/run"};
        const EngineRequest request = make_engine_request(pool, placement_in(pool, 3));
        for (const char* variable :
             {"HTTP_PORT=19003", "HTTPS_PORT=20003", "API_PORT=21003", "P2P_PORT=22003",
              "BIND_ALL=true", "URL=http://gluetun:19003", "BOTH=http://gluetun:19003!"}) {
            CAPTURE(variable);
            CHECK(has(request.env, variable));
        }
        CHECK(request.env.size() == 7);
        CHECK(request.command == std::vector<std::string>{"--port=22003", "--name=acestream-3"});
        CHECK(request.binds == std::vector<std::string>{"cache-3:/cache"});
        CHECK(request.tmpfs == KeyValues{{"/dev/shm", "size=256m"}, {"/run", ""}});
    }

    TEST_CASE("what a later round must know is in the labels") {
        EnginePool pool = pool_of(1);
        pool.engine_template.labels = {{"team", "tv"}};
        Placement placement = placement_in(pool, 4);
        placement.failures = 3;
        const EngineRequest request = make_engine_request(pool, placement);
        const std::map<std::string, std::string> labels(request.labels.begin(),
                                                        request.labels.end());
        const std::map<std::string, std::string> expected = {
            {"team", "tv"},
            {"com.centurylinklabs.watchtower.enable", "false"},
            {"wud.watch", "false"},
            {"roundhouse.pool", "acestream"},
            {"roundhouse.slot", "4"},
            {"roundhouse.gateway", "gluetun"},
            {"roundhouse.gateway-id", gateway_id("gluetun")},
            {"roundhouse.gateway-started-at", "started-1"},
            {"roundhouse.template-hash", template_hash(pool)},
            {"roundhouse.http-port", "19004"},
            {"roundhouse.https-port", "20004"},
            {"roundhouse.api-port", "21004"},
            {"roundhouse.p2p-port", "22004"},
            {"roundhouse.followed-port", "false"},
            {"roundhouse.forwarded", "false"},
            {"roundhouse.failures", "3"},
        };
        CHECK(labels == expected);
    }

    TEST_CASE("a template may open engines to updaters, and engines made before stay up to date") {
        EnginePool pool = pool_of(1);
        const std::string hash = template_hash(pool);
        pool.engine_template.labels = {{"wud.watch", "true"}};
        const KeyValues labels = make_engine_request(pool, placement_in(pool, 0)).labels;
        CHECK(std::ranges::count(labels, "wud.watch", &KeyValues::value_type::first) == 1);
        CHECK(std::ranges::count(labels, KeyValues::value_type{"wud.watch", "true"}) == 1);
        CHECK(std::ranges::count(
                  labels,
                  KeyValues::value_type{"com.centurylinklabs.watchtower.enable", "false"}) == 1);
        CHECK(template_hash(pool) != hash);
        // The hash of a template without labels, as engines of earlier versions carry it.
        CHECK(hash == "acdccde1a8c83ee9");
    }

    TEST_CASE("the variables that a template may refer to begin with those of the environment") {
        const auto names = engine_variable_names();
        const EnginePool pool = pool_of(1);
        const auto env = make_engine_request(pool, placement_in(pool, 0)).env;
        REQUIRE(env.size() == exported_variables);
        for (std::size_t i = 0; i < env.size(); ++i)
            CHECK(env[i].starts_with(names[i] + "="));
        CHECK(has(names, "SLOT"));
    }

    TEST_CASE("the log of an engine is shown by whoever runs its container") {
        EnginePool pool;
        CHECK(log_command(pool, "acestream-2", 2) == "docker logs acestream-2");
        pool.in_pod = true;
        CHECK(log_command(pool, "acestream-2", 2) == "kubectl logs -c engine-2");
    }
}
