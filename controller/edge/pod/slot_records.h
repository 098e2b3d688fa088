// The orders and reports of slots as values. controller/hold/README.md describes the files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"

namespace roundhouse {

// The file `want`: which engine a slot has, and whether it is to run.
struct SlotOrder {
    std::int64_t generation = 0;  // of its runs; 0: there has been none
    bool runs = false;
    Duration grace{0};
    std::vector<std::string> argv;
    std::vector<std::string> env;  // "NAME=value"

    // What the agent has to know of the engine later.
    std::string id;  // empty: there is no engine
    std::string name;
    std::string image;
    std::string network_mode;
    Time created_at{};
    std::map<std::string, std::string> labels;

    bool operator==(const SlotOrder&) const = default;
};

enum class RunState { running, exited, failed, stopped };

// The file `is`: how a generation fares.
struct SlotReport {
    std::int64_t generation = 0;  // 0: none has run
    RunState state = RunState::exited;
    std::optional<Time> started_at;
    std::optional<Time> ended_at;
    int exit_code = 0;
    std::string error;  // why it could not be started

    bool operator==(const SlotReport&) const = default;
};

std::string to_text(const SlotOrder& order);

// nullopt: the text is no such file, or half of one.
std::optional<SlotOrder> parse_order(std::string text);
std::optional<SlotReport> parse_report(std::string text);

}  // namespace roundhouse
