#include "edge/spec/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <tuple>
#include <utility>

#include "edge/spec/characters.h"
#include "edge/spec/yaml_culprit.h"
#include "edge/text/foreign_text.h"
#include "edge/text/utf8.h"

namespace roundhouse {

namespace {

// An empty comment after every text. Without it yaml-cpp takes the line feed at the end of the text
// for the end of an open quote, and accepts a file that was cut off.
constexpr std::string_view end_of_text = "#";

// Ends the parsing of a text that is not worth reading further.
struct Unreadable : std::exception {
    explicit Unreadable(YamlProblem why) : problem(std::move(why)) {}
    YamlProblem problem;
};

// Ends the parsing at a value with a character that nobody sees.
struct Invisible : std::exception {
    explicit Invisible(const TextMark& where) : mark(where) {}
    TextMark mark;  // of the value
};

TextMark end_of(std::string_view text) {
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    const auto last_line = text.substr(text.rfind('\n') + 1);
    return {static_cast<int>(lines), static_cast<int>(last_line.size()) + 1};
}

// If something is missing at the end, the parser reports a place in the comment after the text.
TextMark to_mark(const YAML::Mark& mark, const TextMark& end) {
    if (mark.is_null()) return {};
    const TextMark reported{mark.line + 1, mark.column + 1};
    return std::tie(reported.line, reported.column) < std::tie(end.line, end.column) ? reported
                                                                                     : end;
}

std::string at(const TextMark& mark) {
    return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

YamlNode node_at(YamlNode::Kind kind, const TextMark& mark) {
    YamlNode node;
    node.kind = kind;
    node.mark = mark;
    return node;
}

// How much the tree may still grow.
class Budget {
  public:
    explicit Budget(const YamlLimits& limits) : limits_(limits) {}

    void charge(const YamlNode& tree, const TextMark& mark) {
        charge_one(tree.text.size(), mark);
        for (const YamlNode& child : tree.children)
            charge(child, mark);
    }

    void charge_one(std::size_t bytes, const TextMark& mark) {
        nodes_ += 1;
        bytes_ += bytes;
        if (nodes_ > limits_.nodes) {
            throw Unreadable({mark, "more than " + std::to_string(limits_.nodes) +
                                        " values, counting what aliases stand for"});
        }
        if (bytes_ > limits_.scalar_bytes) {
            throw Unreadable({mark, "more than " + std::to_string(limits_.scalar_bytes) +
                                        " bytes of text, counting what aliases stand for"});
        }
    }

  private:
    const YamlLimits& limits_;
    std::size_t nodes_ = 0;
    std::size_t bytes_ = 0;
};

// Turns the parser's events of one document into a tree.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(const YamlLimits& limits, const TextMark& end, Budget& budget)
        : limits_(limits), end_(end), budget_(budget) {}

    YamlNode root;
    std::vector<YamlProblem> problems;

    ParserProgress progress() const {
        ParserProgress progress;
        progress.last_event = last_event_;
        progress.last_quote = last_quote_;
        if (!open_.empty() && open_.back().is_flow) progress.open_bracket = open_.back().node.mark;
        return progress;
    }

    void OnDocumentStart(const YAML::Mark& mark) override { root.mark = here(mark); }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (expects_key()) reject_key(here(mark));
        place(node_at(YamlNode::Kind::null, here(mark)), anchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        reject_tag(tag, here(mark));
        reject_nul(value, here(mark));
        const bool quoted = tag == "!";
        if (!quoted && first_invisible(value)) throw Invisible(here(mark));
        last_event_ = here(mark);
        last_quote_ = quoted ? std::optional(last_event_) : std::nullopt;
        YamlNode node = node_at(YamlNode::Kind::scalar, here(mark));
        node.text = value;
        node.quoted = quoted;
        place(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchored_.find(anchor);
        if (found == anchored_.end()) {
            throw Unreadable({here(mark), "an alias to a value that contains the alias"});
        }
        budget_.charge(found->second, here(mark));
        if (expects_key() && found->second.kind == YamlNode::Kind::null) reject_key(here(mark));
        attach(YamlNode(found->second));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        open(YamlNode::Kind::list, here(mark), tag, anchor, style);
    }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        open(YamlNode::Kind::map, here(mark), tag, anchor, style);
    }

    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

  private:
    struct Key {
        std::string text;
        TextMark mark;
    };

    // A list or map whose end is still to come.
    struct Open {
        YamlNode node;
        YAML::anchor_t anchor = 0;
        bool is_flow = false;                  // in brackets
        std::optional<Key> key;                // in a map: waits for its value
        std::map<std::string, TextMark> seen;  // the keys so far
    };

    TextMark here(const YAML::Mark& mark) const { return to_mark(mark, end_); }

    bool expects_key() const {
        return !open_.empty() && open_.back().node.kind == YamlNode::Kind::map &&
               !open_.back().key.has_value();
    }

    [[noreturn]] static void reject_key(const TextMark& mark) {
        throw Unreadable({mark, "expected a key (a word before a colon)"});
    }

    // yaml-cpp reports "?" for values without a tag and "!" for quoted ones.
    static void reject_tag(const std::string& tag, const TextMark& mark) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        throw Unreadable({mark, "the tag " + in_quotes(tag) + " is not supported; remove it"});
    }

