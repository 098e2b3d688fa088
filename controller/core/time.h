// Time as the whole program speaks it: milliseconds, on the wall clock unless a name says
// otherwise.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

using Duration = std::chrono::milliseconds;
// A point on the wall clock (UTC). Docker's timestamps are of this kind.
using Time = std::chrono::sys_time<Duration>;

// "2026-01-01T00:00:00Z"; seconds, as users read them.
std::string format_time(Time time);

// Reads Docker's RFC 3339 timestamps ("2026-01-01T00:00:00.123456789Z", offsets too), cut to
// milliseconds. nullopt for anything else. Docker's "0001-01-01T00:00:00Z" means "never" and is
// nullopt as well.
std::optional<Time> parse_time(std::string_view text);

// "250ms", "5s", "1m30s", "2h": the way a spec writes durations.
std::string format_duration(Duration duration);

constexpr double to_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace roundhouse
