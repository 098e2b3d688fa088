// The client against the stand-in Gluetun of every release: ports, VPN, public IP, and who may ask.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "unit/gluetun/gateway_process.h"
#include "unit/gluetun/help.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;

namespace {

using Ports = std::vector<int>;

const std::vector<std::string> profiles{"v3.38", "v3.40", "v3.41", "master"};

// Every client may ask for everything, in every release.
GatewayProcess::Environment open_to_all(const std::string& profile) {
    return {{"GLUETUN_PROFILE", profile}, {"GLUETUN_ROUTES", "all"}, {"GLUETUN_PORTS", "40001"}};
}

// The spec's ways to log in, with the secret in a file.
enum class Login { none, key, wrong_key, password, wrong_password, wrong_user };

const std::vector<Login> all_logins{Login::none,           Login::key,
                                    Login::wrong_key,      Login::password,
                                    Login::wrong_password, Login::wrong_user};

bool contains(const std::vector<Login>& logins, Login login) {
    return std::find(logins.begin(), logins.end(), login) != logins.end();
}

bool is_basic(Login login) {
    return login == Login::password || login == Login::wrong_password || login == Login::wrong_user;
}

GatewaySpec gateway_with(int port, Login login, const TemporaryFolder& folder) {
    GatewaySpec gateway = gateway_at(port);
    if (login == Login::none) return gateway;
    const std::string file = folder.path() + "/secret";
    const bool right = login != Login::wrong_key && login != Login::wrong_password;
    std::ofstream(file, std::ios::trunc) << (right ? "open:sesame\n" : "open:barley\n");
    if (is_basic(login)) {
        gateway.control_server.username = login == Login::wrong_user ? "cassim" : "aladdin";
        gateway.control_server.password_file = file;
    } else {
        gateway.control_server.api_key_file = file;
    }
    return gateway;
}

void check_all_is_reported(const GatewayReading& reading) {
    CHECK(reading.forwarded_ports == ForwardedPortsAnswer{PortsAnswerKind::ports, {40001}, ""});
    CHECK(reading.vpn_status == VpnStatus::running);
    CHECK(reading.public_ip == "192.0.2.1");
}

void check_nothing_is_reported(const GatewayReading& reading) {
    CHECK(reading.forwarded_ports.kind == PortsAnswerKind::unauthorized);
    CHECK(reading.forwarded_ports.ports.empty());
    CHECK(mentions(reading.forwarded_ports.detail, "/gluetun/auth/config.toml"));
    for (const char* secret : {"sesame", "barley", "aladdin", "cassim"}) {
        CHECK_FALSE(mentions(reading.forwarded_ports.detail, secret));
    }
    CHECK(reading.vpn_status == VpnStatus::unknown);
    CHECK(reading.public_ip == std::nullopt);
}

}  // namespace

TEST_CASE("every release reports what is forwarded") {
    struct Row {
        std::string steered;
        Ports ports;
    };
    const Row rows[] = {
        {"null", {}}, {"", {}}, {"0", {}}, {"40001", {40001}}, {"40002,40001", {40001, 40002}}};
    for (const auto& profile : profiles) {
        const GatewayProcess gluetun(open_to_all(profile));
        for (const auto& row : rows) {
            CAPTURE(profile);
            CAPTURE(row.steered);
            gluetun.steer("/ports", row.steered);
            const auto answer = read(gateway_at(gluetun.port())).forwarded_ports;
            // v3.38 knows one port and no more.
            const bool one_of_two = profile == "v3.38" && row.ports.size() == 2;
            CHECK(answer.ports == (one_of_two ? Ports{40001} : row.ports));
            CHECK(answer.kind ==
                  (row.ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports));
        }
    }
}

TEST_CASE("each release is asked no more than it takes") {
    struct Row {
        std::string profile;
        std::string asked_for_ports;
    };
    const std::string old_route = "\"GET /v1/openvpn/portforwarded 200\":1";
    const Row rows[] = {
        {"v3.38", old_route + ",\"GET /v1/portforward 400\":1"},
        {"v3.40", old_route + ",\"GET /v1/portforward 401\":1"},
        {"v3.41", "\"GET /v1/portforward 200\":1"},
        {"master", "\"GET /v1/portforward 200\":1"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.profile);
        const GatewayProcess gluetun(open_to_all(row.profile));
        check_all_is_reported(read(gateway_at(gluetun.port())));
        CHECK(gluetun.requests() ==
              "{" + row.asked_for_ports +
                  ",\"GET /v1/publicip/ip 200\":1,\"GET /v1/vpn/status 200\":1}\n");
    }
}

TEST_CASE(
    "every release reports the VPN's status; without a VPN there is no port and no public IP") {
    struct Row {
        std::string word;
        VpnStatus meaning;
    };
    const Row rows[] = {
        {"starting", VpnStatus::starting},   {"stopping", VpnStatus::stopping},
        {"stopped", VpnStatus::stopped},     {"crashed", VpnStatus::crashed},
        {"completed", VpnStatus::completed}, {"dancing", VpnStatus::unknown},
    };
    for (const auto& profile : profiles) {
        CAPTURE(profile);
        const GatewayProcess gluetun(open_to_all(profile));
        for (const auto& row : rows) {
            CAPTURE(row.word);
            gluetun.steer("/vpn", row.word);
            const auto reading = read(gateway_at(gluetun.port()));
            CHECK(reading.vpn_status == row.meaning);
            CHECK(reading.forwarded_ports.kind == PortsAnswerKind::none);
            CHECK(reading.public_ip == "");
        }
        gluetun.steer("/vpn", "running");
        check_all_is_reported(read(gateway_at(gluetun.port())));
    }
}

