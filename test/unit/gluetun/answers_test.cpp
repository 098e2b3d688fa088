// What each version of Gluetun answers, and what else may answer in its place.
#include "edge/gluetun/answers.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace roundhouse;

namespace {

const AskedServer server{"gluetun", "172.17.0.2:8000"};

ControlReply reply(int status, const std::string& body = "") {
    ControlReply made;
    made.status = status;
    made.body = body;
    return made;
}

ForwardedPortsAnswer answer_to(const std::string& body) {
    return forwarded_ports_from({reply(200, body)}, server);
}

bool mentions(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("forwarded ports: every shape that Gluetun has written") {
    struct Row {
        std::string version;
        std::string body;
        std::vector<int> ports;
    };
    const Row rows[] = {
        {"v3.38, none", "{\"port\":0}\n", {}},
        {"v3.38, one", "{\"port\":40001}\n", {40001}},
        {"v3.40, two", "{\"ports\":[40002,40001]}\n", {40001, 40002}},
        {"v3.41, one", "{\"port\":40001}\n", {40001}},
        {"master, none yet", "{\"port\":0,\"ports\":null}\n", {}},
        {"master, none", "{\"port\":0,\"ports\":[]}\n", {}},
        {"master, one", "{\"port\":40001,\"ports\":[40001]}\n", {40001}},
        {"master, three", "{\"port\":1,\"ports\":[1,3,2]}\n", {1, 2, 3}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.version);
        const auto answer = answer_to(row.body);
        CHECK(answer.ports == row.ports);
        const bool some = !row.ports.empty();
        CHECK(answer.kind == (some ? PortsAnswerKind::ports : PortsAnswerKind::none));
        CHECK(answer.detail.empty() == some);
    }
}

TEST_CASE("forwarded ports: odd bodies that still say it") {
    struct Row {
        std::string body;
        std::vector<int> ports;
    };
    const Row rows[] = {
        {"{\"port\":null}", {}},
        {"{\"ports\":null}", {}},
        {"{\"ports\":[]}", {}},
        {"{\"ports\":[],\"port\":7}", {7}},
        {"{\"ports\":[0],\"port\":7}", {}},
        {"{\"ports\":[0,7]}", {7}},
        {"{\"ports\":[7,7,7]}", {7}},
        {"{\"ports\":[7],\"port\":\"x\"}", {7}},
        {"{\"port\":65535}", {65535}},
        {"\xEF\xBB\xBF{\"port\":7}", {7}},
        {" \r\n{ \"port\" : 7 , \"more\" : {} } \r\n\r\n", {7}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.body);
        const auto answer = answer_to(row.body);
        CHECK(answer.ports == row.ports);
        CHECK(answer.kind == (row.ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports));
    }
}

TEST_CASE("forwarded ports: what cannot be understood is malformed, and not quoted") {
    const std::string bodies[] = {
        "",
        "\n",
        "\xEF\xBB\xBF",
        "null",
        "[]",
        "7",
        "\"secret\"",
        "{}",
        "{\"outcome\":\"secret\"}",
        "<html>secret</html>",
        "{\"port\":7",
        "{\"port\":7} secret",
        "{\"port\":-1}",
        "{\"port\":65536}",
        "{\"port\":4294967303}",
        "{\"port\":18446744073709551623}",
        "{\"port\":1e99999}",
        "{\"port\":7.0}",
        "{\"port\":7.5}",
        "{\"port\":\"7\"}",
        "{\"port\":true}",
        "{\"port\":[7]}",
        "{\"port\":{\"secret\":7}}",
        "{\"ports\":7}",
        "{\"ports\":{}}",
        "{\"ports\":\"secret\",\"port\":7}",
        "{\"ports\":[7,null]}",
        "{\"ports\":[7,\"8\"]}",
        "{\"ports\":[7,65536]}",
        "{\"ports\":[[7]]}",
        std::string("{\"port\":7}\0", 11),
        std::string(60000, '['),
        std::string("\xFF\xFE{\0", 4),
    };
    for (const auto& body : bodies) {
        CAPTURE(body.substr(0, 40));
        const auto answer = answer_to(body);
        CHECK(answer.kind == PortsAnswerKind::malformed);
        CHECK(answer.ports.empty());
        CHECK(mentions(answer.detail, "the control server of gluetun at 172.17.0.2:8000 "));
        CHECK_FALSE(mentions(answer.detail, "secret"));
    }
}

TEST_CASE("forwarded ports: the statuses of the two routes, by version") {
    using enum PortsAnswerKind;
    struct Row {
        std::string what;
        std::vector<int> statuses;
        PortsAnswerKind kind;
    };
    const Row rows[] = {
        {"up to v3.39.0, neither", {400, 400}, unsupported},
        {"v3.39.1 and later, in no role", {401, 401}, unauthorized},
        {"master, the new route is in no role", {401, 404}, unauthorized},
        {"master, a wrong path before it", {404, 404}, unsupported},
        {"not Gluetun", {405, 405}, unsupported},
        {"not Gluetun, but with a key", {404, 401}, unauthorized},
        {"a proxy in front", {403}, unauthorized},
        {"a proxy in front of the old route", {401, 403}, unauthorized},
        {"a panic", {500}, malformed},
        {"a panic at the old route", {401, 500}, malformed},
        {"no content", {204}, malformed},
        {"not modified", {304}, malformed},
        {"too many requests", {429}, malformed},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        std::vector<ControlReply> replies;
        for (const int status : row.statuses) {
            replies.push_back(reply(status, "Unauthorized\n"));
        }
        const auto answer = forwarded_ports_from(replies, server);
        CHECK(answer.kind == row.kind);
        CHECK(answer.ports.empty());
        CHECK_FALSE(answer.detail.empty());
    }
}

TEST_CASE("forwarded ports: the old route answers if the new one does not exist") {
    for (const int status : {400, 401, 404, 405}) {
        CAPTURE(status);
        const auto answer =
            forwarded_ports_from({reply(status), reply(200, "{\"port\":7}\n")}, server);
        CHECK(answer == ForwardedPortsAnswer{PortsAnswerKind::ports, {7}, ""});
    }
}

TEST_CASE("forwarded ports: no reply, or half of one") {
    const auto silent =
        forwarded_ports_from({no_reply(ReplyProblem::unreachable, "does not answer")}, server);
    CHECK(silent.kind == PortsAnswerKind::unreachable);
    CHECK(silent.detail == "the control server of gluetun at 172.17.0.2:8000 does not answer");
    const auto half = forwarded_ports_from(
        {reply(401), no_reply(ReplyProblem::broken, "sends half a reply")}, server);
    CHECK(half.kind == PortsAnswerKind::malformed);
    CHECK(half.detail == "the control server of gluetun at 172.17.0.2:8000 sends half a reply");
}

TEST_CASE("a denied access names the exact settings, for each kind of login") {
    struct Row {
        SentLogin sent;
        std::string advice;
        std::string role;
        std::string default_role;
    };
    const Row rows[] = {
        {SentLogin::none, "controlServer.apiKeyFile", "auth = \"apikey\" and apikey = the key",
         R"({"auth":"apikey","apikey":"..."})"},
        {SentLogin::api_key, "compare it with Gluetun's", "auth = \"apikey\" and apikey = the key",
         R"({"auth":"apikey","apikey":"..."})"},
        {SentLogin::password, "compare name and password with Gluetun's",
         "auth = \"basic\", username and password",
         R"({"auth":"basic","username":"...","password":"..."})"},
    };
    for (const auto& row : rows) {
        auto asked = server;
        asked.sent = row.sent;
        const auto detail = forwarded_ports_from({reply(401), reply(401)}, asked).detail;
        CAPTURE(detail);
        CHECK(mentions(detail, row.advice));
        CHECK(mentions(detail, "/gluetun/auth/config.toml"));
        CHECK(mentions(detail,
                       "routes = [\"GET /v1/portforward\", \"GET /v1/vpn/status\", "
                       "\"GET /v1/publicip/ip\"]"));
        CHECK(mentions(detail, "\"GET /v1/openvpn/portforwarded\""));
        CHECK(mentions(detail, row.role));
        CHECK(mentions(detail, "HTTP_CONTROL_SERVER_AUTH_DEFAULT_ROLE=" + row.default_role));
    }
}

TEST_CASE("a wrong key and a role that lacks a route have a message each") {
    struct Row {
        std::string what;
        SentLogin sent;
        std::vector<int> statuses;  // of ports, old ports, VPN status, public IP
        PortsAnswerKind kind;
        std::string ports_detail;
        std::string vpn_detail;
    };
    using enum PortsAnswerKind;
    const Row rows[] = {
        {"a wrong key",
         SentLogin::api_key,
         {401, 401, 401, 401},
         unauthorized,
         "refuses the key of the spec for every route: compare it with Gluetun's",
         "refuses the key of the spec for every route"},
        {"no key",
         SentLogin::none,
         {401, 401, 401, 401},
         unauthorized,
         "requires a key for every route: name its file in controlServer.apiKeyFile",
         "requires a key for every route"},
        {"no key, and two routes are open",
         SentLogin::none,
         {401, 401, 200, 200},
         unauthorized,
         "requires a key for \"GET /v1/portforward\": name its file",
         ""},
        {"no route for ports",
         SentLogin::api_key,
         {401, 401, 200, 200},
         lacks_route,
         "accepts the key of the spec, but not for \"GET /v1/portforward\": add that route to its "
         "role in /gluetun/auth/config.toml (up to v3.40 ",
         ""},
        {"only the public IP",
         SentLogin::password,
         {403, 401, 401, 200},
         lacks_route,
         "accepts the user of the spec, but not for \"GET /v1/portforward\" and \"GET "
         "/v1/vpn/status\": add those routes to its role",
         "only Docker's health check shows a VPN that is down: "},
        {"no route for the VPN's status",
         SentLogin::api_key,
         {200, 0, 401, 200},
         ports,
         "",
         "accepts the key of the spec, but not for \"GET /v1/vpn/status\": add that route to its "
         "role in /gluetun/auth/config.toml, and restart Gluetun"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        std::vector<ControlReply> port_replies{reply(row.statuses[0], "{\"port\":7}")};
        if (row.statuses[0] != 200) port_replies.push_back(reply(row.statuses[1]));
        const ControlReply status = reply(row.statuses[2], R"({"status":"running"})");
        auto asked = server;
        asked.sent = row.sent;
        note_access(asked, forwarded_ports_routes(), port_replies);
        note_access(asked, vpn_status_routes(), {status});
        note_access(asked, public_ip_routes(), {reply(row.statuses[3], "{}")});
        const auto answer = forwarded_ports_from(port_replies, asked);
        CHECK(answer.kind == row.kind);
        CHECK_MESSAGE(mentions(answer.detail, row.ports_detail), answer.detail);
        const std::string vpn = vpn_detail_from(status, asked);
        CHECK_MESSAGE(mentions(vpn, row.vpn_detail), vpn);
        CHECK(vpn.empty() == row.vpn_detail.empty());
    }
}

TEST_CASE("a key that cannot be used is reported as such") {
    const auto answer = unusable_key_answer(server, "the secret file 'x' is empty");
    CHECK(answer.kind == PortsAnswerKind::unauthorized);
    CHECK(answer.detail ==
          "the control server of gluetun at 172.17.0.2:8000 was not asked: the secret file 'x' is "
          "empty");
}

TEST_CASE("VPN status: Gluetun's six words, and nothing else") {
    struct Row {
        int status;
        std::string body;
        VpnStatus meaning;
    };
    const Row rows[] = {
        {200, "{\"status\":\"starting\"}\n", VpnStatus::starting},
        {200, "{\"status\":\"running\"}\n", VpnStatus::running},
        {200, "{\"status\":\"stopping\"}\n", VpnStatus::stopping},
        {200, "{\"status\":\"stopped\"}\n", VpnStatus::stopped},
        {200, "{\"status\":\"crashed\"}\n", VpnStatus::crashed},
        {200, "{\"status\":\"completed\"}\n", VpnStatus::completed},
        {200, "{\"status\":\"connected\"}\n", VpnStatus::unknown},
        {200, "{\"status\":\"Running\"}\n", VpnStatus::unknown},
        {200, "{\"status\":null}\n", VpnStatus::unknown},
        {200, "{\"status\":1}\n", VpnStatus::unknown},
        {200, "{\"outcome\":\"running\"}\n", VpnStatus::unknown},
        {200, "[\"running\"]", VpnStatus::unknown},
        {200, "running", VpnStatus::unknown},
        {200, "", VpnStatus::unknown},
        {401, "{\"status\":\"running\"}", VpnStatus::unknown},
        {404, "{\"status\":\"stopped\"}", VpnStatus::unknown},
        {500, "{\"status\":\"crashed\"}", VpnStatus::unknown},
    };
    for (const auto& row : rows) {
        CAPTURE(row.body);
        CHECK(vpn_status_from(reply(row.status, row.body)) == row.meaning);
    }
    CHECK(vpn_detail_from(reply(200, R"({"status":"running"})"), server).empty());
    CHECK(vpn_detail_from(no_reply(ReplyProblem::unreachable, ""), server).empty());
    CHECK(vpn_detail_from(reply(401, "Unauthorized"), server).find("GET /v1/vpn/status") !=
          std::string::npos);
    CHECK(vpn_detail_from(reply(200, "?"), server).find("something else") != std::string::npos);
    CHECK(vpn_detail_from(no_reply(ReplyProblem::late, "answers others"), server)
              .find(" answers others") != std::string::npos);
    CHECK(vpn_status_from(no_reply(ReplyProblem::unreachable, "")) == VpnStatus::unknown);
    CHECK(vpn_status_from(no_reply(ReplyProblem::broken, "")) == VpnStatus::unknown);
}

TEST_CASE("public IP: an address, known to be unknown, or not answered") {
    struct Row {
        int status;
        std::string body;
        std::optional<std::string> ip;
    };
    const Row rows[] = {
        {200, "{\"public_ip\":\"192.0.2.1\",\"region\":\"X\"}\n", "192.0.2.1"},
        {200, "{\"public_ip\":\"2001:db8::1\"}\n", "2001:db8::1"},
        {200, "{\"public_ip\":\"\"}\n", ""},
        {200, "{\"public_ip\":null}\n", std::nullopt},
        {200, "{\"public_ip\":7}\n", std::nullopt},
        {200, "{\"public_ip\":\"not an address\"}\n", std::nullopt},
        {200, "{\"public_ip\":\"" + std::string(46, '1') + "\"}\n", std::nullopt},
        {200, "{}\n", std::nullopt},
        {200, "192.0.2.1", std::nullopt},
        {401, "Unauthorized\n", std::nullopt},
        {404, "{\"public_ip\":\"192.0.2.1\"}", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.body);
        CHECK(public_ip_from(reply(row.status, row.body)) == row.ip);
    }
    CHECK(public_ip_from(no_reply(ReplyProblem::unreachable, "")) == std::nullopt);
}
