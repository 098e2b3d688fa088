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

// What ends the wait of an engine: "in 12s", "acestream-2 is ready", "acestream-2 is ready, or in
// 12s", or what a person has to do. "-" for no wait. The arguments are the members of the same
// names in the HTTP API.
std::string wait_text(std::optional<Time> due, const std::string& awaits, const std::string& remedy,
                      Time now);

}  // namespace roundhouse
