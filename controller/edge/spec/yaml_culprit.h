// Finds the place that makes a text unreadable. The parser reports the place where it noticed,
// which is often a line or more below the mistake.
#pragma once

#include <optional>
#include <string_view>

#include "edge/spec/yaml_tree.h"

namespace roundhouse {

// How far the parser came.
struct ParserProgress {
    std::optional<TextMark> open_bracket;  // the innermost [ or { whose end is still to come
    std::optional<TextMark> last_quote;    // where the last value begins, if it is in quotes
    TextMark last_event;                   // where the last key, value, list or map begins
};

// `noticed` has the parser's place and words. The result has the place of the mistake, if there is
// a better one, and says what to write. Takes time linear in the size of the text.
YamlProblem culprit_of(std::string_view text, const YamlProblem& noticed,
                       const ParserProgress& progress);

// The first character from `mark` on that nobody sees (see characters.h), which has to exist.
YamlProblem invisible_from(std::string_view text, const TextMark& mark);

}  // namespace roundhouse
