#include "edge/system/log.h"

#include <doctest/doctest.h>

#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <vector>

using namespace roundhouse;

namespace {

// Records entries with the settings. Checks the timestamps of the lines and returns the rest.
class LogFile {
  public:
    explicit LogFile(const LogSettings& settings)
        : file_(std::tmpfile(), &std::fclose), log_(settings, file_.get()) {}

    Log& log() { return log_; }

    std::vector<std::string> lines() {
        std::rewind(file_.get());
        std::vector<std::string> lines;
        std::string line;
        for (int c = std::fgetc(file_.get()); c != EOF; c = std::fgetc(file_.get())) {
            if (c != '\n') {
                line += static_cast<char>(c);
                continue;
            }
            lines.push_back(without_time(line));
            line.clear();
        }
        CHECK(line.empty());
        return lines;
    }

  private:
    static std::string without_time(const std::string& line) {
        static const std::regex time(R"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
        CHECK(std::regex_search(line, time));
        return std::regex_replace(line, time, "T");
    }

    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    Log log_;
};

std::string logged(LogFormat format, const JournalEntry& entry, bool colours = false) {
    LogFile file({.level = Severity::debug, .format = format, .colours = colours});
    file.log().record(entry);
    const auto lines = file.lines();
    REQUIRE(lines.size() == 1);
    return lines.front();
}

}  // namespace

TEST_CASE("text: a message, then fields, quoted only if necessary") {
    struct Row {
        std::string value;
        std::string shown;
    };
    const Row rows[] = {
        {"acestream-0", "acestream-0"},     {"", R"("")"},
        {"two words", R"("two words")"},    {"a=b", R"("a=b")"},
        {R"(say "hi")", R"("say \"hi\"")"}, {"one\ntwo", R"("one\ntwo")"},
        {"\x1b[2J", R"("\u001b[2J")"},      {"caf\u00e9", "caf\u00e9"},
        {"caf\xE9", "\"caf\uFFFD\""},       {"{}%v {0}", R"("{}%v {0}")"},
    };
    for (const Row& row : rows) {
        CHECK(logged(LogFormat::text, {Severity::info, "engine started", {{"it", row.value}}}) ==
              "T info  engine started it=" + row.shown);
    }
}

TEST_CASE("entries below the chosen level are dropped") {
    LogFile file({.level = Severity::warning});
    for (const Severity severity :
         {Severity::debug, Severity::info, Severity::warning, Severity::error}) {
        file.log().record({severity, "it happened", {}});
    }
    CHECK(file.lines() == std::vector<std::string>{"T warning it happened", "T error it happened"});
    CHECK(logged(LogFormat::text, {Severity::debug, "m", {}}) == "T debug m");
}

TEST_CASE("json: one object a line") {
    CHECK(logged(
              LogFormat::json,
              {Severity::warning, "step \"x\" failed", {{"engine", "e-0"}, {"why", "a\nb\xFF"}}}) ==
          "{\"time\":\"T\",\"level\":\"warning\",\"message\":\"step \\\"x\\\" failed\","
          "\"engine\":\"e-0\",\"why\":\"a\\nb\uFFFD\"}");
}

TEST_CASE("colours go around the level, and never into json") {
    const JournalEntry entry{Severity::error, "m", {}};
    const std::string text = logged(LogFormat::text, entry, true);
    CHECK(text.find("\x1b[") == 2);
    CHECK(text.ends_with("\x1b[m m"));
    CHECK(logged(LogFormat::json, entry, true) == R"({"time":"T","level":"error","message":"m"})");
}

TEST_CASE("a line has a bounded length, however long its values") {
    const std::string line =
        logged(LogFormat::text, {Severity::info, "m", {{"it", std::string(100'000, 'x')}}});
    CHECK(line.size() < 4200);
    CHECK(line.ends_with("x\u2026"));
}

TEST_CASE("lines of several threads do not mix") {
    LogFile file({});
    constexpr std::size_t threads = 4;
    constexpr std::size_t entries = 200;
    const std::string value(300, 'x');
    {
        std::vector<std::jthread> writers;
        for (std::size_t i = 0; i < threads; ++i) {
            writers.emplace_back([&] {
                for (std::size_t n = 0; n < entries; ++n) {
                    file.log().record({Severity::info, "m", {{"it", value}}});
                }
            });
        }
    }
    const auto lines = file.lines();
    CHECK(lines.size() == threads * entries);
    for (const std::string& line : lines)
        REQUIRE(line == "T info  m it=" + value);
}