    static void reject_nul(const std::string& value, const TextMark& mark) {
        if (value.find('\0') == std::string::npos) return;
        throw Unreadable({mark, "a text with a NUL character (\\0); remove it"});
    }

    void open(YamlNode::Kind kind, const TextMark& mark, const std::string& tag,
              YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
        reject_tag(tag, mark);
        if (expects_key()) reject_key(mark);
        if (open_.size() >= limits_.depth) {
            throw Unreadable(
                {mark, "nested more than " + std::to_string(limits_.depth) + " levels deep"});
        }
        budget_.charge_one(0, mark);
        Open opened;
        opened.node = node_at(kind, mark);
        opened.anchor = anchor;
        opened.is_flow = style == YAML::EmitterStyle::Flow;
        last_event_ = mark;
        open_.push_back(std::move(opened));
    }

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        remember(closed.anchor, closed.node);
        attach(std::move(closed.node));
    }

    void place(YamlNode node, YAML::anchor_t anchor) {
        budget_.charge_one(node.text.size(), node.mark);
        remember(anchor, node);
        attach(std::move(node));
    }

    void remember(YAML::anchor_t anchor, const YamlNode& node) {
        if (anchor == 0) return;
        budget_.charge(node, node.mark);
        anchored_[anchor] = node;
    }

    void attach(YamlNode node) {
        if (open_.empty()) {
            root = std::move(node);
        } else if (expects_key()) {
            take_key(node);
        } else if (open_.back().node.kind == YamlNode::Kind::map) {
            attach_to_map(std::move(node));
        } else {
            open_.back().node.children.push_back(std::move(node));
        }
    }

    void take_key(const YamlNode& node) {
        if (node.kind != YamlNode::Kind::scalar) reject_key(node.mark);
        if (node.text == "<<" && !node.quoted) {
            throw Unreadable({node.mark,
                              "merge keys (<<) are not supported; write the fields out, or use an "
                              "alias for a whole value"});
        }
        open_.back().key = Key{node.text, node.mark};
    }

    void attach_to_map(YamlNode node) {
        Open& map = open_.back();
        node.key = std::move(map.key->text);
        node.key_mark = map.key->mark;
        map.key.reset();
        if (node.kind == YamlNode::Kind::null) node.mark = node.key_mark;
        const auto [first, is_new] = map.seen.emplace(node.key, node.key_mark);
        if (is_new) {
            map.node.children.push_back(std::move(node));
        } else {
            problems.push_back({node.key_mark, "duplicate key " + in_quotes(node.key) +
                                                   "; the first is at " + at(first->second) +
                                                   "; remove one of them"});
        }
    }

    const YamlLimits& limits_;
    TextMark end_;  // of the text
    Budget& budget_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, YamlNode> anchored_;
    TextMark last_event_;
    std::optional<TextMark> last_quote_;
};

std::string hex_byte(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {'0', 'x', digits[byte >> 4U], digits[byte & 0x0FU]};
}

