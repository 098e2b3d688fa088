// Durations as users write them. format_duration (core/time.h) writes them.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace roundhouse {

// "250ms", "5s", "1m30s", "2h": whole numbers, largest unit first, each unit once. nullopt if any
// part of `text` is malformed, or a unit's part exceeds a hundred years.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace roundhouse
