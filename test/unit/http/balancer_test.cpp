// What the balancer answers, and where it sends whom.
#include "edge/http/balancer.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "edge/http/engine_address.h"
#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

EngineOffer offer(int slot, std::optional<int> sessions = 0) {
    EngineOffer engine;
    engine.id = "id-" + std::to_string(slot);
    engine.name = "acestream-" + std::to_string(slot);
    engine.gateway = "gluetun";
    engine.inside_host = "gluetun";
    engine.slot = slot;
    engine.sessions = sessions;
    engine.port = 19000 + slot;
    engine.published = HostPort{"", 19000 + slot};
    return engine;
}

struct Front {
    ManualClock clock;
    std::vector<EngineOffer> engines{offer(0), offer(1)};
    Balancer balancer{{.engines = [this] { return engines; },
                       .why_none_ready = [] { return std::string("0 of 2 engines ready"); },
                       .what_to_publish = [] { return std::string("publish 19000-19019"); }},
                      clock};

    Response ask(const std::string& target, const std::string& host = "192.0.2.1:6878",
                 const std::string& client = "10.0.0.9", const std::string& method = "GET") {
        Request asked = request(method, target, {{"host", host}, {"user-agent", "VLC"}});
        asked.client = client;
        return balancer.handle(asked);
    }
    std::string location(const std::string& target, const std::string& host = "192.0.2.1:6878",
                         const std::string& client = "10.0.0.9") {
        const Response response = ask(target, host, client);
        return response.status == 307 ? header_of(response, "Location")
                                      : std::to_string(response.status) + " " + response.body;
    }
};

const std::string slot_0 = "http://192.0.2.1:19000";
const std::string slot_1 = "http://192.0.2.1:19001";

}  // namespace

