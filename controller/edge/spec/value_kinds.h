// The kinds of values that a field of the spec can hold. Each kind knows how it is read, how its
// default is shown, and what a JSON Schema says of it, from one set of limits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "edge/spec/draft.h"
#include "edge/spec/yaml_tree.h"
#include "edge/text/json_value.h"
#include "edge/text/strings.h"

namespace roundhouse {

// Where in a draft a value goes.
template <class T>
using Place = std::function<T&(SpecDraft&)>;

struct ValueKind {
    std::string expected;  // "a whole number from 1 to 1000": the end of "expected ..."
    JsonMembers schema;    // what the schema says besides description and default
    // Puts the value of `node` in its place, or adds an error at `path`.
    std::function<void(SpecDraft&, const YamlNode& node, const std::string& path)> read;
    std::function<JsonValue(SpecDraft&)> shown;  // the value as the user would write it
};

// What a text has to look like. Texts are read from any plain scalar: `user: 1000` is "1000".
struct TextRule {
    std::string expected;
    std::string pattern;  // whole text, as ECMAScript and JSON Schema write it; empty: any text
    std::size_t longest = 255;     // bytes
    bool may_be_empty = false;     // "" is the same as leaving the field out
    bool repeat_in_errors = true;  // false for what may be, or may be mistaken for, a secret
};

// Any text up to the longest argument that Linux hands to a program.
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

// Adds the error for a value that is not what was expected.
void add_mismatch(SpecDraft& draft, const YamlNode& node, const std::string& path,
                  const std::string& expected);

// Adds the error that names the words that are accepted, and the nearest of them.
void add_unknown_word(SpecDraft& draft, const YamlNode& node, const std::string& path,
                      const std::vector<std::string>& words);

JsonItems to_items(const std::vector<std::string>& texts);

// One of a few words.
template <class E>
ValueKind choice(const Place<E>& place, std::vector<std::pair<std::string, E>> choices) {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& [word, value] : choices)
        words.push_back(word);
    ValueKind kind;
    kind.expected = joined(words, " | ");
    kind.schema = {{"enum", to_items(words)}};
    kind.read = [=](SpecDraft& draft, const YamlNode& node, const std::string& path) {
        for (const auto& [word, value] : choices) {
            if (node.kind != YamlNode::Kind::scalar || node.text != word) continue;
            place(draft) = value;
            return;
        }
        add_unknown_word(draft, node, path, words);
    };
    kind.shown = [=](SpecDraft& draft) -> JsonValue {
        for (const auto& [word, value] : choices) {
            if (place(draft) == value) return word;
        }
        return "";
    };
    return kind;
}

}  // namespace roundhouse
