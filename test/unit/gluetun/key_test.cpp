// Keys and passwords: read at each use, sent to Gluetun only, repeated nowhere.
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "edge/gluetun/client.h"
#include "unit/gluetun/help.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("the key is read at each use, and sent again after a redirect") {
    const TemporaryFolder folder;
    const std::string file = folder.path() + "/key";
    const FakeGluetun gluetun([](const std::string& request) {
        if (!mentions(request, "X-API-Key: second\r\n")) return http_reply(401, "Unauthorized\n");
        if (path_of(request) == "/v1/portforward") return redirect_to("/v2/portforward");
        return http_reply(200, "{\"port\":40001}\n");
    });
    auto gateway = gateway_at(gluetun.port());
    gateway.control_server.api_key_file = file;
    GluetunClient client;

    write_file(file, "sesame\n");
    const auto refused = client.read(gateway, "127.0.0.1").forwarded_ports;
    CHECK(refused.kind == PortsAnswerKind::unauthorized);
    CHECK(mentions(refused.detail, "compare it with Gluetun's"));
    CHECK_FALSE(mentions(refused.detail, "sesame"));

    write_file(file, "second\r\n");
    const auto accepted = client.read(gateway, "127.0.0.1").forwarded_ports;
    CHECK(accepted.ports == std::vector<int>{40001});
    CHECK(mentions(gluetun.request_for("/v2/portforward"), "X-API-Key: second\r\n"));
    CHECK(mentions(gluetun.request_for("/v1/vpn/status"), "X-API-Key: second\r\n"));
}

TEST_CASE("basic authentication") {
    const TemporaryFolder folder;
    const FakeGluetun gluetun(good_replies());
    auto gateway = gateway_at(gluetun.port());
    gateway.control_server.username = "aladdin";
    gateway.control_server.password_file = folder.path() + "/password";
    write_file(gateway.control_server.password_file, "opensesame");
    CHECK(read(gateway).forwarded_ports.kind == PortsAnswerKind::ports);
    CHECK(mentions(gluetun.request_for("/v1/portforward"),
                   "Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l\r\n"));
}

TEST_CASE("a key that cannot be used is never sent: nothing is asked") {
    const TemporaryFolder folder;
    const FakeGluetun gluetun(good_replies());
    auto gateway = gateway_at(gluetun.port());
    const std::string file = folder.path() + "/key";
    gateway.control_server.api_key_file = file;

    struct Row {
        std::string text;
        std::string complaint;
    };
    const Row rows[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"open\nsesame", "control character"},
        {"open\r\nX-Other: sesame", "control character"},
        {std::string("open\0sesame", 11), "control character"},
        {std::string(5000, 's'), "longer than 4 KiB"},
    };
    CHECK(mentions(read(gateway).forwarded_ports.detail, "No such file"));
    for (const auto& row : rows) {
        CAPTURE(row.complaint);
        write_file(file, row.text);
        const auto answer = read(gateway).forwarded_ports;
        CHECK(answer.kind == PortsAnswerKind::unauthorized);
        CHECK(mentions(answer.detail, file));
        CHECK(mentions(answer.detail, row.complaint));
        CHECK_FALSE(mentions(answer.detail, "sesame"));
    }
    gateway.control_server.api_key_file = folder.path();
    CHECK(mentions(read(gateway).forwarded_ports.detail, "is a folder: Docker makes one"));
    CHECK(gluetun.connections() == 0);
}

TEST_CASE("a redirect to another server is not followed: the key stays here") {
    const TemporaryFolder folder;
    const FakeGluetun other(good_replies());
    const FakeGluetun gluetun([&](const std::string&) {
        return redirect_to("http://127.0.0.1:" + std::to_string(other.port()) + "/v1/portforward");
    });
    auto gateway = gateway_at(gluetun.port());
    gateway.control_server.api_key_file = folder.path() + "/key";
    write_file(gateway.control_server.api_key_file, "sesame");
    const auto answer = read(gateway).forwarded_ports;
    CHECK(answer.kind == PortsAnswerKind::malformed);
    CHECK(mentions(answer.detail, "another server"));
    CHECK(other.connections() == 0);
}

TEST_CASE("a server that repeats the key does not get it into a message") {
    const TemporaryFolder folder;
    const std::string replies[] = {
        http_reply(200, "sesame"),
        http_reply(200, "{\"port\":\"sesame\"}"),
        http_reply(200, "{\"sesame\":1}"),
        http_reply(401, "sesame"),
        http_reply(500, "sesame"),
        redirect_to("/sesame"),
        redirect_to("http://sesame/"),
        "HTTP/1.1 sesame sesame\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: sesame\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsesame\r\n",
    };
    for (const auto& reply : replies) {
        CAPTURE(reply);
        const FakeGluetun gluetun([&](const std::string&) { return reply; });
        auto gateway = gateway_at(gluetun.port());
        gateway.control_server.api_key_file = folder.path() + "/key";
        write_file(gateway.control_server.api_key_file, "sesame");
        const auto reading = read(gateway, 300ms);
        CHECK(reading.forwarded_ports.kind != PortsAnswerKind::ports);
        CHECK_FALSE(reading.forwarded_ports.detail.empty());
        CHECK_FALSE(mentions(reading.forwarded_ports.detail, "sesame"));
        CHECK(reading.public_ip == std::nullopt);
    }
}
