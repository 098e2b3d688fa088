#include "edge/http/request_parts.h"

#include <algorithm>
#include <limits>

#include "core/numbers.h"
#include "edge/text/strings.h"

namespace roundhouse {

Target split_target(std::string_view target) {
    const auto mark = target.find('?');
    if (mark == std::string_view::npos) return {target, {}};
    return {target.substr(0, mark), target.substr(mark + 1)};
}

std::string_view variable_of(std::string_view pattern, std::string_view path) {
    const auto begin = pattern.find('{');
    const auto end = pattern.find('}');
    if (begin == std::string_view::npos || end == std::string_view::npos) return {};
    const std::string_view head = pattern.substr(0, begin);
    const std::string_view tail = pattern.substr(end + 1);
    const bool fits =
        path.size() > head.size() + tail.size() && path.starts_with(head) && path.ends_with(tail);
    if (!fits) return {};
    const auto part = path.substr(head.size(), path.size() - head.size() - tail.size());
    return part.find('/') == std::string_view::npos ? part : std::string_view{};
}

std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) != name) continue;
        return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    return parse_number<std::uint64_t>(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::string_view header(const Request& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string_view{} : found->second;
}

std::string_view bearer_key(std::string_view authorization) {
    authorization = trimmed(authorization);
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos) return {};
    if (lower(authorization.substr(0, space)) != "bearer") return {};
    return trimmed(authorization.substr(space));
}

bool is_json_type(std::string_view content_type) {
    const auto type = content_type.substr(0, content_type.find(';'));
    return lower(trimmed(type)) == "application/json";
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool equal_in_constant_time(std::string_view given, std::string_view wanted) {
    unsigned difference = given.size() == wanted.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
        difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
    }
    return difference == 0;
}

}  // namespace roundhouse