bool allowed_control(std::string_view text, std::size_t at) {
    if (text[at] == '\t' || text[at] == '\n') return true;
    return text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
}

// The first place where `text` is not UTF-8, or holds a control character other than a tab and the
// ends of lines.
std::optional<YamlProblem> find_bad_character(std::string_view text) {
    TextMark mark;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Character character = first_character(text.substr(at));
        if (!character.valid) {
            return YamlProblem{mark, "not UTF-8 (byte " + hex_byte(text[at]) +
                                         "); save the file with the encoding UTF-8"};
        }
        if (is_control(character.code_point) && !allowed_control(text, at)) {
            return YamlProblem{mark, "a control character (byte " + hex_byte(text[at]) +
                                         "), which YAML does not allow; remove it"};
        }
        const bool line_ends = text[at] == '\n';
        const int bytes = static_cast<int>(character.size);
        mark = line_ends ? TextMark{mark.line + 1, 1} : TextMark{mark.line, mark.column + bytes};
        at += character.size;
    }
    return std::nullopt;
}

std::string_view without_byte_order_mark(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.substr(0, mark.size()) == mark) text.remove_prefix(mark.size());
    return text;
}

std::optional<YamlProblem> problem_before_parsing(std::string_view text, const YamlLimits& limits) {
    if (text.size() > limits.text_bytes) {
        return YamlProblem{{}, "larger than " + std::to_string(limits.text_bytes) + " bytes"};
    }
    if (auto problem = find_bad_character(text)) return problem;
    constexpr std::string_view indicators = "[]{},&*!";
    const auto count = std::count_if(text.begin(), text.end(), [&](char c) {
        return indicators.find(c) != std::string_view::npos;
    });
    if (static_cast<std::size_t>(count) > limits.indicators) {
        return YamlProblem{{},
                           "more than " + std::to_string(limits.indicators) +
                               " of the characters " + std::string(indicators)};
    }
    return std::nullopt;
}

// `progress` is set if the parser throws.
void read_documents(std::string_view text, const YamlLimits& limits, YamlDocuments& result,
                    ParserProgress& progress) {
    const std::string_view line_end = text.ends_with('\n') ? "" : "\n";
    std::istringstream stream(std::string(text).append(line_end).append(end_of_text));
    YAML::Parser parser(stream);
    const TextMark end = end_of(text);
    Budget budget(limits);
    while (parser) {
        TreeBuilder builder(limits, end, budget);
        bool more = false;
        try {
            more = parser.HandleNextDocument(builder);
        } catch (const YAML::Exception&) {
            progress = builder.progress();
            throw;
        }
        std::move(builder.problems.begin(), builder.problems.end(),
                  std::back_inserter(result.problems));
        if (!more) return;
        if (result.documents.size() == limits.documents) {
            throw Unreadable({builder.root.mark,
                              "more than " + std::to_string(limits.documents) + " documents"});
        }
        result.documents.push_back(std::move(builder.root));
    }
}

}  // namespace

YamlDocuments parse_yaml(std::string_view text, const YamlLimits& limits) {
    YamlDocuments result;
    text = without_byte_order_mark(text);
    if (auto problem = problem_before_parsing(text, limits)) {
        result.problems.push_back(std::move(*problem));
        return result;
    }
    std::optional<YamlProblem> broken;
    ParserProgress progress;
    try {
        read_documents(text, limits, result, progress);
    } catch (const Unreadable& unreadable) {
        broken = unreadable.problem;
    } catch (const Invisible& invisible) {
        broken = invisible_from(text, invisible.mark);
    } catch (const YAML::Exception& error) {
        const YamlProblem noticed{to_mark(error.mark, end_of(text)), cleaned(error.msg, 200)};
        broken = culprit_of(text, noticed, progress);
        broken->message = "not valid YAML: " + broken->message;
    } catch (const std::exception& error) {
        broken = YamlProblem{{}, std::string("not valid YAML: ") + error.what()};
    }
    if (broken) {
        result.documents.clear();
        result.problems.push_back(std::move(*broken));
    }
    return result;
}

}  // namespace roundhouse
