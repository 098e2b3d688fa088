#include "edge/spec/value_kinds.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string_view>

#include "core/numbers.h"
#include "edge/text/duration.h"
#include "edge/text/foreign_text.h"
#include "edge/text/nearest_name.h"
#include "edge/text/quantity.h"

namespace roundhouse {

namespace {

std::string shown_as_found(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::null: return "nothing";
        case YamlNode::Kind::list: return "a list";
        case YamlNode::Kind::map: return "a mapping";
        case YamlNode::Kind::scalar: break;
    }
    return in_quotes(node.text);
}

bool is_whole_number(std::string_view text) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    return parse_number(text, least).has_value();
}

// People write ${NAME} as Compose files do.
bool refers_to_environment(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) return false;
    const auto dollar = node.text.find('$');
    if (dollar == std::string::npos || dollar + 1 == node.text.size()) return false;
    const char next = node.text[dollar + 1];
    return next == '{' || next == '_' || (lower({&next, 1}) >= "a" && lower({&next, 1}) <= "z");
}

// What a mismatch of `node` most likely comes from, for the end of an error.
std::string usual_advice(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::null) return "; write a value or remove the field";
    if (!refers_to_environment(node)) return "";
    return "; there are no environment variables here: write the value itself";
}

// YAML parsers disagree on the value of 010, 1_000 and 1e3, so none of them is accepted.
void add_number_mismatch(SpecDraft& draft, const YamlNode& node, const std::string& path,
                         const std::string& expected) {
    const bool is_number = is_whole_number(node.text);
    if (node.quoted && is_number) {
        draft.add_error(node.mark, path,
                        "expected " + expected + ", got a text in quotes; write " + node.text);
    } else if (node.kind == YamlNode::Kind::scalar && !is_number) {
        add_mismatch(draft, node, path, expected + ", in decimal digits without leading zeros");
    } else {
        add_mismatch(draft, node, path, expected);
    }
}

