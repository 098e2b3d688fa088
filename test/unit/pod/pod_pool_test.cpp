#include "edge/pod/pod_pool.h"

#include <doctest/doctest.h>

#include <string>

#include "edge/spec/manifest.h"

using namespace roundhouse;

namespace {

EnginePool pool_from(const std::string& fields) {
    const Manifest manifest =
        parse_manifest({{"engines.yaml",
                         "apiVersion: roundhouse/v1\nkind: EnginePool\n"
                         "metadata: {name: acestream}\nspec:\n  replicas: 5\n" +
                             fields}},
                       {});
    REQUIRE_MESSAGE(manifest.pool, (manifest.errors.empty() ? "" : manifest.errors[0].message));
    return *manifest.pool;
}

constexpr const char* two_gateways = R"yaml(
  gateways:
    - gluetun-a
    - {container: gluetun-b, host: b.lan, controlServer: {address: 10.0.0.7, port: 8100}}
  template: {image: "engine:1", command: [/engine], args: ["--port=$(HTTP_PORT)", "$(P2P_PORT)"]
}
)yaml";

std::string refusal(const std::string& fields, const std::string& gateway) {
    const auto pool = pool_of_pod(pool_from(fields), gateway, 3);
    REQUIRE_FALSE(pool.ok());
    CHECK(pool.fault().kind == FaultKind::rejected);
    return pool.fault().message;
}

}  // namespace

TEST_CASE("a Pod sees its gateway, its share and its slots") {
    const auto first = pool_of_pod(pool_from(two_gateways), "gluetun-a", 8);
    REQUIRE(first.ok());
    CHECK(first.value().replicas == 3);
    CHECK(first.value().max_active_replicas == 8);
    CHECK(first.value().in_pod);
    const auto second = pool_of_pod(pool_from(two_gateways), "gluetun-b", 1);
    REQUIRE(second.ok());
    CHECK(second.value().replicas == 2);
    CHECK(second.value().max_active_replicas == 1);
    REQUIRE(second.value().gateways.size() == 1);
    const GatewaySpec& gateway = second.value().gateways[0];
    CHECK(gateway.container == "gluetun-b");
    CHECK(gateway.host == "b.lan");
    CHECK(gateway.control_server.port == 8100);
    CHECK(gateway.control_server.address.empty());
}

TEST_CASE("what a Pod cannot run is refused in words that say what to change") {
    CHECK(refusal(two_gateways, "gluetun-c").find("gluetun-c, which this agent serves") !=
          std::string::npos);
    CHECK(refusal("  network: media\n", "gluetun").starts_with("spec.network: "));
    CHECK(refusal("  gateways: [gluetun]\n  template: {image: \"engine:1\"}\n", "gluetun")
              .starts_with("spec.template.command: "));
}
