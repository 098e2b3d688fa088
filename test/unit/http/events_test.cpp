// /api/v1/events: the last ones, and a stream of those to come.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "edge/text/json.h"
#include "unit/http/api_help.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// "created-1 created-2", of a listing.
std::string listed(const Response& response) {
    const auto reply = parse_json(response.body);
    REQUIRE_MESSAGE(reply, response.body);
    std::string names;
    for (const auto& item : list_of(reply.value(), "items"))
        names += (names.empty() ? "" : " ") + text_of(item, "engine");
    return names;
}

// The same, of what a stream sent.
std::string streamed(const std::string& text) {
    constexpr std::string_view start = "\ndata: ";
    std::string names;
    for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at)) {
        at += start.size();
        const auto event = parse_json(text.substr(at, text.find('\n', at) - at));
        REQUIRE_MESSAGE(event, text);
        names += (names.empty() ? "" : " ") + text_of(event.value(), "engine");
    }
    return names;
}

struct EventfulBench : ApiBench {
    explicit EventfulBench(int count) {
        for (int i = 0; i < count; ++i)
            happen("engine created", "e" + std::to_string(i));
    }
    std::uint64_t newest_id() const { return events.latest(1).back().id; }

    Response watch(const std::string& last_event_id) {
        return get("/api/v1/events?watch=true", {{"last-event-id", last_event_id}});
    }
};

}  // namespace