TEST_SUITE("balancer") {
    TEST_CASE("where a client is sent to reach an engine") {
        const HostPort everywhere{"", 29000};
        struct Row {
            const char* what;
            const char* given;
            std::optional<HostPort> published;
            const char* machine;
            const char* asked;
            const char* instead;
            const char* reached;  // "": not
        };
        const Row rows[] = {
            {"by an address", "", everywhere, "", "192.0.2.1", "", "192.0.2.1:29000"},
            {"by an IPv6 address", "", everywhere, "", "2001:db8::1", "", "[2001:db8::1]:29000"},
            {"on this machine", "", everywhere, "", "localhost", "", "localhost:29000"},
            {"by a name", "", everywhere, "", "nas.local", "", "nas.local:29000"},
            {"from a container", "", everywhere, "", "roundhouse", "", "gluetun:19000"},
            {"by this machine's own name", "", everywhere, "", "nas", "", "nas:29000"},
            {"not published", "", {}, "", "192.0.2.1", "", ""},
            {"not published, from a container", "", {}, "", "roundhouse", "", "gluetun:19000"},
            {"only for this machine", "", HostPort{"127.0.0.1", 29000}, "", "nas.local", "", ""},
            {"only for this machine, on it", "", HostPort{"127.0.0.1", 29000}, "", "localhost", "",
             "127.0.0.1:29000"},
            {"at one address", "", HostPort{"192.0.2.7", 29000}, "", "10.0.0.1", "",
             "192.0.2.7:29000"},
            {"the spec's host", "nas.example.org", everywhere, "", "roundhouse", "",
             "nas.example.org:29000"},
            {"the spec's host, not published",
             "nas.example.org",
             {},
             "",
             "192.0.2.1",
             "",
             "nas.example.org:19000"},
            {"the spec's host inside", "vpn", everywhere, "", "192.0.2.1", "", "vpn:19000"},
            {"told otherwise", "", everywhere, "", "192.0.2.1", "nas", "nas:29000"},
            {"told otherwise, from a container", "", everywhere, "", "roundhouse", "nas",
             "nas:29000"},
            {"told otherwise, against the spec", "vpn", everywhere, "", "192.0.2.1", "nas",
             "vpn:19000"},
            {"told otherwise, not published", "", {}, "", "192.0.2.1", "nas", ""},
            {"of another machine", "", everywhere, "host-a", "192.0.2.1", "", "host-a:29000"},
            {"of another machine, from a container", "", everywhere, "host-a", "roundhouse", "",
             "host-a:29000"},
            {"of another machine, not published", "", {}, "host-a", "roundhouse", "", ""},
            {"of another machine, only for it", "", HostPort{"127.0.0.1", 29000}, "host-a",
             "localhost", "", ""},
            {"of a controller on this machine", "", everywhere, "127.0.0.1", "nas.local", "",
             "nas.local:29000"},
            {"of another machine, told otherwise", "", everywhere, "host-a", "nas.local", "front",
             "front:29000"},
        };
        for (const Row& row : rows) {
            CAPTURE(std::string(row.what));
            EngineOffer engine = offer(0);
            engine.given_host = row.given;
            engine.published = row.published;
            engine.machine = row.machine;
            const auto reached = address_for(engine, row.asked, {row.instead, "nas"});
            CHECK((reached ? host_port(reached->host, reached->port) : "") == row.reached);
        }
        EngineOffer nameless = offer(0);
        nameless.inside_host = "";
        CHECK(address_for(nameless, "roundhouse", {}) == HostPort{"roundhouse", 19000});
    }

    TEST_CASE("the paths of playback are redirected, whole; nothing else is") {
        for (const std::string target :
             {"/ace/getstream?id=abc&pid=1&format=json", "/ace/getstream",
              "/ace/manifest.m3u8?id=x", "/hls/m/abc/1.m3u8", "/hls/",
              "/server/api?api_version=3&method=get_status",
              "/webui/api/service?method=get_version", "/ace/getstream?url=http://evil.example/%0d",
              "/hls/../../etc/passwd"}) {
            CAPTURE(target);
            Front front;
            for (const std::string method : {"HEAD", "GET"}) {
                const Response response = front.ask(target, "192.0.2.1", "10.0.0.9", method);
                CHECK(response.status == 307);
                CHECK(header_of(response, "Location") == slot_0 + target);
                CHECK(header_of(response, "Cache-Control") == "no-store");
            }
        }
        for (const std::string target :
             {"/", "", "*", "/ace/getstream/", "/ace/getstreams", "/ace", "/hls", "/metrics",
              "/api/v1/engines", "//evil.example/ace/getstream", "/ace/../ace/getstream",
              "http://evil.example/ace/getstream", "/%61ce/getstream"}) {
            CAPTURE(target);
            Front front;
            const Response response = front.ask(target);
            CHECK(response.status == 404);
            CHECK(header_of(response, "Location").empty());
            CHECK_FALSE(mentions(response.body, "evil"));
        }
        for (const std::string method : {"POST", "PUT", "OPTIONS", "DELETE", "get", ""}) {
            Front front;
            const Response response =
                front.ask("/ace/getstream?id=x", "192.0.2.1", "10.0.0.9", method);
            CHECK(response.status == 405);
            CHECK(header_of(response, "Allow") == "GET, HEAD");
        }
    }

    TEST_CASE("a Host that is none goes nowhere") {
        for (const std::string host : {"", "evil.example/x", "a b", "user@evil.example", ":80",
                                       "evil.example\r\nX: y", "[::1", "evil.example:99999"}) {
            CAPTURE(host);
            Front front;
            const Response response = front.ask("/ace/getstream?id=x", host);
            CHECK(response.status == 400);
            CHECK(header_of(response, "Location").empty());
        }
        Front front;
        CHECK(front.balancer.handle(request("GET", "/ace/getstream?id=x")).status == 400);
        CHECK(front.location("/hls/x", "NAS.Local.:6878") == "http://nas.local:19000/hls/x");
        CHECK(front.location("/hls/x", "roundhouse:6878") == "http://gluetun:19000/hls/x");
    }

    TEST_CASE("while there is no engine, a line of text says why") {
        Front front;
        const auto refused = [&](const std::string& host) {
            const Response response = front.ask("/ace/getstream?id=x", host);
            CHECK(response.status == 503);
            CHECK(response.content_type == "text/plain; charset=utf-8");
            CHECK(header_of(response, "Retry-After") == "5");
            CHECK(response.body.find('\n') == response.body.size() - 1);
            return response.body;
        };
        front.engines[0].published.reset();
        front.engines[1].published.reset();
        CHECK(refused("192.0.2.1") == "no engine can be reached from here: publish 19000-19019\n");
        CHECK(front.ask("/ace/getstream?id=x", "roundhouse").status == 307);
        front.engines[0].published = HostPort{"127.0.0.1", 19000};
        CHECK(mentions(refused("192.0.2.1"), "publish them at 0.0.0.0"));
        front.engines[0].draining = front.engines[1].draining = true;
        CHECK(mentions(refused("roundhouse"), "about to be replaced"));
        front.engines.clear();
        CHECK(refused("192.0.2.1") == "no engine is ready: 0 of 2 engines ready\n");
    }

    TEST_CASE("viewers are spread before their sessions show") {
        Front front;
        CHECK(front.location("/ace/getstream?id=a") == slot_0 + "/ace/getstream?id=a");
        CHECK(front.location("/ace/getstream?id=b") == slot_1 + "/ace/getstream?id=b");
        CHECK(front.location("/ace/getstream?id=c") == slot_0 + "/ace/getstream?id=c");
        front.engines[0].sessions = 2;
        front.engines[1].sessions = 1;
        CHECK(front.location("/ace/getstream?id=d") == slot_1 + "/ace/getstream?id=d");
        front.clock.advance(10s);
        CHECK(front.location("/ace/getstream?id=e") == slot_1 + "/ace/getstream?id=e");
    }

    TEST_CASE("asking without playing counts for nothing") {
        Front front;
        for (int i = 0; i < 3; ++i) {
            CHECK(front.ask("/ace/getstream?id=a", "nas.local", "10.0.0.9", "HEAD").status == 307);
            CHECK(front.ask("/webui/api/service?method=get_version").status == 307);
            CHECK(front.balancer.best("nas.local", "id=a").engine->slot == 0);
        }
        CHECK(front.location("/ace/getstream?id=a") == slot_0 + "/ace/getstream?id=a");
    }

    TEST_CASE("a second viewer of a stream gets another engine, while there is one") {
        Front front;
        front.engines[1].sessions = 3;
        CHECK(front.location("/ace/getstream?id=a") == slot_0 + "/ace/getstream?id=a");
        front.engines[0].sessions = 1;
        front.clock.advance(1min);
        CHECK(front.location("/ace/getstream?pid=2&id=a") == slot_1 + "/ace/getstream?pid=2&id=a");
        CHECK(front.location("/ace/getstream?id=b") == slot_0 + "/ace/getstream?id=b");
        front.engines.pop_back();
        CHECK(front.location("/ace/getstream?id=a") == slot_0 + "/ace/getstream?id=a");
    }

    TEST_CASE("a player of HLS comes back to its engine, also while that drains") {
        Front front;
        const std::string list = "/ace/manifest.m3u8?id=a";
        CHECK(front.location(list) == slot_0 + list);
        front.engines[0].sessions = 1;
        front.engines[0].draining = true;
        for (int i = 0; i < 5; ++i) {
            front.clock.advance(20s);
            CHECK(front.location(list) == slot_0 + list);
            CHECK(front.location("/hls/c/a/1/7.ts") == slot_0 + "/hls/c/a/1/7.ts");
        }
        CHECK(front.location(list, "192.0.2.1", "10.0.0.8") == slot_1 + list);
        CHECK(front.location("/hls/c/a/1/7.ts", "192.0.2.1", "10.0.0.8") ==
              slot_1 + "/hls/c/a/1/7.ts");
        front.engines.erase(front.engines.begin());
        CHECK(front.location(list) == slot_1 + list);
    }

    TEST_CASE("a failure is answered, too") {
        ManualClock clock;
        Balancer broken(
            {.engines = []() -> std::vector<EngineOffer> { throw std::runtime_error("no"); },
             .why_none_ready = {},
             .what_to_publish = {}},
            clock);
        CHECK(broken.handle(request("GET", "/hls/x", {{"host", "nas.local"}})).status == 500);
    }

    TEST_CASE("of a controller: the round decides, and says what is missing") {
        ApiBench fresh;
        const Request asked = request("GET", "/ace/getstream?id=a", {{"host", "nas.local:6878"}});
        CHECK(mentions(fresh.balancer.handle(asked).body, "has not seen the engines yet"));

        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        ApiBench inside(pool, seen);
        CHECK(inside.balancer.handle(asked).body ==
              "no engine can be reached from here: gateway gluetun publishes none of the ports "
              "19000-19019: engines are reachable inside its Docker networks only; publish "
              "19000-19019\n");
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19001, {"", 29001}}};
        seen.engines[0].usage = UsageView{1, 0s};
        seen.engines[1].usage = UsageView{0, 1min};
        ApiBench bench(pool, seen);
        CHECK(header_of(bench.balancer.handle(asked), "Location") ==
              "http://nas.local:29001/ace/getstream?id=a");
        seen.engines[0].probe = seen.engines[1].probe = {};
        ApiBench starting(pool, seen);
        CHECK(mentions(starting.balancer.handle(asked).body,
                       "no engine is ready: 0 of 2 engines ready"));
    }
}