template <class Number>
ValueKind whole_number_kind(const Place<Number>& place, Number least, Number most) {
    const std::string limits = std::to_string(least) + " to " + std::to_string(most);
    ValueKind kind;
    kind.expected = "a whole number from " + limits;
    kind.schema = [=]() -> Json {
        return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
    };
    kind.read = [=, expected = kind.expected](SpecDraft& draft, const YamlNode& node,
                                              const std::string& path) {
        const auto number = node.is_plain() ? parse_number(node.text, least, most) : std::nullopt;
        if (number) {
            place(draft) = *number;
        } else {
            add_number_mismatch(draft, node, path, expected);
        }
    };
    kind.shown = [=](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

// A text rule with its compiled pattern.
class TextCheck {
  public:
    explicit TextCheck(const TextRule& rule)
        : rule_(rule), pattern_(std::make_shared<std::regex>(rule.pattern)) {}

    bool accepts(const std::string& text) const {
        if (text.empty()) return rule_.may_be_empty;
        // The length is checked first: std::regex recurses for each character.
        if (text.size() > rule_.longest) return false;
        return rule_.pattern.empty() || std::regex_match(text, *pattern_);
    }

    // The text of `node`. Adds an error and returns nullopt when the rule rejects it.
    std::optional<std::string> read(SpecDraft& draft, const YamlNode& node,
                                    const std::string& path) const {
        const bool is_text = node.kind == YamlNode::Kind::scalar;
        if (is_text && accepts(node.text)) return node.text;
        std::string expected = rule_.expected;
        if (is_text && node.text.size() > rule_.longest) {
            expected += ", at most " + std::to_string(rule_.longest) + " bytes long";
        }
        const std::string got =
            is_text && !rule_.repeat_in_errors ? "" : ", got " + shown_as_found(node);
        const std::string more = is_text && rule_.advice ? rule_.advice(node.text) : "";
        draft.add_error(
            node.mark, path,
            "expected " + expected + got + (more.empty() ? usual_advice(node) : ": " + more));
        return std::nullopt;
    }

    Json schema() const {
        if (rule_.pattern.empty()) return {{"type", {"string", "number", "boolean"}}};
        const std::string empty_or = rule_.may_be_empty ? "^$|" : "";
        return {{"type", "string"},
                {"maxLength", rule_.longest},
                {"pattern", empty_or + rule_.pattern}};
    }

  private:
    TextRule rule_;
    std::shared_ptr<std::regex> pattern_;  // shared by the copies of this check
};

}  // namespace

TextRule free_text() {
    TextRule rule{"a text", "", std::size_t{128} << 10U};
    rule.may_be_empty = true;
    rule.repeat_in_errors = false;
    return rule;
}

void add_mismatch(SpecDraft& draft, const YamlNode& node, const std::string& path,
                  const std::string& expected) {
    draft.add_error(node.mark, path,
                    "expected " + expected + ", got " + shown_as_found(node) + usual_advice(node));
}

void add_unknown_word(SpecDraft& draft, const YamlNode& node, const std::string& path,
                      const std::vector<std::string>& words) {
    std::string expected = (words.size() > 1 ? "one of " : "") + joined(words, ", ");
    const auto nearest = nearest_name(node.text, words);
    if (node.kind != YamlNode::Kind::scalar || !nearest || words.size() == 1) {
        add_mismatch(draft, node, path, expected);
        return;
    }
    draft.add_error(node.mark, path,
                    "expected " + expected + ", got " + in_quotes(node.text) + "; did you mean " +
                        *nearest + "?");
}

ValueKind constant(std::string text) {
    ValueKind kind;
    kind.expected = text;
    kind.schema = [text]() -> Json { return {{"const", text}}; };
    kind.read = [text](SpecDraft& draft, const YamlNode& node, const std::string& path) {
        const bool same = node.kind == YamlNode::Kind::scalar && node.text == text;
        if (!same) add_mismatch(draft, node, path, text);
    };
    kind.shown = [text](SpecDraft&) -> Json { return text; };
    return kind;
}

ValueKind whole_number(const Place<int>& place, int least, int most) {
    return whole_number_kind<int>(place, least, most);
}

ValueKind whole_number(const Place<std::int64_t>& place, std::int64_t least, std::int64_t most) {
    return whole_number_kind<std::int64_t>(place, least, most);
}

ValueKind yes_or_no(const Place<bool>& place) {
    ValueKind kind;
    kind.expected = "true or false";
    kind.schema = []() -> Json { return {{"type", "boolean"}}; };
    kind.read = [place](SpecDraft& draft, const YamlNode& node, const std::string& path) {
        const bool is_word = node.text == "true" || node.text == "false";
        if (node.is_plain() && is_word) {
            place(draft) = node.text == "true";
        } else {
            const char* advice = node.quoted && is_word ? "true or false without quotes"
                                                        : "true or false, in lower case";
            add_mismatch(draft, node, path, advice);
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

ValueKind duration(const Place<Duration>& place, Duration least, Duration most) {
    const std::string from = least > Duration(0) ? "from " + format_duration(least) + " " : "up ";
    ValueKind kind;
    kind.expected = "a duration such as 5s or 1m30s, " + from + "to " + format_duration(most);
    kind.schema = []() -> Json {
        return {{"type", "string"},
                {"pattern", "^(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"}};
    };
    kind.read = [=, expected = kind.expected](SpecDraft& draft, const YamlNode& node,
                                              const std::string& path) {
        const bool is_text = node.kind == YamlNode::Kind::scalar;
        const auto read = is_text ? parse_duration(node.text) : std::nullopt;
        if (read && *read >= least && *read <= most) {
            place(draft) = *read;
        } else if (is_text && is_whole_number(node.text)) {
            draft.add_error(node.mark, path,
                            "expected " + expected + "; " + node.text + " has no unit: write " +
                                node.text + "s");
        } else {
            add_mismatch(draft, node, path, expected);
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return format_duration(place(draft)); };
    return kind;
}

ValueKind size_in_bytes(const Place<std::int64_t>& place, std::int64_t least_mebibytes) {
    const std::int64_t least = least_mebibytes << 20;
    ValueKind kind;
    kind.expected =
        "a size such as 512Mi or 1G, at least " + std::to_string(least_mebibytes) + "Mi";
    kind.schema = []() -> Json {
        return {{"type", {"string", "integer"}}, {"pattern", "^[0-9]+(Ki|Mi|Gi|Ti|k|K|M|G|T)?$"}};
    };
    kind.read = [=, expected = kind.expected](SpecDraft& draft, const YamlNode& node,
                                              const std::string& path) {
        const bool is_text = node.kind == YamlNode::Kind::scalar;
        const auto size = is_text ? parse_size(node.text) : std::nullopt;
        if (size && *size >= least) {
            place(draft) = *size;
        } else {
            add_mismatch(draft, node, path, expected);
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

ValueKind cpu_share(const Place<std::int64_t>& place) {
    // Docker rejects less than a hundredth of a CPU.
    constexpr std::int64_t least_nanos = 10'000'000;
    constexpr std::int64_t most_nanos = 4096LL * 1'000'000'000;
    ValueKind kind;
    kind.expected = "a number of CPUs such as 1.5 or 500m, from 0.01 to 4096";
    kind.schema = []() -> Json {
        return {{"type", {"string", "number"}}, {"pattern", "^[0-9]+(m|\\.[0-9]{1,9})?$"}};
    };
    kind.read = [=, expected = kind.expected](SpecDraft& draft, const YamlNode& node,
                                              const std::string& path) {
        const bool is_text = node.kind == YamlNode::Kind::scalar;
        const auto nanos = is_text ? parse_cpus(node.text) : std::nullopt;
        if (nanos && *nanos >= least_nanos && *nanos <= most_nanos) {
            place(draft) = *nanos;
        } else {
            add_mismatch(draft, node, path, expected);
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

ValueKind text(const Place<std::string>& place, const TextRule& rule) {
    const TextCheck check(rule);
    ValueKind kind;
    kind.expected = rule.expected;
    kind.schema = [check] { return check.schema(); };
    kind.read = [=](SpecDraft& draft, const YamlNode& node, const std::string& path) {
        if (auto read = check.read(draft, node, path)) place(draft) = std::move(*read);
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

ValueKind text_list(const Place<std::vector<std::string>>& place, const TextRule& item) {
    const TextCheck check(item);
    ValueKind kind;
    kind.expected = "a list, each item " + item.expected;
    kind.schema = [=]() -> Json { return {{"type", "array"}, {"items", check.schema()}}; };
    kind.read = [=](SpecDraft& draft, const YamlNode& node, const std::string& path) {
        if (node.kind != YamlNode::Kind::list) {
            add_mismatch(draft, node, path, "a list ([a, b], or a line \"- a\" for each item)");
            return;
        }
        place(draft).clear();
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            const std::string item_path = path + "[" + std::to_string(i) + "]";
            draft.note(item_path, node.children[i].mark);
            auto read = check.read(draft, node.children[i], item_path);
            // A bad item keeps its place, so that errors name later items by the right number.
            place(draft).push_back(read.value_or(""));
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json { return place(draft); };
    return kind;
}

ValueKind text_map(const Place<KeyValues>& place, const TextRule& key, const TextRule& value) {
    const TextCheck key_check(key);
    const TextCheck value_check(value);
    ValueKind kind;
    kind.expected = "a mapping of names to texts";
    kind.schema = [=]() -> Json {
        return {{"type", "object"},
                {"propertyNames", key_check.schema()},
                {"additionalProperties", value_check.schema()}};
    };
    kind.read = [=, expected_key = key.expected](SpecDraft& draft, const YamlNode& node,
                                                 const std::string& path) {
        if (node.kind != YamlNode::Kind::map) {
            add_mismatch(draft, node, path, "a mapping (lines of \"NAME: value\")");
            return;
        }
        place(draft).clear();
        for (const YamlNode& child : node.children) {
            const std::string item_path = member_path(path, child.key);
            if (!key_check.accepts(child.key)) {
                draft.add_error(child.key_mark, item_path,
                                "expected " + expected_key + ", got " + in_quotes(child.key));
                continue;
            }
            draft.note(item_path, child.mark);
            auto read = value_check.read(draft, child, item_path);
            if (read) place(draft).emplace_back(child.key, std::move(*read));
        }
    };
    kind.shown = [place](SpecDraft& draft) -> Json {
        Json members = Json::object();
        for (const auto& [name, shown] : place(draft))
            members[name] = shown;
        return members;
    };
    return kind;
}

ValueKind choice_of(std::vector<std::string> words, std::function<std::size_t(SpecDraft&)> index_in,
                    std::function<void(SpecDraft&, std::size_t index)> set_index) {
    ValueKind kind;
    kind.expected = joined(words, " | ");
    kind.schema = [words]() -> Json { return {{"enum", words}}; };
    kind.shown = [words, index_in = std::move(index_in)](SpecDraft& draft) -> Json {
        return words.at(index_in(draft));
    };
    kind.read = [words = std::move(words), set_index = std::move(set_index)](
                    SpecDraft& draft, const YamlNode& node, const std::string& path) {
        const auto word = std::ranges::find(words, node.text);
        if (node.kind == YamlNode::Kind::scalar && word != words.end()) {
            set_index(draft, static_cast<std::size_t>(word - words.begin()));
        } else {
            add_unknown_word(draft, node, path, words);
        }
    };
    return kind;
}

}  // namespace roundhouse
