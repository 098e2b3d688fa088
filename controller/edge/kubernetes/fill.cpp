#include "edge/kubernetes/fill.h"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace roundhouse {

namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";

const std::string& value_of(const Gaps& gaps, std::string_view name) {
    const auto found = gaps.find(name);
    if (found == gaps.end()) throw std::out_of_range("no value for " + std::string(name));
    return found->second;
}

void append_lines(std::string& out, std::string_view lines, std::string_view indent) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        if (end > 0) out.append(indent).append(lines.substr(0, end));
        out += '\n';
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
}

void append_line(std::string& out, std::string_view line, const Gaps& gaps) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view rest = line.substr(indent);
    if (rest.starts_with(opening) && rest.find(closing) + closing.size() == rest.size()) {
        const auto name = rest.substr(opening.size(), rest.size() - 2 * opening.size());
        append_lines(out, value_of(gaps, name), line.substr(0, indent));
        return;
    }
    for (auto at = line.find(opening); at != std::string_view::npos; at = line.find(opening)) {
        const auto end = line.find(closing, at);
        out.append(line.substr(0, at));
        out += value_of(gaps, line.substr(at + opening.size(), end - at - opening.size()));
        line.remove_prefix(end + closing.size());
    }
    out.append(line) += '\n';
}

}  // namespace

std::string fill(std::string_view form, const Gaps& gaps) {
    std::string out;
    while (!form.empty()) {
        const std::size_t end = std::min(form.find('\n'), form.size());
        append_line(out, form.substr(0, end), gaps);
        form.remove_prefix(std::min(end + 1, form.size()));
    }
    return out;
}

}  // namespace roundhouse
