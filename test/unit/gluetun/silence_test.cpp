// A control server that gives no reply: the networks are named only if they are the cause.
#include "edge/gluetun/silence.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/gluetun/help.h"

using namespace roundhouse;

TEST_CASE("networks are named only to a roundhouse that is on none of the gateway's") {
    const std::vector<OwnNetwork> own{{"127.0.0.1", 8}, {"172.20.0.3", 16}};
    CHECK(advice_on_silence("172.20.0.2", own, "see its log") == "see its log");
    CHECK(advice_on_silence("127.0.0.1", own, "see its log") == "see its log");
    const std::string apart = advice_on_silence("172.18.0.2", own, "see its log");
    CHECK(mentions(apart, "is not on the network of that address (it has 172.20.0.3)"));
    CHECK(mentions(apart, "controlServer.address"));
    CHECK_FALSE(mentions(apart, "see its log"));
    CHECK(mentions(advice_on_silence("172.18.0.2", {{"127.0.0.1", 8}}, ""), "no address but"));
    // Nothing is said of what is not known.
    CHECK(advice_on_silence("172.18.0.2", {}, "see its log") == "see its log");
}

TEST_CASE("a port on which nobody listens is no matter of networks") {
    const auto reading = read(gateway_at(1));
    CHECK(mentions(reading.forwarded_ports.detail, "nothing listens there"));
    CHECK_FALSE(mentions(reading.forwarded_ports.detail, "network"));
    CHECK(reading.is_on_its_network);
}
