#include "edge/command/reply_tree.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace roundhouse {

namespace {

// Enough for a thousand of anything.
constexpr YamlLimits limits{.text_bytes = std::size_t{8} << 20U,
                            .nodes = 200'000,
                            .scalar_bytes = std::size_t{8} << 20U,
                            .documents = 1,
                            .indicators = 1'000'000};

template <class Number>
bool read_number(const std::string& text, Number& number) {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

void write_scalar(JsonWriter& json, const YamlNode& node) {
    std::int64_t whole = 0;
    double number = 0;
    if (node.is_plain() && (node.text == "true" || node.text == "false")) {
        json.boolean(node.text == "true");
    } else if (node.is_plain() && read_number(node.text, whole)) {
        json.integer(whole);
    } else if (node.is_plain() && read_number(node.text, number)) {
        json.number(number);
    } else {
        json.string(node.text);
    }
}

void write_node(JsonWriter& json, const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null: json.null(); return;
        case YamlNode::Kind::scalar: write_scalar(json, node); return;
        case YamlNode::Kind::list:
            json.begin_array();
            for (const YamlNode& child : node.children)
                write_node(json, child);
            json.end_array();
            return;
        case YamlNode::Kind::map:
            json.begin_object();
            for (const YamlNode& child : node.children) {
                json.key(child.key);
                write_node(json, child);
            }
            json.end_object();
            return;
    }
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Nothing that a YAML reader of any age takes for something else than text.
bool is_plain_word(const std::string& text) {
    constexpr std::array<std::string_view, 8> taken{"true", "false", "null", "yes",
                                                    "no",   "on",    "off",  "n"};
    constexpr std::string_view others = "0123456789-_./";
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.size() < 2 || !is_letter(text[0])) return false;
    if (std::ranges::find(taken, lower) != taken.end()) return false;
    return std::ranges::all_of(
        text, [&](char c) { return is_letter(c) || others.find(c) != std::string_view::npos; });
}

// On the line that it begins on. A JSON string is a YAML string as well.
std::string inline_yaml(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null: return "null";
        case YamlNode::Kind::list: return "[]";
        case YamlNode::Kind::map: return "{}";
        case YamlNode::Kind::scalar: break;
    }
    if (!node.quoted || is_plain_word(node.text)) return node.text;
    return json_quote(node.text);
}

std::string key_yaml(const std::string& key) {
    return is_plain_word(key) ? key : json_quote(key);
}

// Appends a list or map that is not empty, line by line. The first line's indentation is there
// already.
void append_block(std::string& out, const YamlNode& node, std::size_t indent) {
    bool first = true;
    for (const YamlNode& child : node.children) {
        if (!first) out.append(indent, ' ');
        first = false;
        const bool in_list = node.kind == YamlNode::Kind::list;
        out += in_list ? "-" : key_yaml(child.key) + ":";
        if (child.children.empty()) {
            out += " " + inline_yaml(child) + "\n";
        } else if (in_list) {
            out += " ";
            append_block(out, child, indent + 2);
        } else {
            const bool list_below = child.kind == YamlNode::Kind::list;
            const std::size_t below = list_below ? indent : indent + 2;
            out += "\n" + std::string(below, ' ');
            append_block(out, child, below);
        }
    }
}

}  // namespace

Result<YamlNode> parse_reply(std::string_view text) {
    YamlDocuments parsed = parse_yaml(text, limits);
    if (!parsed.problems.empty() || parsed.documents.size() != 1) {
        const YamlProblem problem =
            parsed.problems.empty() ? YamlProblem{{}, "no value"} : parsed.problems.front();
        return Fault{FaultKind::unavailable, "the reply is not JSON: line " +
                                                 std::to_string(problem.mark.line) + ": " +
                                                 problem.message};
    }
    return std::move(parsed.documents.front());
}

const YamlNode& member(const YamlNode& map, std::string_view key) {
    static const YamlNode none;
    if (map.kind != YamlNode::Kind::map) return none;
    const auto found = std::ranges::find(map.children, key, &YamlNode::key);
    return found == map.children.end() ? none : *found;
}

const std::string& text_of(const YamlNode& map, std::string_view key) {
    return member(map, key).text;
}

bool is_true(const YamlNode& map, std::string_view key) {
    const YamlNode& node = member(map, key);
    return node.is_plain() && node.text == "true";
}

std::string as_json(const YamlNode& tree, JsonWriter::Layout layout) {
    JsonWriter json(layout);
    write_node(json, tree);
    return json.text() + "\n";
}

std::string as_yaml(const YamlNode& tree) {
    if (tree.children.empty()) return inline_yaml(tree) + "\n";
    std::string out;
    append_block(out, tree, 0);
    return out;
}

}  // namespace roundhouse