TEST_CASE("every release reports the public IP, or that it does not know it") {
    for (const auto& profile : profiles) {
        const GatewayProcess gluetun(open_to_all(profile));
        for (const std::string ip : {"198.51.100.7", "2001:db8::7", ""}) {
            CAPTURE(profile);
            gluetun.steer("/publicip", ip);
            CHECK(read(gateway_at(gluetun.port())).public_ip == ip);
        }
    }
}

TEST_CASE("who may ask, in every release and with every login") {
    const TemporaryFolder folder;
    struct Row {
        std::string role;
        std::vector<Login> let_in;
    };
    const Row rows[] = {
        {"none", all_logins},
        {"apikey open:sesame", {Login::key}},
        {"basic aladdin:open:sesame", {Login::password}},
    };
    for (const auto& profile : profiles) {
        const GatewayProcess gluetun(open_to_all(profile));
        for (const auto& row : rows) {
            gluetun.steer("/auth", row.role);
            for (const Login login : all_logins) {
                CAPTURE(profile);
                CAPTURE(row.role);
                CAPTURE(static_cast<int>(login));
                const auto reading = read(gateway_with(gluetun.port(), login, folder));
                const bool may = profile == "v3.38" || contains(row.let_in, login);
                may ? check_all_is_reported(reading) : check_nothing_is_reported(reading);
            }
        }
    }
}

TEST_CASE("without any role all releases are open, and master is shut") {
    const TemporaryFolder folder;
    for (const auto& profile : profiles) {
        const GatewayProcess gluetun({{"GLUETUN_PROFILE", profile}, {"GLUETUN_PORTS", "40001"}});
        for (const Login login : all_logins) {
            CAPTURE(profile);
            CAPTURE(static_cast<int>(login));
            const auto reading = read(gateway_with(gluetun.port(), login, folder));
            profile == "master" ? check_nothing_is_reported(reading)
                                : check_all_is_reported(reading);
        }
    }
}

TEST_CASE("a role opens the routes that it names, and no others") {
    const TemporaryFolder folder;
    const std::string others = "GET /v1/vpn/status,GET /v1/publicip/ip";
    struct Row {
        std::string profile;
        std::string route;
    };
    const Row rows[] = {
        {"v3.40", "GET /v1/openvpn/portforwarded"},
        {"v3.41", "GET /v1/portforward"},
        {"master", "GET /v1/portforward"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.profile);
        const GatewayProcess gluetun({{"GLUETUN_PROFILE", row.profile},
                                      {"GLUETUN_PORTS", "40001"},
                                      {"GLUETUN_API_KEY", "open:sesame"}});
        const auto gateway = gateway_with(gluetun.port(), Login::key, folder);
        gluetun.steer("/routes", row.route);
        const auto only_port = read(gateway);
        CHECK(only_port.forwarded_ports.ports == Ports{40001});
        CHECK(only_port.vpn_status == VpnStatus::unknown);
        CHECK(only_port.public_ip == std::nullopt);

        gluetun.steer("/routes", others);
        const auto no_port = read(gateway);
        CHECK(no_port.forwarded_ports.kind == PortsAnswerKind::lacks_route);
        CHECK(mentions(no_port.forwarded_ports.detail, row.route));
        CHECK(no_port.vpn_status == VpnStatus::running);
        CHECK(no_port.public_ip == "192.0.2.1");
    }
}

TEST_CASE("a role for the old route alone leads v3.41 to a route that is shut") {
    const TemporaryFolder folder;
    const GatewayProcess gluetun({{"GLUETUN_PROFILE", "v3.41"},
                                  {"GLUETUN_PORTS", "40001"},
                                  {"GLUETUN_API_KEY", "open:sesame"},
                                  {"GLUETUN_ROUTES", "GET /v1/openvpn/portforwarded"}});
    const auto answer = read(gateway_with(gluetun.port(), Login::key, folder)).forwarded_ports;
    CHECK(answer.kind == PortsAnswerKind::unauthorized);
    CHECK(mentions(gluetun.requests(), "\"GET /v1/openvpn/portforwarded 301\":1"));
    CHECK(mentions(gluetun.requests(), "\"GET /v1/portforward 401\":2"));
}

TEST_CASE("the key goes along with a redirect") {
    const TemporaryFolder folder;
    const GatewayProcess gluetun({{"GLUETUN_PROFILE", "v3.40"},
                                  {"GLUETUN_PORTS", "40001"},
                                  {"GLUETUN_API_KEY", "open:sesame"}});
    gluetun.steer("/fault/v1/portforward", "redirect /v1/openvpn/portforwarded");
    check_all_is_reported(read(gateway_with(gluetun.port(), Login::key, folder)));
    CHECK(mentions(gluetun.requests(), "\"GET /v1/openvpn/portforwarded 200\":1"));
}
