// What of the conditions' changes is news.
#include "loop/narrator.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace roundhouse;

namespace {

class Entries : public Journal {
  public:
    void record(const JournalEntry& entry) override {
        if (entry.severity == Severity::debug) return;
        std::string line = entry.severity == Severity::warning ? "warning: " : "";
        line += entry.message;
        for (const auto& [name, value] : entry.fields)
            line += " " + value;
        lines.push_back(line);
    }
    std::vector<std::string> take() { return std::exchange(lines, {}); }

  private:
    std::vector<std::string> lines;
};

Condition condition(std::string type, Truth status, std::string reason, std::string message = "") {
    Condition result;
    result.type = std::move(type);
    result.status = status;
    result.reason = std::move(reason);
    result.message = std::move(message);
    return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("narrator") {
    TEST_CASE("conditions that are good from the start are no news; that all is ready is") {
        Entries entries;
        Narrator narrator(entries);
        narrator.conditions_changed({condition("Capped", Truth::no, "WithinCap"),
                                     condition("PortsFree", Truth::yes, "Free"),
                                     condition("Progressing", Truth::yes, "WorldDiffers"),
                                     condition("GatewayReady", Truth::no, "GatewayNotReady"),
                                     condition("Ready", Truth::yes, "AllEnginesReady", "3 of 3")});
        CHECK(entries.take() == Lines{"all engines are ready Ready 3 of 3"});
    }

    TEST_CASE("an outage has a begin and an end") {
        Entries entries;
        Narrator narrator(entries);
        const auto says = [&](Truth status, const std::string& message) {
            narrator.conditions_changed({condition("Ready", status, "Because", message)});
            return entries.take();
        };
        CHECK(says(Truth::no, "0 of 3").empty());
        CHECK(says(Truth::yes, "3 of 3") == Lines{"all engines are ready Ready 3 of 3"});
        CHECK(says(Truth::unknown, "not known").empty());
        CHECK(says(Truth::yes, "3 of 3").empty());
        CHECK(says(Truth::no, "2 of 3") == Lines{"not all engines are ready Ready 2 of 3"});
        CHECK(says(Truth::yes, "3 of 3") == Lines{"all engines are ready Ready 3 of 3"});
    }

    TEST_CASE("a condition that is not good is news, and so is its end") {
        Entries entries;
        Narrator narrator(entries);
        narrator.conditions_changed({condition("Capped", Truth::yes, "AboveCap", "25 of 20"),
                                     condition("PortsFree", Truth::unknown, "LookFailed")});
        CHECK(entries.take() == Lines{"condition changed Capped True AboveCap 25 of 20"});
        narrator.conditions_changed({condition("Capped", Truth::no, "WithinCap"),
                                     condition("PortsFree", Truth::yes, "Free")});
        CHECK(entries.take() == Lines{"condition changed Capped False WithinCap"});
        narrator.conditions_changed({condition("Capped", Truth::no, "WithinCap")});
        CHECK(entries.take().empty());
    }

    TEST_CASE("engines that fail again and again are a warning with each new cause, and its end") {
        Entries entries;
        Narrator narrator(entries);
        const auto says = [&](Truth status, const std::string& reason) {
            narrator.conditions_changed({condition("Stable", status, reason)});
            return entries.take();
        };
        CHECK(says(Truth::yes, "FewFailures").empty());
        CHECK(says(Truth::no, "Exited") ==
              Lines{"warning: engines fail again and again Stable Exited"});
        CHECK(says(Truth::no, "OutOfMemory") ==
              Lines{"warning: engines fail again and again Stable OutOfMemory"});
        CHECK(says(Truth::unknown, "LookFailed").empty());
        CHECK(says(Truth::yes, "FewFailures") ==
              Lines{"engines are stable again Stable FewFailures"});
    }

    TEST_CASE("where nothing happens until a person acts, that is a warning") {
        Entries entries;
        Narrator narrator(entries);
        narrator.conditions_changed({condition("Progressing", Truth::no, "Stuck", "remove a-2")});
        CHECK(entries.take() ==
              Lines{"warning: condition changed Progressing False Stuck remove a-2"});
        narrator.conditions_changed({condition("Progressing", Truth::no, "Matches")});
        CHECK(entries.take().empty());
    }
}
