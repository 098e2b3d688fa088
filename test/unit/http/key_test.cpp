// Who is let in to the HTTP API.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "unit/http/api_help.h"
#include "unit/temporary_folder.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

struct GuardedBench : ApiBench {
    GuardedBench() { access.api_key_file = folder.path() + "/key"; }

    void write_key(const std::string& text) const {
        std::ofstream(access.api_key_file, std::ios::binary | std::ios::trunc) << text;
    }
    int status_with(const std::string& authorization) {
        return get("/api/v1/pool", {{"authorization", authorization}}).status;
    }

    TemporaryFolder folder;
};

}  // namespace

TEST_SUITE("api key") {
    TEST_CASE("the right key, and nothing else") {
        GuardedBench bench;
        bench.write_key("sesame\n");
        struct Row {
            std::string authorization;
            int status;
        };
        const Row rows[] = {
            {"Bearer sesame", 200},
            {"bearer sesame", 200},
            {"BEARER   sesame", 200},
            {" Bearer sesame ", 200},
            {"", 401},
            {"Bearer", 401},
            {"Bearer ", 401},
            {"sesame", 401},
            {"Bearersesame", 401},
            {"Bearer Sesame", 401},
            {"Bearer sesam", 401},
            {"Bearer sesamee", 401},
            {"Bearer sesamesesame", 401},
            {"Bearer esame", 401},
            {"Bearer tesame", 401},
            {"Bearer sesamf", 401},
            {"Bearer sesame sesame", 401},
            {"Bearer \"sesame\"", 401},
            {"Basic sesame", 401},
            {"Basic c2VzYW1lOnNlc2FtZQ==", 401},
            {"Bearer sesame, Bearer sesame", 401},
            {std::string("Bearer sesame\0", 14), 401},
        };
        for (const auto& row : rows) {
            CAPTURE(row.authorization);
            CHECK(bench.status_with(row.authorization) == row.status);
        }
    }

    TEST_CASE("a 401 says what to send, and nothing of the key") {
        GuardedBench bench;
        bench.write_key("sesame\n");
        const Response refused = bench.get("/metrics", {{"authorization", "Bearer tahini"}});
        CHECK(bench.unauthorized == 1);
        CHECK(refused.status == 401);
        CHECK(header_of(refused, "WWW-Authenticate") == "Bearer");
        CHECK(mentions(refused.body, "Authorization: Bearer <key>"));
        CHECK_FALSE(mentions(refused.body, "sesame"));
        CHECK_FALSE(mentions(refused.body, "tahini"));
    }

    TEST_CASE("what holds no data of the pool is open; all else is closed, for every method") {
        GuardedBench bench;
        bench.write_key("sesame\n");
        bench.see(pool_of(1), matching_world(pool_of(1)));
        bench.say_spec_valid(true);
        for (const std::string path : {"/", "/healthz", "/readyz"})
            CHECK(bench.get(path).status == 200);
        for (const std::string path :
             {"/metrics", "/api/v1/pool", "/api/v1/engines", "/api/v1/gateways", "/api/v1/events",
              "/api/v1/events?watch=true", "/api/v1/history", "/api/v1/plan",
              "/api/v1/pool?authorization=Bearer+sesame"}) {
            CAPTURE(path);
            CHECK(bench.get(path).status == 401);
            CHECK(bench.ask(request("HEAD", path)).status == 401);
            CHECK_FALSE(bench.get(path).next);
            CHECK(bench.get(path, {{"authorization", "Bearer sesame"}}).status == 200);
        }
        // The key is checked first: the response says nothing about the request.
        CHECK(bench.get("/api/v1/events?limit=none").status == 401);
        CHECK(bench.ask(request("POST", "/api/v1/reconcile", {}, "no JSON")).status == 401);
        CHECK(bench.wakes == 0);
        CHECK(bench.get("/nowhere").status == 404);
        CHECK(bench.ask(request("POST", "/api/v1/pool")).status == 405);
        CHECK(bench.ask(request("OPTIONS", "/api/v1/pool")).status == 204);
    }

    TEST_CASE("the key is read at each use: it can be changed, and taken away") {
        GuardedBench bench;
        CHECK(bench.status_with("Bearer sesame") == 401);
        bench.write_key("sesame\n");
        CHECK(bench.status_with("Bearer sesame") == 200);
        bench.write_key("tahini\r\n");
        CHECK(bench.status_with("Bearer sesame") == 401);
        CHECK(bench.status_with("Bearer tahini") == 200);
        std::filesystem::remove(bench.access.api_key_file);
        CHECK(bench.status_with("Bearer tahini") == 401);
        CHECK(bench.status_with("") == 401);
    }

    TEST_CASE("a key file without a usable key lets nobody in, and says whose fault that is") {
        GuardedBench bench;
        const std::string texts[] = {
            "", "\n", " \n", "\t", "a\nb", "a\x01", std::string(1, '\0'), std::string(5000, 's')};
        for (const auto& text : texts) {
            CAPTURE(text);
            bench.write_key(text);
            for (const std::string& given : {std::string(), text, std::string("Bearer"),
                                             "Bearer " + text, std::string("Bearer a")}) {
                const Response refused = bench.get("/api/v1/pool", {{"authorization", given}});
                CHECK(refused.status == 401);
                CHECK(header_of(refused, "WWW-Authenticate") == "Bearer");
                CHECK(mentions(refused.body, "the controller cannot read a key"));
                CHECK_FALSE(mentions(refused.body, bench.folder.path()));
            }
        }
        bench.access.api_key_file = bench.folder.path();
        CHECK(bench.status_with("Bearer sesame") == 401);
    }

    TEST_CASE("blanks around the key in its file do not count: no header can carry them") {
        GuardedBench bench;
        bench.write_key("  open sesame \n");
        CHECK(bench.status_with("Bearer open sesame") == 200);
        CHECK(bench.status_with("Bearer sesame") == 401);
    }

    TEST_CASE("with a key the name of the host does not matter") {
        GuardedBench bench;
        bench.write_key("sesame\n");
        bench.host = "pool.example";
        CHECK(bench.status_with("Bearer sesame") == 200);
        CHECK(bench.unauthorized == 0);
        CHECK(bench.status_with("") == 401);
        CHECK(bench.get("/").status == 200);
    }

    TEST_CASE("without a key file everybody is let in, whatever they send") {
        ApiBench bench;
        CHECK(bench.get("/api/v1/pool").status == 200);
        CHECK(bench.get("/api/v1/pool", {{"authorization", "Bearer x"}}).status == 200);
    }
}
