#include "core/host_port.h"

#include <doctest/doctest.h>

#include <optional>
#include <string_view>

using namespace roundhouse;

TEST_CASE("a host and a port, with brackets around IPv6, there and back") {
    struct Row {
        std::string_view text;
        HostPort parts;
    };
    const Row rows[] = {
        {"gluetun:8000", {"gluetun", 8000}},
        {"192.0.2.1:80", {"192.0.2.1", 80}},
        {"[2001:db8::1]:80", {"2001:db8::1", 80}},
        {"[::]:65535", {"::", 65535}},
        {"[fe80::1%eth0]:1", {"fe80::1%eth0", 1}},
        {"127.0.0.1:0", {"127.0.0.1", 0}},
        {":9190", {"", 9190}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_host_port(row.text) == row.parts);
        CHECK(host_port(row.parts.host, row.parts.port) == row.text);
    }
}

TEST_CASE("what is no host and port") {
    for (const std::string_view text : {"",
                                        "gluetun",
                                        "gluetun:",
                                        "gluetun:http",
                                        "gluetun:65536",
                                        "gluetun:-1",
                                        "gluetun:080",
                                        "gluetun:80 ",
                                        "::1:80",
                                        "2001:db8::1",
                                        "[::1]",
                                        "[::1]80",
                                        "[::1:80",
                                        "::1]:80",
                                        "[gluetun]:80",
                                        "[192.0.2.1]:80",
                                        "[]:80",
                                        "[:80",
                                        "[[::1]]:80",
                                        "a[:80",
                                        "a]b:80"}) {
        CAPTURE(text);
        CHECK(parse_host_port(text) == std::nullopt);
    }
}
