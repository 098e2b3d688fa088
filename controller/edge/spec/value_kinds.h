// The kinds of values that a field of the spec can hold. From one set of limits each kind knows how
// a value is read, how a default is shown, and what the JSON Schema says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "edge/spec/draft.h"
#include "edge/spec/yaml_tree.h"
#include "edge/text/json.h"
#include "edge/text/strings.h"

namespace roundhouse {

// The place of a value in a draft.
template <class T>
using Place = std::function<T&(SpecDraft&)>;

struct ValueKind {
    std::string expected;  // "a whole number from 1 to 1000": the end of "expected ..."
    // An object: what the JSON Schema says besides description and default.
    std::function<Json()> schema;
    // Puts the value of `node` in its place, or adds an error at `path`.
    std::function<void(SpecDraft&, const YamlNode& node, const std::string& path)> read;
    std::function<Json(SpecDraft&)> shown;  // the value as the user would write it
};

// What a text must look like. Any plain scalar is a text: `user: 1000` is "1000".
struct TextRule {
    std::string expected;
    std::string pattern;  // whole text, as ECMAScript and JSON Schema write it; empty: any text
    std::size_t longest = 255;     // bytes
    bool may_be_empty = false;     // "" is the same as leaving the field out
    bool repeat_in_errors = true;  // false for what may be, or may be mistaken for, a secret
    // What is wrong with a text that `pattern` rejects, for the end of the error; "": nothing more.
    std::function<std::string(const std::string&)> advice = {};
};

// Any text up to the length that Linux allows for one argument of a program.
TextRule free_text();

ValueKind constant(std::string text);
ValueKind whole_number(const Place<int>& place, int least, int most);
ValueKind whole_number(const Place<std::int64_t>& place, std::int64_t least, std::int64_t most);
ValueKind yes_or_no(const Place<bool>& place);
ValueKind duration(const Place<Duration>& place, Duration least, Duration most);
ValueKind size_in_bytes(const Place<std::int64_t>& place, std::int64_t least_mebibytes);
ValueKind cpu_share(const Place<std::int64_t>& place);
ValueKind text(const Place<std::string>& place, const TextRule& rule);
ValueKind text_list(const Place<std::vector<std::string>>& place, const TextRule& item);
ValueKind text_map(const Place<KeyValues>& place, const TextRule& key, const TextRule& value);

// Adds the error "expected ..., got ..." for the value of `node`.
void add_mismatch(SpecDraft& draft, const YamlNode& node, const std::string& path,
                  const std::string& expected);

// Adds the error that lists the accepted words and suggests the nearest.
void add_unknown_word(SpecDraft& draft, const YamlNode& node, const std::string& path,
                      const std::vector<std::string>& words);

// One of `words`; the functions read and set the index of the word in a draft.
ValueKind choice_of(std::vector<std::string> words, std::function<std::size_t(SpecDraft&)> index_in,
                    std::function<void(SpecDraft&, std::size_t index)> set_index);

// One of a few words, each of which stands for a value.
template <class E>
ValueKind choice(const Place<E>& place, std::vector<std::pair<std::string, E>> choices) {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& [word, value] : choices)
        words.push_back(word);
    const auto index_in = [=](SpecDraft& draft) {
        const auto is_held = [&](const auto& choice) { return choice.second == place(draft); };
        return static_cast<std::size_t>(std::ranges::find_if(choices, is_held) - choices.begin());
    };
    const auto set_index = [=](SpecDraft& draft, std::size_t index) {
        place(draft) = choices.at(index).second;
    };
    return choice_of(std::move(words), index_in, set_index);
}

}  // namespace roundhouse
