// Linux's tables of sockets, as its kernel writes them on a machine whose lowest byte comes first.
#include <doctest/doctest.h>

#include <bit>

#include "edge/system/socket_rows.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

using State = SocketRow::State;

// A row of a viewer at 172.18.0.1:40000 on port 19000, in that state.
std::optional<SocketRow> row_in(const std::string& state,
                                const std::string& timer = "00:00000000") {
    return parse_socket_row("   3: 020012AC:4A38 010012AC:9C40 " + state + " 00000000:00000000 " +
                            timer + " 00000000     0        0 20744477 1 00000000240e5280 100 0");
}

}  // namespace

TEST_SUITE("socket rows") {
    TEST_CASE("a connection: its port, its other end, its state") {
        static_assert(std::endian::native == std::endian::little);
        CHECK(row_in("01") == SocketRow{State::established, 19000, {"172.18.0.1", 40000}});
        for (const char* state : {"04", "05", "08", "09", "0B"}) {
            CAPTURE(state);
            REQUIRE(row_in(state));
            CHECK(row_in(state)->state == State::half_closed);
        }
        // It is not connected yet, or is closed.
        for (const char* state : {"02", "03", "07", "0C", "00", "FF"})
            CHECK_FALSE(row_in(state));
    }

    TEST_CASE("a socket that listens, unless it does so for its own machine alone") {
        const auto listens_at = [](const std::string& address) {
            return parse_socket_row("  0: " + address + ":55F0 00000000:0000 0A 00000000:00000000");
        };
        CHECK(listens_at("00000000") == SocketRow{State::listening, 22000, {}});
        CHECK(listens_at("020012AC") == SocketRow{State::listening, 22000, {}});
        CHECK_FALSE(listens_at("0100007F"));
        const std::string any(32, '0');
        CHECK(listens_at(any) == SocketRow{State::listening, 22000, {}});
        CHECK_FALSE(listens_at("00000000000000000000000001000000"));
    }

    TEST_CASE("how long ago a connection ended, from what is left of its minute") {
        CHECK(row_in("06", "03:00000000")->ended_for == 60s);
        CHECK(row_in("06", "03:00000BB8")->ended_for == 30s);
        CHECK(row_in("06", "03:00001770")->ended_for == 0s);
        CHECK(row_in("06", "03:FFFFFFFF")->ended_for == 0s);
        CHECK(row_in("06", "")->ended_for == 0s);
        CHECK(row_in("06", "03:zz")->ended_for == 0s);
    }

    TEST_CASE("IPv6, and IPv4 within it") {
        const auto six = parse_socket_row(
            "  0: 00000000000000000000000001000000:4A39 B80D0120000000000000000001000000:C350 01 "
            "00000000:00000000 00:00000000 00000000 0 0 1 1 0");
        CHECK(six == SocketRow{State::established, 19001, {"2001:db8::1", 50000}});
        const auto mapped = parse_socket_row(
            "  0: 0000000000000000FFFF0000020012AC:4A38 0000000000000000FFFF0000010012AC:9C40 01 "
            "00000000:00000000 00:00000000 00000000 0 0 1 1 0");
        CHECK(mapped == row_in("01"));
    }

    TEST_CASE("what is no row is none") {
        for (const char* line :
             {"", " ", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when",
              "0: 0100007F:1F90", "0: 0100007F 0100007F 01", "0: :1F90 :1F90 01",
              "0: 0100007F:10000 0100007F:1 01", "0: 0100007G:1F90 0100007F:1 01",
              "0: 0100007F:1F90 0100007F: 01", "0: 0100007F:-1 0100007F:1 01",
              "0: 0100007F00:1F90 0100007F:1 01", "0: 0100007F:1F90 0100007F:1 1x"}) {
            CAPTURE(line);
            CHECK_FALSE(parse_socket_row(line));
        }
    }
}
