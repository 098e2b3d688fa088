#include "edge/pod/slot_records.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace roundhouse;
using namespace std::string_view_literals;

namespace {

SlotOrder some_order() {
    SlotOrder order;
    order.generation = 12;
    order.runs = true;
    order.grace = Duration(5000);
    order.argv = {"/engine", "--name=a b", "", "two\nlines", "back\\slash", "\\n", " end "};
    order.env = {"HTTP_PORT=19000", "EMPTY=", "TWO=a\nb"};
    order.id = std::string(64, 'a');
    order.name = "acestream-0";
    order.image = "engine:1";
    order.network_mode = "container:0000";
    order.created_at = Time(Duration(1'700'000'000'123));
    order.labels = {{"roundhouse.slot", "0"}, {"note", "a=b\n"}, {"none", ""}};
    return order;
}

constexpr std::string_view good_report =
    "generation 3\nstate exited\npid 17\nstarted_ms 1000\nended_ms 2500\nexit_code 3\nerror "
    "\nend\n";

}  // namespace

TEST_CASE("an order is read as it was written, whatever is in it") {
    CHECK(parse_order(to_text(some_order())) == some_order());
    CHECK(parse_order(to_text(SlotOrder())) == SlotOrder());
}

TEST_CASE("half a file is none, wherever it ends") {
    const std::string order = to_text(some_order());
    for (std::size_t size = 0; size < order.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_order(order.substr(0, size)).has_value());
    }
    for (std::size_t size = 0; size < good_report.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_report(std::string(good_report.substr(0, size))).has_value());
    }
}

TEST_CASE("a report is read") {
    const auto report = parse_report(std::string(good_report));
    REQUIRE(report.has_value());
    CHECK(report->generation == 3);
    CHECK(report->state == RunState::exited);
    CHECK(report->started_at == Time(Duration(1000)));
    CHECK(report->ended_at == Time(Duration(2500)));
    CHECK(report->exit_code == 3);
    CHECK(report->error.empty());
}

TEST_CASE("what an engine may have written instead of a report is none") {
    for (const std::string text :
         {"", "end", "hello\nend\n", "generation x\nend\n", "generation -1\nend\n",
          "generation 99999999999999999999\nend\n", "generation 9223372036854775807\nend\n",
          "generation 1\nstate happy\nend\n", "started_ms 1.5\nend\n", "generation 1 \nend\n",
          "\n\nend\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_report(text).has_value());
    }
}

TEST_CASE("fields of later versions are passed over, and messages are made safe") {
    const auto report = parse_report("colour blue\ngeneration 1\nerror a\x1b[31mb\\nc\nend\n");
    REQUIRE(report.has_value());
    CHECK(report->generation == 1);
    CHECK(report->error == "a?[31mb c");
}

TEST_CASE("whatever bytes an engine writes, a report is refused or within its bounds") {
    std::mt19937 dice(1);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(dice);
    };
    constexpr std::string_view bytes = "0123456789 \n\\-end\x7f\xff\0x"sv;
    int read = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text(good_report);
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            const std::size_t at = below(text.size());
            switch (below(3)) {
                case 0: text[at] = bytes[below(bytes.size())]; break;
                case 1: text.erase(at, 1); break;
                default: text.insert(at, 1 + below(20), bytes[below(bytes.size())]);
            }
        }
        const auto report = parse_report(text);
        if (!report) continue;
        ++read;
        CHECK(report->generation >= 0);
        CHECK(report->generation < std::int64_t{1} << 60);
        CHECK(report->exit_code >= 0);
        CHECK(report->error.size() <= 200);
        CHECK(report->error.find_first_of("\n\x7f") == std::string::npos);
        (void)parse_order(text);
    }
    CHECK(read > 100);
}
