// Ages and waits in the cells of tables.
#pragma once

#include <optional>
#include <string>

#include "core/time.h"

namespace roundhouse {

// In the short form of kubectl: "5s", "12m", "3h20m", "4d2h". A negative duration is "0s".
std::string short_span(Duration duration);

// How long ago `time` was, as short_span(). "-" when it is not a time.
std::string age_of(const std::string& time, Time now);

// The members of the same names of an engine in the HTTP API.
struct WaitWords {
    std::optional<Time> due = {};
    std::string awaits = {};
    std::string then = {};
    std::string remedy = {};
};

// What ends the wait of an engine, and what follows: "acestream-2 is ready, or in 12s, then
// replaced", or "nothing by itself: " and what a person has to do. "-" for no wait.
std::string wait_text(const WaitWords& wait, Time now);

}  // namespace roundhouse
