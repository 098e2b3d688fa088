// What control servers say becomes part of the observation: readiness, and who is asked where.
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

GatewayView read(const GatewayReading& reading, GatewayState state = GatewayState::ready) {
    ScriptedGateways api;
    api.say("gluetun", reading);
    std::vector<GatewayView> gateways = {gateway("gluetun", state)};
    ThreadWorkers workers;
    read_gateways(api, workers, pool_of(1), gateways);
    return gateways.front();
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
    TEST_CASE("a healthy gateway is ready when its VPN runs, or when nobody can say") {
        struct Row {
            VpnStatus status;
            GatewayState state;
            std::string detail;
        };
        const std::vector<Row> rows = {
            {VpnStatus::running, GatewayState::ready, ""},
            {VpnStatus::unknown, GatewayState::ready, ""},
            {VpnStatus::starting, GatewayState::starting, "is starting its VPN"},
            {VpnStatus::stopping, GatewayState::unhealthy, "is stopping its VPN"},
            {VpnStatus::stopped, GatewayState::unhealthy, "runs, but its VPN is stopped"},
            {VpnStatus::crashed, GatewayState::unhealthy, "runs, but its VPN has crashed"},
            {VpnStatus::completed, GatewayState::unhealthy, "runs, but its VPN has ended"},
        };
        for (const auto& row : rows) {
            CAPTURE(static_cast<int>(row.status));
            const GatewayView view = read(with_status(row.status));
            CHECK(view.state == row.state);
            CHECK(view.detail == row.detail);
            CHECK(view.vpn_status == row.status);
        }
    }

    TEST_CASE("a running VPN does not make up for what Docker says") {
        for (const auto state : {GatewayState::starting, GatewayState::unhealthy}) {
            const GatewayView view = read(with_status(VpnStatus::running), state);
            CHECK(view.state == state);
            CHECK(view.detail == "is not ready");
            CHECK(view.vpn_status == VpnStatus::running);
        }
    }

    TEST_CASE("that the status is not told is passed on, but not beside a key that opens nothing") {
        GatewayReading reading = with_status(VpnStatus::unknown);
        reading.vpn_detail = "the role lacks a route";
        reading.forwarded_ports.kind = PortsAnswerKind::ports;
        CHECK(read(reading).vpn_detail == "the role lacks a route");
        reading.forwarded_ports.kind = PortsAnswerKind::unauthorized;
        CHECK(read(reading).vpn_detail.empty());
    }

    TEST_CASE("who does not run, or is declared no longer, is not asked") {
        ScriptedGateways api;
        std::vector<GatewayView> gateways = {
            gateway("missing", GatewayState::missing), gateway("stopped", GatewayState::stopped),
            gateway("paused", GatewayState::paused), gateway("old")};
        gateways.back().declared = false;
        ThreadWorkers workers;
        read_gateways(api, workers, pool_of(1, {"missing", "stopped", "paused"}), gateways);
        CHECK(api.asked().empty());
    }

    TEST_CASE("each is asked at the address of the spec, else at the one that Docker knows") {
        ScriptedGateways api;
        EnginePool pool = pool_of(1, {"a", "b", "c"});
        pool.gateways[1].control_server.address = "localhost";
        std::vector<GatewayView> gateways = {gateway("a"), gateway("b"), gateway("c")};
        gateways[2].address.clear();
        ThreadWorkers workers;
        read_gateways(api, workers, pool, gateways);
        CHECK(api.asked() ==
              std::map<std::string, std::string>{{"a", "172.18.0.2"}, {"b", "localhost"}});
        CHECK(gateways[2].state == GatewayState::ready);
        CHECK(gateways[2].forwarded.detail ==
              "Docker knows no address of c: name one as controlServer.address");
    }

    TEST_CASE("all are asked at the same time") {
        AllAtOnce api(3);
        std::vector<GatewayView> gateways = {gateway("a"), gateway("b"), gateway("c")};
        ThreadWorkers workers;
        read_gateways(api, workers, pool_of(1, {"a", "b", "c"}),
                      gateways);  // else it would never end
        for (const auto& view : gateways)
            CHECK(view.vpn_status == VpnStatus::running);
    }
}
