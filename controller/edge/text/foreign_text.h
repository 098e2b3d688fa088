// The one cleaner for text from outside: replies, file names, what a user typed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace roundhouse {

// `text` as valid UTF-8 on one line, at most `max_bytes` long. Tabs and line ends become spaces;
// other control characters (C0, DEL, C1) and bytes that are not UTF-8 become '?'. Longer text ends
// in "...", cut between two characters. Cleaning twice changes nothing.
std::string cleaned(std::string_view text, std::size_t max_bytes);

// A name or a value in single quotes, cleaned, for messages.
std::string in_quotes(std::string_view text);

}  // namespace roundhouse
