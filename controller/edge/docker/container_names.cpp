#include "edge/docker/container_names.h"

#include <algorithm>
#include <cstddef>

namespace roundhouse {

namespace {

// Each look notes the containers that are there again, so nothing of use is lost.
constexpr std::size_t most_names = 4096;
constexpr std::size_t id_length = 64;
constexpr std::size_t short_id_length = 12;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

void ContainerNames::note(const std::string& id, const std::string& name) {
    if (id.empty() || name.empty()) return;
    const std::lock_guard lock(mutex_);
    if (names_.size() >= most_names) names_.clear();
    names_[id] = name;
}

std::string ContainerNames::of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto known = names_.find(id);
    return known == names_.end() ? "container " + id.substr(0, short_id_length) : known->second;
}

std::string ContainerNames::in(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    std::string named;
    for (auto at = text.begin(); at != text.end();) {
        const auto end = std::find_if_not(at, text.end(), is_hex_digit);
        std::string digits(at, end);
        if (digits.size() == id_length) {
            const auto known = names_.find(digits);
            digits = known == names_.end() ? digits.substr(0, short_id_length) : known->second;
        }
        named += digits;
        at = end;
        if (at != text.end()) named += *at++;
    }
    return named;
}

}  // namespace roundhouse
