#include "edge/spec/image_reference.h"

#include <algorithm>
#include <cstddef>
#include <regex>
#include <string_view>

#include "edge/spec/characters.h"
#include "edge/text/foreign_text.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

constexpr std::string_view lower_or_digit = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view upper_case = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view hex_digits = "0123456789abcdef";
// A part of a name between slashes.
constexpr const char* component = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*";
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_tag = 128;
constexpr std::size_t digest_digits = 64;

bool is_image(const std::string& text) {
    static const std::regex pattern(image_pattern());
    return text.size() <= longest_image && std::regex_match(text, pattern);
}

// The advice to write `better`, unless something else is wrong with that, too.
std::string write_instead(const std::string& better) {
    return is_image(better) ? "; write " + better : "";
}

std::size_t count_of(std::string_view text, std::string_view set) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [&](char c) { return set.find(c) != std::string_view::npos; }));
}

// "registry:5000/group/name", "tag" and "sha256:..." of an image. An absent part has no data().
struct ImageParts {
    std::string_view name;
    std::string_view tag;
    std::string_view digest;
};

ImageParts parts_of(std::string_view text) {
    ImageParts parts;
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        parts.digest = text.substr(at + 1);
        text = text.substr(0, at);
    }
    const auto slash = text.rfind('/');
    const auto colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
    parts.name = text.substr(0, colon);
    if (colon != std::string_view::npos) parts.tag = text.substr(colon + 1);
    return parts;
}

std::string digest_advice(std::string_view digest) {
    constexpr std::string_view algorithm = "sha256:";
    if (!digest.starts_with(algorithm)) {
        return "its digest does not begin with sha256:; expected sha256: and 64 hexadecimal digits";
    }
    digest.remove_prefix(algorithm.size());
    if (count_of(digest, hex_digits) != digest.size()) {
        return "its digest has other characters than 0-9 and a-f";
    }
    if (digest.size() != digest_digits) {
        return "its digest has " + std::to_string(digest.size()) +
               " hexadecimal digits instead of 64";
    }
    return "";
}

std::string tag_advice(std::string_view tag) {
    if (tag.empty()) return "nothing follows the colon; write a tag such as latest, or no colon";
    if (tag.size() > longest_tag) return "its tag is longer than 128 characters";
    if (tag.front() == '.' || tag.front() == '-') {
        return "its tag begins with '" + std::string(1, tag.front()) + "'";
    }
    const std::string allowed =
        std::string(lower_or_digit) + std::string(upper_case) + std::string("_.-");
    if (count_of(tag, allowed) == tag.size()) return "";
    return "its tag " + in_quotes(tag) + " has other characters than letters, digits, _ . and -";
}

bool is_registry(std::string_view part) {
    return part == "localhost" || part.find_first_of(".:") != std::string_view::npos;
}

// About one part of a name between slashes.
std::string path_advice(std::string_view part) {
    if (part.empty()) return "it has a slash with nothing before or after it";
    const std::string separators = "._-";
    if (count_of(part, std::string(lower_or_digit) + separators) != part.size()) {
        return in_quotes(part) + " has other characters than a-z, 0-9 and . _ -";
    }
    return in_quotes(part) +
           " does not begin and end with a letter or a digit, with a single . or _, or __, or "
           "dashes in between";
}

std::string name_advice(std::string_view name) {
    static const std::regex pattern(component);
    if (name.size() > longest_name) return "its name is longer than 255 characters";
    const auto first_slash = name.find('/');
    if (first_slash != std::string_view::npos && is_registry(name.substr(0, first_slash))) {
        name.remove_prefix(first_slash + 1);
    }
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string part(name.substr(begin, end - begin));
        if (!std::regex_match(part, pattern)) return path_advice(part);
        begin = end + 1;
    }
    return "its registry is not a host name, with or without a port";
}

// The case of a registry's name makes no difference.
std::string with_lower_name(const std::string& text) {
    const std::size_t length = parts_of(text).name.size();
    return lower(text.substr(0, length)) + text.substr(length);
}

bool has_upper_case(std::string_view name) {
    const auto slash = name.find('/');
    if (slash != std::string_view::npos && is_registry(name.substr(0, slash))) {
        name.remove_prefix(slash);
    }
    return count_of(name, upper_case) > 0;
}

}  // namespace

std::string image_pattern() {
    const std::string label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
    const std::string port = "(:[0-9]+)";
    const std::string registry = "((localhost|" + label + "(\\." + label +
                                 ")+|\\[[a-fA-F0-9:]+\\])" + port + "?|" + label + port + ")";
    const std::string tag_and_digest =
        "(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$";
    const std::string short_enough = "(?=.{1,255}" + tag_and_digest + ")";
    return "^" + short_enough + "(" + registry + "/)?" + component + "(/" + component + ")*" +
           tag_and_digest;
}

std::string image_advice(const std::string& text) {
    if (text.empty() || text.find('$') != std::string::npos) return "";
    if (const auto quote = first_typographic_quote(text)) {
        return "it has " + quote->name + "; write ' or \", or no quotes";
    }
    if (const auto character = first_invisible(text)) {
        return "it has " + character->name + " after " + in_quotes(text.substr(0, character->at)) +
               "; remove it";
    }
    if (const auto end = text.find("://"); end != std::string::npos) {
        return "it is a URL; an image has no " + cleaned(text.substr(0, end + 3), 20) +
               write_instead(text.substr(end + 3));
    }
    if (text.front() == '-') return "it begins with a dash";
    if (text.find_first_of(" \t\r\n") != std::string::npos) return "it has a blank";
    const ImageParts parts = parts_of(text);
    if (has_upper_case(parts.name)) {
        return "the name of an image has no upper case" + write_instead(with_lower_name(text));
    }
    if (parts.digest.data() != nullptr) {
        if (auto advice = digest_advice(parts.digest); !advice.empty()) return advice;
    }
    if (parts.tag.data() != nullptr) {
        if (auto advice = tag_advice(parts.tag); !advice.empty()) return advice;
    }
    return name_advice(parts.name);
}

}  // namespace roundhouse
