// The port through which the loop reports what happened. Each entry is a transition, reported once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roundhouse {

enum class Severity { debug, info, warning, error };

// A constant message plus fields: "engine started", {{"engine", "acestream-0"}, ...}.
struct JournalEntry {
    Severity severity = Severity::info;
    std::string_view message;  // a string literal
    std::vector<std::pair<std::string_view, std::string>> fields;
};

// Any thread. Never throws, never blocks for long.
class Journal {
  public:
    virtual ~Journal() = default;
    virtual void record(const JournalEntry& entry) = 0;
};

}  // namespace roundhouse
