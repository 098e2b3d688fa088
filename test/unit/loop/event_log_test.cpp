// What happened, kept for people who ask later.
#include "loop/event_log.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

// A log that keeps severities as well.
class KeptLog : public Journal {
  public:
    void record(const JournalEntry& entry) override { entries.push_back(entry); }

    std::vector<JournalEntry> entries;
};

struct Desk {
    KeptLog log;
    ManualClock clock;
    int news = 0;
    EventLog events{log, clock, [this] { ++news; }};

    void say(Severity severity, std::string_view what,
             std::vector<std::pair<std::string_view, std::string>> fields = {}) {
        events.record({severity, what, std::move(fields)});
    }
    void gateway_is(const std::string& state) {
        say(Severity::info, "gateway changed", {{"gateway", "gluetun"}, {"state", state}});
    }
    Severity last_severity() const { return log.entries.back().severity; }
};

// The position of the event's id, counted from the start of a log that was made at `start`.
std::uint64_t nth(const Event& event, Time start) {
    return event.id - static_cast<std::uint64_t>(start.time_since_epoch().count());
}

}  // namespace

TEST_SUITE("event log") {
    TEST_CASE("an entry becomes an event, and goes to the log as it is") {
        Desk desk;
        desk.say(Severity::error, "step failed",
                 {{"engine", "acestream-1"},
                  {"reason", "Missing"},
                  {"gateway", "gluetun"},
                  {"port", "19001"},
                  {"because", "fewer engines than wanted"},
                  {"took", "12ms"},
                  {"step", "create"},
                  {"error", "no space left"}});
        const auto events = desk.events.latest(10);
        REQUIRE(events.size() == 1);
        const Event expected{
            events[0].id,     desk.clock.now(),
            desk.clock.now(), 1,
            Severity::error,  "step failed",
            "Missing",        "acestream-1",
            "gluetun",        "port=19001 step=create: fewer engines than wanted; no space left"};
        CHECK(events[0] == expected);
        CHECK(nth(events[0], desk.clock.now()) == 1);
        REQUIRE(desk.log.entries.size() == 1);
        CHECK(desk.log.entries[0].fields.size() == 8);
        CHECK(desk.news == 1);
    }

    TEST_CASE("a repeated event is counted, and the log is spared") {
        Desk desk;
        desk.gateway_is("unhealthy");
        const Time first = desk.clock.now();
        desk.clock.advance(9min);
        desk.gateway_is("unhealthy");
        const auto events = desk.events.latest(10);
        REQUIRE(events.size() == 1);
        CHECK(nth(events[0], first) == 2);
        CHECK(events[0].count == 2);
        CHECK(events[0].first == first);
        CHECK(events[0].last == desk.clock.now());
        CHECK(desk.last_severity() == Severity::debug);
        CHECK(desk.news == 2);
    }

    TEST_CASE("steps that differ in how long they took are the same event") {
        Desk desk;
        desk.say(Severity::error, "step failed", {{"engine", "acestream-0"}, {"took", "5ms"}});
        desk.say(Severity::error, "step failed", {{"engine", "acestream-0"}, {"took", "7ms"}});
        CHECK(desk.events.latest(10).size() == 1);
    }

    TEST_CASE("numbers, ids and times in prose make no other event, but values do") {
        Desk desk;
        const auto fails = [&](const char* engine, const char* because) {
            desk.say(Severity::warning, "engine waits", {{"engine", engine}, {"because", because}});
        };
        fails("a", "failure 2 in a row: container cdcc4808fcf0 until 2026-01-01T00:00:01Z");
        fails("a", "failure 3 in a row: container 00aa11bb22cc until 2026-01-01T00:00:09Z");
        CHECK(desk.last_severity() == Severity::warning);
        const auto events = desk.events.latest(10);
        REQUIRE(events.size() == 1);
        CHECK(events[0].count == 2);
        CHECK(events[0].message.starts_with("failure 3"));
        fails("a", "another trouble");
        fails("b", "another trouble");
        CHECK(desk.events.latest(10).size() == 3);
        for (const char* port : {"40001", "40009"})
            desk.say(Severity::info, "forwarded ports reported", {{"ports", port}});
        CHECK(desk.events.latest(10).size() == 5);
    }

    TEST_CASE("what comes back after ten minutes is news") {
        Desk desk;
        desk.gateway_is("unhealthy");
        desk.clock.advance(10min);
        desk.gateway_is("unhealthy");
        CHECK(desk.events.latest(10).size() == 2);
        CHECK(desk.last_severity() == Severity::info);
    }

    TEST_CASE("a gateway that flaps is counted twice, and the log's last word on it is true") {
        Desk desk;
        for (int i = 0; i < 3; ++i) {
            desk.gateway_is("unhealthy");
            CHECK(desk.last_severity() == Severity::info);
            // Something else in between is another matter.
            desk.say(Severity::info, "engine ready", {{"engine", "acestream-0"}});
            desk.gateway_is("ready");
            CHECK(desk.last_severity() == Severity::info);
        }
        const auto events = desk.events.latest(10);
        REQUIRE(events.size() == 3);
        CHECK(events[0].message == "state=unhealthy");
        CHECK(events[1].what == "engine ready");
        CHECK(events[2].message == "state=ready");
        for (const Event& event : events)
            CHECK(event.count == 3);
    }

    TEST_CASE("debug entries are for the log alone") {
        Desk desk;
        desk.say(Severity::debug, "round ended");
        CHECK(desk.events.latest(10).empty());
        CHECK(desk.log.entries.size() == 1);
        CHECK(desk.news == 0);
    }

    TEST_CASE("who has seen some asks for the rest") {
        Desk desk;
        for (const char* image : {"a", "b", "c", "d"})
            desk.say(Severity::info, "image pulled", {{"image", image}});
        const auto all = desk.events.latest(10);
        REQUIRE(all.size() == 4);
        const auto rest = desk.events.since(all[1].id, 10);
        REQUIRE(rest.size() == 2);
        CHECK(rest[0].id == all[2].id);
        CHECK(rest[1].message == "image=d");
        CHECK(desk.events.since(all[0].id, 2).back().id == all[2].id);
        CHECK(desk.events.since(all[3].id, 10).empty());
        CHECK(desk.events.latest(1).front().id == all[3].id);
        CHECK(desk.events.latest(0).empty());
    }

    TEST_CASE("the ids of a restarted controller are above those of the one before") {
        KeptJournal log;
        ManualClock clock;
        EventLog before(log, clock);
        for (const char* image : {"a", "b", "c"})
            before.record({Severity::info, "image pulled", {{"image", image}}});
        const auto last_seen = before.latest(1).front().id;
        clock.advance(1s);
        EventLog after(log, clock);
        after.record({Severity::info, "roundhouse starts", {}});
        CHECK(after.since(last_seen, 10).size() == 1);
    }

    TEST_CASE("memory is bounded: the oldest go, long messages are cut between characters") {
        Desk desk;
        std::string smileys;
        while (smileys.size() < 5'000)
            smileys += "\u263a";
        for (std::size_t i = 0; i < EventLog::capacity + 5; ++i)
            desk.say(Severity::info, "spec refused",
                     {{"number", std::to_string(i)}, {"problem", smileys}});
        const auto events = desk.events.latest(10'000);
        REQUIRE(events.size() == EventLog::capacity);
        CHECK(nth(events.front(), desk.clock.now()) == 6);
        const std::string& message = events.back().message;
        CHECK(message.size() <= 1024 + 3);
        CHECK(message.ends_with("\u263a\u2026"));
    }

    TEST_CASE("several threads record, and nothing is lost") {
        KeptJournal log;
        const ManualClock clock;
        EventLog events(log, clock);
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&events, thread] {
                for (int i = 0; i < 100; ++i)
                    events.record({Severity::info,
                                   "engine ready",
                                   {{"engine", std::to_string(thread * 100 + i)}}});
            });
        }
        threads.clear();
        const auto kept = events.latest(1000);
        REQUIRE(kept.size() == 400);
        for (std::size_t i = 0; i < kept.size(); ++i)
            CHECK(nth(kept[i], clock.now()) == i + 1);
    }
}
