// The reply to GET /containers/{id}/logs: bytes in, lines out. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec.h"

namespace roundhouse {

inline constexpr std::size_t most_log_lines = 5;
inline constexpr std::size_t longest_log_line_bytes = 200;

// The last lines that are not blank, oldest first, cleaned, without the escape sequences of
// terminals. `reply` is Docker's stream of frames, or plain bytes where the container has a
// terminal. The values of `hidden` are hidden as by without_values().
std::vector<std::string> parse_log(std::string_view reply, const KeyValues& hidden);

}  // namespace roundhouse
