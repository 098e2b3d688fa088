// YAML text as a plain tree; every value has its place in the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse {

// A place in a text. Lines and columns begin with 1; columns count bytes.
struct TextMark {
    int line = 1;
    int column = 1;

    bool operator==(const TextMark&) const = default;
};

struct YamlNode {
    enum class Kind { null, scalar, list, map };

    Kind kind = Kind::null;
    std::string text;     // of a scalar
    bool quoted = false;  // a scalar in quotes, or a block (| or >): never a number or a boolean
    TextMark mark;        // where it begins; for a null in a map, its key
    std::vector<YamlNode> children;  // of a list or a map, in the order of the text

    // Only for the children of a map.
    std::string key;
    TextMark key_mark;

    bool is_plain() const { return kind == Kind::scalar && !quoted; }
};

struct YamlProblem {
    TextMark mark;
    std::string message;
};

struct YamlDocuments {
    std::vector<YamlNode> documents;  // `null` for an empty one; empty if the text is broken
    std::vector<YamlProblem> problems;
};

// What a text may hold. An alias counts as much as its value, so that a small text cannot become a
// huge tree.
struct YamlLimits {
    std::size_t text_bytes = std::size_t{1} << 20U;
    std::size_t depth = 64;
    std::size_t nodes = 20'000;
    std::size_t scalar_bytes = std::size_t{4} << 20U;  // of all scalars together
    std::size_t documents = 100;
    // Brackets, commas, anchors, aliases and tags: the parser holds a token for each of them before
    // it reports the first. Those in comments and quotes count, too.
    std::size_t indicators = 50'000;
};

// Parses every document of `text`. Anchors and aliases are resolved. Never throws.
//
// Rejects duplicate keys (the first one is kept), merge keys (<<), keys that are not text, tags
// (!!str), an alias inside its own anchor, bytes that are not UTF-8, control characters, and
// outside of quotes characters that nobody sees, such as a no-break space. Each problem says what
// to write instead, at the place of the mistake where that can be found. Problems are not sorted.
//
// A text of 1 MiB takes less than a second and less than 64 MiB, however hostile it is.
YamlDocuments parse_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace roundhouse
