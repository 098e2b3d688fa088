#include "edge/system/own_networks.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace roundhouse;

TEST_SUITE("own networks") {
    TEST_CASE("a network holds the addresses that share its prefix") {
        struct Row {
            OwnNetwork network;
            const char* ip;
            bool held;
        };
        const Row rows[] = {
            {{"172.18.0.5", 16}, "172.18.255.2", true},  {{"172.18.0.5", 16}, "172.19.0.2", false},
            {{"10.0.0.5", 30}, "10.0.0.6", true},        {{"10.0.0.5", 30}, "10.0.0.8", false},
            {{"10.0.0.5", 32}, "10.0.0.5", true},        {{"10.0.0.5", 32}, "10.0.0.4", false},
            {{"10.0.0.5", 0}, "192.0.2.1", true},        {{"fd00:1::5", 64}, "fd00:1::9", true},
            {{"fd00:1::5", 64}, "fd00:1:0:1::9", false}, {{"fd00:1::5", 0}, "192.0.2.1", false},
            {{"10.0.0.5", 0}, "gluetun", false},         {{"", 0}, "10.0.0.5", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.network.address);
            CAPTURE(row.ip);
            CHECK(holds(row.network, row.ip) == row.held);
        }
    }

    TEST_CASE("every process is on the loopback network") {
        const auto networks = own_networks();
        const auto loopback = std::ranges::find(networks, "127.0.0.1", &OwnNetwork::address);
        REQUIRE(loopback != networks.end());
        CHECK(loopback->prefix_length == 8);
    }
}