TEST_SUITE("engines of the API") {
    TEST_CASE("lists for other programs") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.engines[1].probe = {};
        seen.engines[1].created_at = noon;
        ApiBench bench(pool, seen);
        CHECK(bench.get("/api/v1/engines?ready=true&format=hostport").body ==
              "gluetun:19000\ngluetun:19002\n");
        CHECK(bench.get("/api/v1/engines?format=hostport").body ==
              "gluetun:19000\ngluetun:19001\ngluetun:19002\n");
        CHECK(bench.get("/api/v1/engines?ready=true").body.find("acestream-1") ==
              std::string::npos);
        seen.engines.pop_back();
        seen.engines.pop_back();
        bench.see(pool, seen);
        CHECK(bench.get("/api/v1/engines?format=prometheus&ready=true").body == R"([
  {
    "targets": [
      "gluetun:19000"
    ],
    "labels": {
      "pool": "acestream",
      "engine": "acestream-0",
      "gateway": "gluetun"
    }
  }
]
)");
        CHECK(bench.get("/api/v1/engines?ready=yes").status == 400);
        ApiBench fresh;
        CHECK(fresh.get("/api/v1/engines?format=hostport").body.empty());
        CHECK(fresh.get("/api/v1/engines?format=prometheus").body == "[]\n");
        CHECK(fresh.get("/api/v1/engines/best").status == 503);
    }

    TEST_CASE("the best one, for the client that asks") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19001, {"", 29001}}};
        seen.engines[0].usage = UsageView{1, 0s};
        seen.engines[1].usage = UsageView{0, 1min};
        ApiBench bench(pool, seen);
        CHECK(bench.get("/api/v1/engines/best").body == R"({
  "name": "acestream-1",
  "slot": 1,
  "id": "engine-1",
  "gateway": "gluetun",
  "host": "127.0.0.1",
  "port": 29001,
  "url": "http://127.0.0.1:29001",
  "forwarded": false,
  "sessions": 0
}
)");
        bench.host = "roundhouse";
        bench.access.host_names = {"roundhouse"};
        CHECK(mentions(bench.get("/api/v1/engines/best").body, "\"http://gluetun:19001\""));
    }

    TEST_CASE("where they are published") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].host_ports = {{19000, {"", 29000}}, {19001, {"127.0.0.1", 19001}}};
        ApiBench bench(pool, seen);
        const std::string body = bench.get("/api/v1/engines").body;
        CHECK(
            mentions(body, "\"port\": 19000,\n      \"publishedPort\": 29000,\n      \"p2pPort\""));
        CHECK(
            mentions(body, "\"publishedPort\": 19001,\n      \"publishedAddress\": \"127.0.0.1\""));
    }
}
