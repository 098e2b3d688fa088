// Reads the values of flags and of environment variables.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/host_port.h"
#include "edge/system/log.h"
#include "loop/result.h"

namespace roundhouse {

// One kind of value, for example a port.
template <class T>
struct ValueKind {
    std::function<std::optional<T>(const std::string& text)> parse;  // nullopt: not usable
    std::string accepted;                                            // completes "expected ..."
};

// The kinds that flags and variables share.
ValueKind<HostPort> listen_value();   // an IP address; localhost is 127.0.0.1, no host is 0.0.0.0
ValueKind<std::string> host_value();  // a name or an IP address, in lower case
ValueKind<std::vector<std::string>> host_names_value();  // the names in lower case
ValueKind<std::string> engine_name_value();              // letters, digits and _.-
ValueKind<Severity> log_level_value();
ValueKind<LogFormat> log_format_value();

// The value of `word` in a list of words; lower and upper case differ.
template <class T>
std::optional<T> find_word(std::string_view word,
                           std::initializer_list<std::pair<std::string_view, T>> words) {
    for (const auto& [known, value] : words) {
        if (known == word) return value;
    }
    return std::nullopt;
}

// Reads values one by one, up to the first one that is not usable.
class ValueReader {
  public:
    enum class Source { flags, variables };  // decides how a problem is worded

    // The text of a flag or a variable; empty: not given.
    using Lookup = std::function<std::string(const char* name)>;

    ValueReader(Source source, Lookup lookup) : source_(source), lookup_(std::move(lookup)) {}

    // Sets `value` to what `name` says. `value` stays where `name` is not given or not usable, and
    // after an earlier problem.
    template <class T, class Kind>
    void read(const char* name, T& value, const ValueKind<Kind>& kind) {
        const std::string text = problem_ ? "" : lookup_(name);
        if (text.empty()) return;
        if (auto parsed = kind.parse(text)) {
            value = std::move(*parsed);
        } else {
            problem_ = unusable(name, text, kind.accepted);
        }
    }

    // The same for a value that may be any text.
    template <class T>
    void read(const char* name, T& value) const {
        if (std::string text = lookup_(name); !text.empty()) value = std::move(text);
    }

    // One line: the flag or variable, its value, and what is accepted.
    const std::optional<Fault>& problem() const { return problem_; }

  private:
    Fault unusable(const char* name, const std::string& text, const std::string& accepted) const;

    Source source_;
    Lookup lookup_;
    std::optional<Fault> problem_;
};

}  // namespace roundhouse
