// The client against everything that can be wrong with the stand-in Gluetun: one of the closed set
// of answers, in a bounded time, and a good answer as soon as it is mended.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "unit/gluetun/gateway_process.h"
#include "unit/gluetun/help.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

using std::chrono::steady_clock;
using enum PortsAnswerKind;

constexpr Duration whole_deadline = 10s;    // for what is not about time: it ends long before
constexpr Duration short_deadline = 300ms;  // for what lasts until the deadline

GatewayProcess::Environment open_gluetun(const std::string& profile) {
    return {{"GLUETUN_PROFILE", profile}, {"GLUETUN_ROUTES", "all"}, {"GLUETUN_PORTS", "40001"}};
}

struct FaultRow {
    std::string word;
    PortsAnswerKind kind;
    std::string detail;
    Duration deadline = whole_deadline;
};

const FaultRow faults[] = {
    {"refuse", unreachable, "nothing listens there"},
    {"hang", unreachable, "no whole reply within 300ms", short_deadline},
    {"drip", unreachable, "no whole reply within 300ms", short_deadline},
    {"drop", unreachable, "does not answer"},
    {"huge", malformed, "more than 64 KiB"},
    {"garbage", malformed, "no JSON object"},
    {"noise", malformed, "no whole HTTP reply"},
    {"204", malformed, "HTTP 204"},
    {"400", unsupported, "neither /v1/portforward nor /v1/openvpn/portforwarded"},
    {"401", unauthorized, "controlServer.apiKeyFile"},
    {"403", unauthorized, "controlServer.apiKeyFile"},
    {"404", unsupported, "neither /v1/portforward nor /v1/openvpn/portforwarded"},
    {"405", unsupported, "neither /v1/portforward nor /v1/openvpn/portforwarded"},
    {"429", malformed, "HTTP 429"},
    {"500", malformed, "HTTP 500"},
    {"503", malformed, "HTTP 503"},
    {"redirect /v1/portforward", malformed, "again and again"},
    {"redirect /v1/vpn/status", malformed, "again and again"},
    {"redirect /100%", malformed, "again and again"},
    {"redirect http://192.0.2.9/v1/portforward", malformed, "another server"},
    {"redirect //192.0.2.9/v1/portforward", malformed, "another server"},
    {"redirect https://127.0.0.1/v1/portforward", malformed, "another server"},
    {"redirect v1/portforward", malformed, "another server"},
    {"redirect /{v1}|portforward", malformed, "another server"},
    {"redirect ", malformed, "another server"},
};

void check_fault(const GatewayProcess& gluetun, const FaultRow& fault) {
    gluetun.steer("/fault", fault.word);
    const auto begun = steady_clock::now();
    const auto reading = read(gateway_at(gluetun.port()), fault.deadline);
    const auto took = steady_clock::now() - begun;
    CHECK(reading.forwarded_ports.kind == fault.kind);
    CHECK(reading.forwarded_ports.ports.empty());
    CHECK_MESSAGE(mentions(reading.forwarded_ports.detail, fault.detail),
                  reading.forwarded_ports.detail);
    CHECK(reading.vpn_status == VpnStatus::unknown);
    CHECK(reading.public_ip == std::nullopt);
    CHECK(took < (fault.deadline == short_deadline ? 2s : whole_deadline / 2));
}

void check_mended(const GatewayProcess& gluetun) {
    gluetun.steer("/fault", "none");
    const auto reading = read(gateway_at(gluetun.port()), whole_deadline);
    CHECK(reading.forwarded_ports == ForwardedPortsAnswer{ports, {40001}, ""});
    CHECK(reading.vpn_status == VpnStatus::running);
    CHECK(reading.public_ip == "192.0.2.1");
}

}  // namespace

TEST_CASE("every fault, in every release, is one of the answers; after it all is reported again") {
    for (const std::string profile : {"v3.38", "v3.40", "v3.41", "master"}) {
        const GatewayProcess gluetun(open_gluetun(profile));
        for (const FaultRow& fault : faults) {
            CAPTURE(profile);
            CAPTURE(fault.word);
            check_fault(gluetun, fault);
            check_mended(gluetun);
        }
    }
}

TEST_CASE("what is wrong with one route takes nothing from the others") {
    const GatewayProcess gluetun(open_gluetun("v3.41"));
    for (const FaultRow& fault : faults) {
        if (fault.word == "refuse") continue;  // the port is closed, for all routes
        CAPTURE(fault.word);
        const auto read_with_fault_at = [&](const std::string& path) {
            gluetun.steer("/fault" + path, fault.word);
            return read(gateway_at(gluetun.port()), fault.deadline);
        };
        const auto no_status = read_with_fault_at("/v1/vpn/status");
        CHECK(no_status.forwarded_ports.kind == ports);
        CHECK(no_status.public_ip == "192.0.2.1");

        const auto no_ip = read_with_fault_at("/v1/publicip/ip");
        CHECK(no_ip.forwarded_ports.kind == ports);
        CHECK(no_ip.vpn_status == VpnStatus::running);
        CHECK(no_ip.public_ip == std::nullopt);

        const auto no_ports = read_with_fault_at("/v1/portforward");
        CHECK(no_ports.forwarded_ports.kind != ports);
        CHECK(no_ports.vpn_status == VpnStatus::running);
        CHECK(no_ports.public_ip == "192.0.2.1");
    }
}
