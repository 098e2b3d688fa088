#include "edge/spec/draft.h"

#include <cstddef>
#include <utility>

#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

// "spec.gateways[0].host" -> "spec.gateways[0]" -> "spec.gateways" -> "spec" -> ""
std::string_view owner_of(std::string_view path) {
    const std::size_t end = path.find_last_of(".[");
    return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

SpecProblem problem_at(const std::string& file, const TextMark& mark, const std::string& path,
                       std::string message) {
    return {file, mark.line, mark.column, path, std::move(message)};
}

}  // namespace

std::string member_path(const std::string& owner, std::string_view key) {
    constexpr std::size_t longest_key = 63;
    const std::string shown = cleaned(key, longest_key);
    return owner.empty() ? shown : owner + "." + shown;
}

SpecDraft::SpecDraft(std::string file, const SpecDefaults& defaults) : file_(std::move(file)) {
    pool.check_interval = defaults.check_interval;
    pool.restart_engines_on_reconnect = defaults.restart_engines_on_reconnect;
    pool.max_active_replicas = defaults.max_active_replicas;
    pool.engine_template.logging = {"json-file", {{"max-size", "10m"}}};
}

void SpecDraft::add_error(const TextMark& mark, const std::string& path, std::string message) {
    broken_.insert(path);
    errors_.push_back(problem_at(file_, mark, path, std::move(message)));
}

void SpecDraft::add_warning(const TextMark& mark, const std::string& path, std::string message) {
    warnings_.push_back(problem_at(file_, mark, path, std::move(message)));
}

void SpecDraft::add_error(const std::string& path, std::string message) {
    add_error(mark_of(path), path, std::move(message));
}

void SpecDraft::add_warning(const std::string& path, std::string message) {
    add_warning(mark_of(path), path, std::move(message));
}

std::string SpecDraft::place_of(const std::string& path) const {
    const TextMark mark = mark_of(path);
    return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

bool SpecDraft::sound(std::string_view path) const {
    while (!path.empty()) {
        if (broken_.contains(path)) return false;
        path = owner_of(path);
    }
    return !broken_.contains("");
}

TextMark SpecDraft::mark_of(std::string_view path) const {
    while (true) {
        if (const auto found = given_.find(path); found != given_.end()) return found->second;
        if (path.empty()) return {};
        path = owner_of(path);
    }
}

}  // namespace roundhouse
