// What web pages in somebody's browser can make of the HTTP API: nothing.
#include "edge/http/access.h"

#include <doctest/doctest.h>

#include "edge/http/unauthorized_log.h"
#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

int status_under(ApiBench& bench, const std::string& host, const std::string& path) {
    return bench.get(path, {{"host", host}}).status;
}

Response wake_with(ApiBench& bench, std::map<std::string, std::string> headers) {
    return bench.ask(request("POST", "/api/v1/reconcile", std::move(headers)));
}

}  // namespace

TEST_SUITE("api access") {
    TEST_CASE("without a key, only known hosts are answered") {
        ApiBench bench;
        bench.access.host_names = {"nas", "pool.example.org"};
        for (const std::string host :
             {"127.0.0.1", "127.0.0.1:9190", "127.0.0.1.", "192.0.2.7:80", "[::1]",
              "[2001:DB8::1]:9190", "localhost", "LocalHost:9190", "localhost.", "nas:9190", "NAS",
              "nas.", "pool.example.org"}) {
            CAPTURE(host);
            CHECK(status_under(bench, host, "/api/v1/pool") == 200);
        }
        for (const std::string host : {"rebound.example",
                                       "rebound.example:9190",
                                       "localhost.rebound.example",
                                       "127.0.0.1.rebound.example",
                                       "127.1",
                                       "0x7f.0.0.1",
                                       "2130706433",
                                       "nas.rebound.example",
                                       "xnas",
                                       "na",
                                       "example.org",
                                       "x.pool.example.org",
                                       "localhost@rebound.example",
                                       "localhost,rebound.example",
                                       "nas rebound.example",
                                       "::1",
                                       "[::1",
                                       "[nas]",
                                       "",
                                       "*",
                                       "null"}) {
            CAPTURE(host);
            CHECK(status_under(bench, host, "/api/v1/pool") == 403);
        }
        bench.host.clear();  // as HTTP/1.0 allows
        CHECK(bench.get("/api/v1/pool").status == 403);
        CHECK(bench.unauthorized == 0);
    }

    TEST_CASE("all but the health checks is closed to an unknown host, and says what to do") {
        const EnginePool pool = pool_of(1);
        ApiBench bench(pool, matching_world(pool));
        bench.say_spec_valid(true);
        bench.host = "rebound.example:9190";
        for (const auto& path : readable_paths) {
            CAPTURE(path);
            const bool is_open = path == "/healthz" || path == "/readyz";
            CHECK(bench.get(path).status == (is_open ? 200 : 403));
            CHECK(bench.ask(request("HEAD", path)).status == (is_open ? 200 : 403));
        }
        const Response stream = bench.get("/api/v1/events?watch=true");
        CHECK(stream.status == 403);
        CHECK_FALSE(stream.next);
        CHECK(wake_with(bench, {}).status == 403);
        CHECK(bench.wakes == 0);

        const Response refused = bench.get("/api/v1/pool");
        CHECK(refused.content_type == "application/json");
        for (const char* remedy :
             {"ROUNDHOUSE_ALLOWED_HOSTS", "ROUNDHOUSE_API_KEY_FILE", "an IP address"})
            CHECK(mentions(refused.body, remedy));
        CHECK_FALSE(mentions(refused.body, "rebound.example"));
    }

    TEST_CASE("no page of another origin wakes the loop") {
        struct Row {
            std::map<std::string, std::string> headers;
            int status;
        };
        const std::string own = "http://127.0.0.1:9190";
        const Row rows[] = {
            {{}, 202},  // curl, wget
            {{{"origin", own}}, 202},
            {{{"origin", "HTTP://127.0.0.1:9190"}}, 202},
            {{{"origin", "https://127.0.0.1:9190"}}, 202},  // a proxy adds TLS
            {{{"origin", own}, {"sec-fetch-site", "same-origin"}}, 202},
            {{{"origin", own}, {"sec-fetch-site", "same-site"}}, 202},
            {{{"sec-fetch-site", "same-origin"}}, 202},
            {{{"sec-fetch-site", "none"}}, 202},
            {{{"origin", "http://evil.example"}}, 403},
            {{{"origin", "http://127.0.0.1"}}, 403},
            {{{"origin", "http://127.0.0.1:8080"}}, 403},
            {{{"origin", "http://127.0.0.1:9190.evil.example"}}, 403},
            {{{"origin", "http://127.0.0.1:9190/"}}, 403},
            {{{"origin", "http://x@127.0.0.1:9190"}}, 403},
            {{{"origin", own + " http://evil.example"}}, 403},
            {{{"origin", "127.0.0.1:9190"}}, 403},
            {{{"origin", "null"}}, 403},
            {{{"origin", ""}}, 403},
            {{{"origin", "http://evil.example"}, {"sec-fetch-site", "same-origin"}}, 403},
            {{{"origin", own}, {"sec-fetch-site", "cross-site"}}, 403},
            {{{"sec-fetch-site", "cross-site"}}, 403},
            {{{"sec-fetch-site", "same-site"}}, 403},
            {{{"sec-fetch-site", "Same-Origin, cross-site"}}, 403},
            {{{"sec-fetch-site", ""}}, 403},
        };
        for (const auto& row : rows) {
            std::string sent;
            for (const auto& [name, value] : row.headers)
                sent += name + ": " + value + "; ";
            CAPTURE(sent);
            ApiBench bench;
            const Response response = wake_with(bench, row.headers);
            CHECK(response.status == row.status);
            CHECK(bench.wakes == (row.status == 202 ? 1 : 0));
            CHECK_FALSE(mentions(response.body, "evil"));
            // Reading changes nothing, and the browser keeps the reply from such a page.
            CHECK(bench.get("/api/v1/pool", row.headers).status == 200);
        }
    }

    TEST_CASE("401s are logged once a minute, with their number") {
        ManualClock clock;
        KeptJournal journal;
        UnauthorizedLog log(clock, journal);
        Request refused = request("GET", "/api/v1/pool?key=sesame");
        refused.client = "192.0.2.7";
        const std::string entry =
            "HTTP request without the right API key client=192.0.2.7 path=/api/v1/pool requests=";
        log.record(refused);
        CHECK(journal.count(entry + "1") == 1);
        for (int second = 1; second <= 60; ++second) {
            clock.advance(std::chrono::seconds(1));
            log.record(refused);
        }
        CHECK(journal.count(entry) == 2);
        CHECK(journal.count(entry + "60") == 1);
        CHECK(journal.count("sesame") == 0);
    }
}
