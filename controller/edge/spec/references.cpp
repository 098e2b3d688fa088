#include "edge/spec/references.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/launch.h"
#include "edge/spec/characters.h"
#include "edge/text/foreign_text.h"
#include "edge/text/nearest_name.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

// The fields in which references are expanded, besides env, in the order of the spec.
std::vector<std::pair<std::string, const std::vector<std::string>*>> expanded_lists(
    const EngineTemplate& shape) {
    return {{"spec.template.command", &shape.command},
            {"spec.template.args", &shape.args},
            {"spec.template.volumes", &shape.volumes},
            {"spec.template.tmpfs", &shape.tmpfs}};
}

// The most bytes that `text` can expand to, if no reference stands for more than `longest`.
std::size_t most_expanded(std::string_view text, std::size_t longest) {
    std::size_t most = text.size();
    for (auto at = text.find("$("); at != std::string_view::npos; at = text.find("$(", at + 2))
        most += longest;
    return most;
}

// A variable may refer to earlier ones, so that a few lines can expand to gigabytes.
void check_expanded_size(SpecDraft& draft) {
    constexpr std::size_t most = std::size_t{2} << 20U;  // Linux's limit for a program's arguments
    const EngineTemplate& shape = draft.pool.engine_template;
    std::size_t longest = 255;  // of the variables that every engine gets: ports and names
    std::size_t total = 0;
    const auto fits = [&](const std::string& path, const std::string& text) {
        total += most_expanded(text, longest);
        if (total <= most) return true;
        draft.add_error(path,
                        "its references may expand to more than 2 MiB, too much to start a "
                        "program with; use fewer references, or shorter variables");
        return false;
    };
    KeyValues known;
    for (const auto& [name, text] : shape.env) {
        if (!fits("spec.template.env." + name, text)) return;
        known.emplace_back(name, expand_references(text, known));
        longest = std::max(longest, known.back().second.size());
    }
    for (const auto& [path, texts] : expanded_lists(shape)) {
        for (const std::string& text : *texts) {
            if (!fits(path, text)) return;
        }
    }
}

// What looks like a reference: $(NAME), ${NAME}, ${NAME:-default} or $NAME.
struct Piece {
    enum class Form { parentheses, braces, bare };

    Form form = Form::bare;
    std::string name;

    // Without the default, which may be a secret.
    std::string shown() const { return shown_with(cleaned(name, 63)); }

    std::string shown_with(const std::string& text) const {
        switch (form) {
            case Form::parentheses: return "$(" + text + ")";
            case Form::braces: return "${" + text + "}";
            case Form::bare: break;
        }
        return "$" + text;
    }
};

bool begins_name(char c) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::string_view name_at_start(std::string_view text) {
    if (text.empty() || !begins_name(text.front())) return {};
    const auto end = std::ranges::find_if_not(
        text, [](char c) { return begins_name(c) || (c >= '0' && c <= '9'); });
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// The piece at the dollar that `text` begins with.
std::optional<Piece> piece_at_start(std::string_view text) {
    text.remove_prefix(1);
    const bool in_parentheses = text.starts_with('(');
    const bool in_braces = text.starts_with('{');
    if (in_parentheses || in_braces) text.remove_prefix(1);
    const std::string_view name = name_at_start(text);
    if (name.empty()) return std::nullopt;
    text.remove_prefix(name.size());
    if (in_parentheses) {
        // "$(date +%s)" is no reference.
        if (!text.starts_with(')')) return std::nullopt;
        return Piece{Piece::Form::parentheses, std::string(name)};
    }
    return Piece{in_braces ? Piece::Form::braces : Piece::Form::bare, std::string(name)};
}

std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> pieces;
    while (true) {
        const auto dollar = text.find('$');
        if (dollar == std::string_view::npos) return pieces;
        text.remove_prefix(dollar);
        const bool escaped = text.starts_with("$$");
        if (!escaped) {
            if (auto piece = piece_at_start(text)) pieces.push_back(std::move(*piece));
        }
        text.remove_prefix(escaped ? 2 : 1);
    }
}

// Whether a shell reads the command line: "sh -c '...'".
bool runs_shell(const EngineTemplate& shape) {
    std::vector<std::string> words = shape.command;
    words.insert(words.end(), shape.args.begin(), shape.args.end());
    for (std::size_t i = 1; i < words.size(); ++i) {
        const bool takes_script = words[i].starts_with('-') && words[i].ends_with('c');
        if (takes_script && words[i - 1].ends_with("sh")) return true;
    }
    return false;
}

class ReferenceChecker {
  public:
    explicit ReferenceChecker(SpecDraft& draft)
        : draft_(draft), shape_(draft.pool.engine_template) {
        known_.insert(given_.begin(), given_.end());
        environment_.insert(given_.begin(), given_.begin() + exported_variables);
    }

