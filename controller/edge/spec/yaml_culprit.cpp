#include "edge/spec/yaml_culprit.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "edge/spec/characters.h"

namespace roundhouse {

namespace {

constexpr auto nowhere = std::string_view::npos;

std::size_t offset_of(std::string_view text, const TextMark& mark) {
    std::size_t begin = 0;
    for (int line = 1; line < mark.line; ++line) {
        const auto end = text.find('\n', begin);
        if (end == nowhere) break;
        begin = end + 1;
    }
    return std::min(begin + static_cast<std::size_t>(mark.column) - 1, text.size());
}

TextMark mark_at(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.rfind('\n') + 1);
    return {static_cast<int>(line), static_cast<int>(column) + 1};
}

std::string place_of(const TextMark& mark) {
    return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

// The bytes of one line, from its first to the last before its end.
std::string_view line_around(std::string_view text, std::size_t offset) {
    const auto begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
}

bool has_content(std::string_view line) {
    const auto first = line.find_first_not_of(" \t\r");
    return first != nowhere && line[first] != '#';
}

// The line before `line` that is neither empty nor a comment. Both are views of `text`.
std::optional<std::string_view> content_before(std::string_view text, std::string_view line) {
    auto begin = static_cast<std::size_t>(line.data() - text.data());
    while (begin > 0) {
        const std::string_view before = line_around(text, begin - 1);
        if (has_content(before)) return before;
        begin = static_cast<std::size_t>(before.data() - text.data());
    }
    return std::nullopt;
}

// The quote that ends the one at `begin`.
std::size_t end_of_quote(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
        if (quote == '"' && text[at] == '\\') {
            ++at;
        } else if (text[at] == quote) {
            const bool doubled = quote == '\'' && text.substr(at + 1).starts_with('\'');
            if (!doubled) return at;
            ++at;
        }
    }
    return nowhere;
}

// Walks over a text without its comments and without what is in quotes. Takes no notice of blocks
// (| and >), where both are ordinary text.
class BareText {
  public:
    BareText(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

    // The next byte outside; nowhere at the end. A quote that is not closed is outside.
    std::size_t next() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '#' && begins_token(" \t\n")) {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if ((c == '"' || c == '\'') && begins_token(" \t\n[{,:-") && skips_quote()) {
                continue;
            } else {
                return at_++;
            }
        }
        return nowhere;
    }

    // The first quote so far that is not closed; else `nowhere`.
    std::size_t open_quote() const { return open_quote_; }

  private:
    bool begins_token(std::string_view before) const {
        return at_ == 0 || before.find(text_[at_ - 1]) != nowhere;
    }

