// Names and addresses of hosts, as texts.
#include "edge/text/host_name.h"

#include <doctest/doctest.h>

using namespace roundhouse;

TEST_CASE("the host of an authority, however it is written") {
    struct Row {
        std::string authority;
        std::string host;
    };
    const Row rows[] = {
        {"nas", "nas"},
        {"nas:9190", "nas"},
        {"NAS.Local:80", "nas.local"},
        {"nas.local.:80", "nas.local"},
        {"my_pool-1:0", "my_pool-1"},
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:65535", "192.0.2.1"},
        {"[::1]", "::1"},
        {"[2001:DB8::1]:9190", "2001:db8::1"},
        {"127.1", "127.1"},  // a name: no resolver is asked
        {std::string(253, 'a'), std::string(253, 'a')},
    };
    for (const Row& row : rows) {
        CAPTURE(row.authority);
        CHECK(host_of(row.authority) == row.host);
    }
}

TEST_CASE("a host that only its own machine has") {
    for (const std::string host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
        CAPTURE(host);
        CHECK(is_loopback(host));
    }
    for (const std::string host : {"", "nas", "127.example.org", "127.1", "10.0.0.1", "::2"}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback(host));
    }
}

TEST_CASE("what is no authority has no host") {
    const std::string texts[] = {"",
                                 ":",
                                 ":80",
                                 ".",
                                 "..",
                                 "a b",
                                 "a/b",
                                 "a,b",
                                 "user@nas",
                                 "nas:",
                                 "nas:port",
                                 "nas:80:80",
                                 "nas:65536",
                                 "nas:-1",
                                 "nas:080",
                                 "::1",
                                 "::1:9190",
                                 "[::1",
                                 "::1]",
                                 "[::1]80",
                                 "[::1]:x",
                                 "[nas]",
                                 "[]",
                                 "[]:80",
                                 "[fe80::1%1]",
                                 "[::1]nas",
                                 "nas\t",
                                 " nas",
                                 "n\xc3\xa4s",
                                 "a%2eb",
                                 "a#b",
                                 "a?b",
                                 "http://a",
                                 "[192.0.2.1]",
                                 std::string(254, 'a'),
                                 std::string("127.0.0.1\0", 10),
                                 std::string("nas\0x", 5)};
    for (const std::string& text : texts) {
        CAPTURE(text);
        CHECK(host_of(text) == std::nullopt);
    }
}

TEST_CASE("an IP address is one as it is written, not as a resolver would read it") {
    for (const char* text :
         {"127.0.0.1", "0.0.0.0", "::", "::1", "2001:db8::1", "::ffff:192.0.2.1"})
        CHECK(is_ip_address(text));
    for (const char* text : {"", "127.1", "127.0.0.1.", "0x7f.0.0.1", "127.0.0.01", "2130706433",
                             "[::1]", "fe80::1%lo", "localhost", "1.2.3.4.evil.example"})
        CHECK_FALSE(is_ip_address(text));
}
