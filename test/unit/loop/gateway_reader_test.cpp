// Which control servers are asked, and where.
#include <doctest/doctest.h>

#include <latch>

#include "loop/gateway_reader.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

GatewayReading with_status(VpnStatus status) {
    GatewayReading reading;
    reading.vpn_status = status;
    return reading;
}

GatewaySighting sighting(const std::string& name, const std::string& state = "running") {
    GatewaySighting seen;
    seen.name = name;
    seen.container = GatewayContainer{};
    seen.container->state = state;
    seen.container->running = state == "running";
    seen.container->address = "172.18.0.2";
    return seen;
}

GatewayReading read(const GatewayReading& reading) {
    ScriptedGateways api;
    api.say("gluetun", reading);
    std::vector<GatewaySighting> gateways = {sighting("gluetun")};
    ThreadWorkers workers;
    read_gateways(api, workers, pool_of(1), gateways);
    return gateways.front().reading;
}

// Answers only when as many are asked at the same time as there are gateways.
class AllAtOnce : public GatewayApi {
  public:
    explicit AllAtOnce(std::ptrdiff_t gateways) : together_(gateways) {}
    GatewayReading read(const GatewaySpec&, const std::string&) override {
        together_.arrive_and_wait();
        return with_status(VpnStatus::running);
    }

  private:
    std::latch together_;
};

}  // namespace

TEST_SUITE("gateway reader") {
    TEST_CASE("what was answered is kept, but a key that is not accepted is reported once") {
        GatewayReading reading = with_status(VpnStatus::unknown);
        reading.vpn_detail = "the role lacks a route";
        reading.forwarded_ports.kind = PortsAnswerKind::ports;
        CHECK(read(reading).vpn_detail == "the role lacks a route");
        reading.forwarded_ports.kind = PortsAnswerKind::unauthorized;
        CHECK(read(reading).vpn_detail.empty());
    }

    TEST_CASE("a gateway that does not run, or that the spec does not name, is not asked") {
        ScriptedGateways api;
        std::vector<GatewaySighting> gateways = {sighting("missing"), sighting("stopped", "exited"),
                                                 sighting("paused", "paused"), sighting("old")};
        gateways.front().container.reset();
        gateways.back().declared = false;
        ThreadWorkers workers;
        read_gateways(api, workers, pool_of(1, {"missing", "stopped", "paused", "old"}), gateways);
        CHECK(api.asked().empty());
    }

    TEST_CASE("each is asked at the address of the spec, else at the one that Docker knows") {
        ScriptedGateways api;
        EnginePool pool = pool_of(1, {"a", "b", "c"});
        pool.gateways[1].control_server.address = "localhost";
        std::vector<GatewaySighting> gateways = {sighting("a"), sighting("b"), sighting("c")};
        gateways[2].container->address.clear();
        ThreadWorkers workers;
        read_gateways(api, workers, pool, gateways);
        CHECK(api.asked() ==
              std::map<std::string, std::string>{{"a", "172.18.0.2"}, {"b", "localhost"}});
        CHECK(gateways[2].reading.forwarded_ports.detail ==
              "Docker knows no address of c: name one as controlServer.address");
    }

    TEST_CASE("all are asked at the same time") {
        AllAtOnce api(3);
        std::vector<GatewaySighting> gateways = {sighting("a"), sighting("b"), sighting("c")};
        ThreadWorkers workers;
        read_gateways(api, workers, pool_of(1, {"a", "b", "c"}),
                      gateways);  // else it would never end
        for (const auto& gateway : gateways)
            CHECK(gateway.reading.vpn_status == VpnStatus::running);
    }
}