    bool skips_quote() {
        // The search goes to the end of the text, and must not do so for each quote.
        if (open_quote_ != nowhere) return false;
        const auto end = end_of_quote(text_, at_);
        if (end == nowhere) {
            open_quote_ = at_;
            return false;
        }
        at_ = end + 1;
        return true;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t open_quote_ = nowhere;
};

// One mistake that the parser does not name. Each finder returns nullopt if it is another one.
using Cause = std::optional<YamlProblem>;

Cause find_invisible(std::string_view text, const YamlProblem& noticed) {
    const std::string_view read = text.substr(0, offset_of(text, {noticed.mark.line + 1, 1}));
    BareText bare(read, 0);
    for (auto at = bare.next(); at != nowhere; at = bare.next()) {
        const bool begins_character = (static_cast<unsigned char>(read[at]) & 0xC0U) == 0xC0U;
        if (!begins_character) continue;
        const auto found = first_invisible(read.substr(at, 4));
        if (found && found->at == 0) return invisible_from(text, mark_at(text, at));
    }
    return std::nullopt;
}

Cause find_tab(std::string_view text, const YamlProblem& noticed) {
    const std::string_view line = line_around(text, offset_of(text, noticed.mark));
    for (const auto& candidate : {std::optional(line), content_before(text, line)}) {
        if (!candidate) continue;
        const auto indentation = candidate->substr(0, candidate->find_first_not_of(" \t"));
        const auto tab = indentation.find('\t');
        if (tab == nowhere) continue;
        const auto begin = static_cast<std::size_t>(candidate->data() - text.data());
        return YamlProblem{mark_at(text, begin + tab),
                           "a tab in the indentation; write spaces, as YAML allows no tabs there"};
    }
    return std::nullopt;
}

Cause find_open_quote(std::string_view text, const ParserProgress& progress) {
    BareText bare(text, offset_of(text, progress.last_event));
    while (bare.open_quote() == nowhere && bare.next() != nowhere)
        continue;
    if (bare.open_quote() == nowhere) return std::nullopt;
    return YamlProblem{mark_at(text, bare.open_quote()), "this quote is not closed"};
}

// A quote that the next quote of another value has closed.
Cause find_late_end(std::string_view text, const YamlProblem& noticed,
                    const ParserProgress& progress) {
    if (!progress.last_quote) return std::nullopt;
    const auto begin = offset_of(text, *progress.last_quote);
    if (begin >= text.size() || (text[begin] != '"' && text[begin] != '\'')) return std::nullopt;
    const auto end = end_of_quote(text, begin);
    if (end == nowhere) return std::nullopt;
    const TextMark last = mark_at(text, end);
    if (last.line == progress.last_quote->line || last.line != noticed.mark.line) {
        return std::nullopt;
    }
    return YamlProblem{*progress.last_quote, "the text in quotes that begins here ends only at " +
                                                 place_of(last) + "; close it in its line"};
}

Cause find_variable(std::string_view text, const YamlProblem& noticed) {
    const auto at = offset_of(text, noticed.mark);
    if (at == 0 || text.substr(at - 1, 2) != "${") return std::nullopt;
    return YamlProblem{mark_at(text, at - 1),
                       "there are no environment variables here; write the value itself"};
}

Cause find_open_bracket(std::string_view text, const YamlProblem& noticed,
                        const ParserProgress& progress) {
    if (!progress.open_bracket || progress.open_bracket->line >= noticed.mark.line) {
        return std::nullopt;
    }
    const auto at = offset_of(text, *progress.open_bracket);
    if (at >= text.size()) return std::nullopt;
    return YamlProblem{*progress.open_bracket, std::string("this ") + text[at] + " is not closed"};
}

std::size_t indentation_of(std::string_view line) {
    return std::min(line.find_first_not_of(" \t"), line.size());
}

// Whether a line in which a field begins has no colon that ends its name.
bool lacks_colon(std::string_view words) {
    if (words.empty() || words.front() == '-') return false;
    if (words.find_first_of("\"'[]{}|>") != nowhere) return false;
    const bool ends_in_colon = words.find_last_not_of(" \r") == words.rfind(':');
    return words.find(": ") == nowhere && !ends_in_colon;
}

// "replicas 3" or "replicas:3": a text, to which the next line belongs.
Cause find_missing_colon(std::string_view text, const YamlProblem& noticed) {
    const std::string_view line = line_around(text, offset_of(text, noticed.mark));
    std::string_view words = line.substr(indentation_of(line));
    const auto before = content_before(text, line);
    if (before && indentation_of(*before) == indentation_of(line)) {
        const std::string_view words_before = before->substr(indentation_of(*before));
        if (lacks_colon(words_before)) words = words_before;
    }
    if (!lacks_colon(words)) return std::nullopt;
    const auto offset = static_cast<std::size_t>(words.data() - text.data());
    const char* advice =
        words.find(':') == nowhere ? "and there is no colon" : "with a space after the colon";
    return YamlProblem{mark_at(text, offset), std::string("expected \"name: value\", ") + advice};
}

}  // namespace

YamlProblem culprit_of(std::string_view text, const YamlProblem& noticed,
                       const ParserProgress& progress) {
    Cause cause = find_invisible(text, noticed);
    if (!cause) cause = find_tab(text, noticed);
    if (!cause) cause = find_open_quote(text, progress);
    if (!cause) cause = find_late_end(text, noticed, progress);
    if (!cause) cause = find_variable(text, noticed);
    if (!cause) cause = find_open_bracket(text, noticed, progress);
    if (!cause && !progress.open_bracket) cause = find_missing_colon(text, noticed);
    if (!cause) return noticed;
    cause->message += " (noticed at " + place_of(noticed.mark) + ": " + noticed.message + ")";
    return *cause;
}

YamlProblem invisible_from(std::string_view text, const TextMark& mark) {
    const auto begin = offset_of(text, mark);
    const auto found = first_invisible(text.substr(begin));
    if (!found) return {mark, "a character that nobody sees; remove it"};
    return {mark_at(text, begin + found->at),
            found->name +
                ", which is no space for YAML; remove it, or put a text that needs it in quotes"};
}

}  // namespace roundhouse