    void check() {
        for (const auto& [name, text] : shape_.env) {
            check_text(member_path("spec.template.env", name), text, TextKind::variable);
            known_.insert(name);
            environment_.insert(name);
        }
        const TextKind kind_of_command = runs_shell(shape_) ? TextKind::script : TextKind::other;
        for (const auto& [path, texts] : expanded_lists(shape_)) {
            const bool is_command_line = texts == &shape_.command || texts == &shape_.args;
            for (std::size_t i = 0; i < texts->size(); ++i) {
                check_text(path + "[" + std::to_string(i) + "]", (*texts)[i],
                           is_command_line ? kind_of_command : TextKind::other);
            }
        }
        check_unexpanded("spec.template.user", shape_.user);
        check_typography("spec.template.command", shape_.command);
        check_typography("spec.template.args", shape_.args);
        check_unexpanded("spec.template.probe.path", shape_.probe.path);
        for (const auto& [name, text] : shape_.labels)
            check_unexpanded(member_path("spec.template.labels", name), text);
    }

  private:
    enum class TextKind { variable, script, other };  // script: a shell reads it

    // Word processors and chats make such dashes and quotes of what programs understand.
    void check_typography(const std::string& path, const std::vector<std::string>& texts) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::string place = path + "[" + std::to_string(i) + "]";
            const auto dash = first_typographic_dash(texts[i]);
            const auto quote = first_typographic_quote(texts[i]);
            if (dash && dash->at == 0) {
                draft_.add_warning(place, "begins with " + dash->name + "; write - or --");
            } else if (quote && quote->at == 0) {
                draft_.add_warning(place, "begins with " + quote->name + "; write ' or \"");
            }
        }
    }

    void check_text(const std::string& path, const std::string& text, TextKind kind) {
        if (!draft_.sound(path)) return;
        for (const Piece& piece : pieces_of(text)) {
            if (is_meant(piece, kind)) continue;
            if (++unknown_ > most_unknown) return;
            const std::string advice = advice_for(piece, kind);
            if (advice.empty()) continue;
            // A variable's value may be a secret that looks like a reference.
            const bool hides_name = kind == TextKind::variable && !known_.contains(piece.name);
            draft_.add_warning(path,
                               (hides_name ? piece.shown_with("...") : piece.shown()) + advice);
        }
    }

    bool is_meant(const Piece& piece, TextKind kind) const {
        if (piece.form == Piece::Form::parentheses) return known_.contains(piece.name);
        return kind == TextKind::script && environment_.contains(piece.name);
    }

    // Empty: no advice.
    std::string advice_for(const Piece& piece, TextKind kind) const {
        if (known_.contains(piece.name)) return " is not replaced; write $(" + piece.name + ")";
        if (comes_later(piece.name)) {
            return " is not replaced: in env, a variable refers to those above it; move " +
                   piece.name + " up";
        }
        const std::vector<std::string> names(known_.begin(), known_.end());
        if (const auto nearest = nearest_name(piece.name, names)) {
            return " is not replaced: there is no such variable; did you mean $(" + *nearest + ")?";
        }
        if (kind == TextKind::script || piece.form == Piece::Form::bare) return "";
        if (piece.form == Piece::Form::parentheses) {
            return " is not replaced: there is no such variable; known here: " +
                   joined(given_, ", ") + " and the names in env";
        }
        return " is not replaced: there are no environment variables here; write the value itself";
    }

    bool comes_later(const std::string& name) const {
        return std::ranges::find(shape_.env, name, &KeyValues::value_type::first) !=
               shape_.env.end();
    }

    void check_unexpanded(const std::string& path, const std::string& text) {
        if (!draft_.sound(path)) return;
        for (const Piece& piece : pieces_of(text)) {
            if (++unknown_ > most_unknown) return;
            if (piece.form == Piece::Form::bare && !known_.contains(piece.name)) continue;
            draft_.add_warning(path, piece.shown() +
                                         " is not replaced: this field has no references; write "
                                         "the value itself");
        }
    }

    // A search for the nearest name takes time; a file with more mistakes than these is no mistake.
    static constexpr int most_unknown = 100;

    SpecDraft& draft_;
    const EngineTemplate& shape_;
    const std::vector<std::string> given_ = engine_variable_names();
    std::set<std::string> known_;        // what $(NAME) may name
    std::set<std::string> environment_;  // what a shell in the engine's container knows
    int unknown_ = 0;                    // pieces so far that nothing replaces
};

}  // namespace

void check_references(SpecDraft& draft) {
    check_expanded_size(draft);
    ReferenceChecker(draft).check();
}

}  // namespace roundhouse