TEST_SUITE("api events") {
    TEST_CASE("the last ones, oldest first: a hundred, or as many as are asked for") {
        EventfulBench bench(120);
        CHECK(listed(bench.get("/api/v1/events?limit=1")) == "e119");
        CHECK(listed(bench.get("/api/v1/events?limit=3")) == "e117 e118 e119");
        CHECK(listed(bench.get("/api/v1/events")).starts_with("e20 e21 "));
        CHECK(listed(bench.get("/api/v1/events?limit=1000")).starts_with("e0 e1 "));
        CHECK(listed(ApiBench().get("/api/v1/events")).empty());
    }

    TEST_CASE("parameters") {
        EventfulBench bench(5);
        struct Row {
            std::string query;
            int status;
        };
        for (const Row& row : {
                 Row{"limit=1", 200},
                 Row{"limit=007", 200},
                 Row{"limit=1000", 200},
                 Row{"limit=1&limit=none", 200},
                 Row{"x=1&limit=2&y", 200},
                 Row{"limits=none", 200},
                 Row{"watch=false", 200},
                 Row{"watch=false&watch=maybe", 200},
                 Row{"limit=0", 400},
                 Row{"limit=1001", 400},
                 Row{"limit=-1", 400},
                 Row{"limit=+1", 400},
                 Row{"limit=1e2", 400},
                 Row{"limit=0x10", 400},
                 Row{"limit= 1", 400},
                 Row{"limit=%31", 400},
                 Row{"limit=", 400},
                 Row{"limit", 400},
                 Row{"limit=99999999999999999999999999", 400},
                 Row{"limit=none&limit=1", 400},
                 Row{"watch=yes", 400},
                 Row{"watch=True", 400},
                 Row{"watch=", 400},
                 Row{"watch", 400},
                 Row{"watch=true&limit=0", 400},
             }) {
            CAPTURE(row.query);
            const Response response = bench.get("/api/v1/events?" + row.query);
            CHECK(response.status == row.status);
            CHECK(response.content_type == "application/json");
            CHECK_FALSE(response.next);
        }
        CHECK(mentions(bench.get("/api/v1/events?limit=0").body, "a number from 1 to 1000"));
        CHECK(listed(bench.get("/api/v1/events?limit=2&limit=1")) == "e3 e4");
    }

    TEST_CASE("a stream sends each event from now on once") {
        EventfulBench bench(3);
        const Response stream = bench.get("/api/v1/events?watch=true");
        CHECK(stream.status == 200);
        CHECK(stream.content_type == "text/event-stream");
        CHECK(stream.body.empty());
        REQUIRE(stream.next);
        CHECK(stream.next().empty());
        bench.happen("engine created", "new");
        const std::string text = stream.next();
        CHECK(text.starts_with("id: " + std::to_string(bench.newest_id()) +
                               "\nevent: event\ndata: {\"id\":"));
        CHECK(text.ends_with("}\n\n"));
        CHECK(streamed(text) == "new");
        CHECK(stream.next().empty());
        bench.happen("engine created", "new");  // counted, and sent again
        CHECK(streamed(stream.next()) == "new");
    }

    TEST_CASE("two streams go their own ways") {
        EventfulBench bench(0);
        const Response first = bench.get("/api/v1/events?watch=true");
        bench.happen("engine created", "a");
        CHECK(streamed(first.next()) == "a");
        const Response second = bench.get("/api/v1/events?watch=true");
        bench.happen("engine created", "b");
        CHECK(streamed(second.next()) == "b");
        CHECK(streamed(first.next()) == "b");
    }

    TEST_CASE("a line break in an event stays within its line") {
        EventfulBench bench(0);
        const Response stream = bench.get("/api/v1/events?watch=true");
        bench.happen("engine created", "a\n\ndata: {}\r\n");
        const std::string text = stream.next();
        CHECK(streamed(text) == "a\n\ndata: {}\r\n");
        CHECK(text.find("\n\n") == text.size() - 2);
    }

    TEST_CASE("a client that reconnects continues after its last event") {
        EventfulBench bench(5);
        const std::uint64_t newest = bench.newest_id();
        CHECK(streamed(bench.watch(std::to_string(newest - 2)).next()) == "e3 e4");
        CHECK(bench.watch(std::to_string(newest)).next().empty());
        CHECK(streamed(bench.watch("0").next()) == "e0 e1 e2 e3 e4");
        CHECK(bench.watch("").next().empty());
    }

    TEST_CASE("a long absence is made up for in pieces") {
        EventfulBench bench(250);
        const Response stream = bench.watch("0");
        CHECK(streamed(stream.next()).ends_with(" e99"));
        CHECK(streamed(stream.next()).ends_with(" e199"));
        CHECK(streamed(stream.next()).ends_with(" e249"));
        CHECK(stream.next().empty());
    }

    TEST_CASE("an id of a controller that ran before never makes a stream silent") {
        const std::uint64_t newest = EventfulBench(2).newest_id();
        // Its clock may have been ahead of ours, or behind.
        for (const auto& id :
             {std::to_string(newest + 1), std::to_string(newest * 10), std::string(40, '9'),
              std::string("18446744073709551615"), std::to_string(newest / 2)}) {
            CAPTURE(id);
            EventfulBench bench(2);
            const Response stream = bench.watch(id);
            CHECK(stream.status == 200);
            CHECK(streamed(stream.next()) == "e0 e1");
            bench.happen("engine created", "new");
            CHECK(streamed(stream.next()) == "new");

            EventfulBench quiet(0);
            const Response waiting = quiet.watch(id);
            CHECK(waiting.next().empty());
            quiet.happen("engine created", "new");
            CHECK(streamed(waiting.next()) == "new");
        }
    }

    TEST_CASE("a Last-Event-ID that is no id is an error") {
        EventfulBench bench(1);
        for (const std::string id : {"x", "-1", "1.5", "1 2", "0x1"}) {
            CAPTURE(id);
            const Response refused = bench.watch(id);
            CHECK(refused.status == 400);
            CHECK(mentions(refused.body, "Last-Event-ID takes the id of an event"));
            CHECK_FALSE(refused.next);
        }
        // Of no concern to a listing.
        CHECK(bench.get("/api/v1/events", {{"last-event-id", "x"}}).status == 200);
    }

    TEST_CASE("HEAD of a stream is a head, and ends") {
        EventfulBench bench(1);
        const Response head = bench.ask(request("HEAD", "/api/v1/events?watch=true"));
        CHECK(head.status == 200);
        CHECK(head.content_type == "text/event-stream");
        CHECK_FALSE(head.next);
    }
}
