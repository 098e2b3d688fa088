#include "loop/nearby_gateways.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/names.h"

namespace roundhouse {

namespace {

constexpr std::chrono::minutes between_lists{1};

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

// "ghcr.io/qdm12/gluetun:v3.41" -> "gluetun"
bool is_gluetun(const std::string& image) {
    const std::string name = image.substr(image.rfind('/') + 1);
    return in_lower_case(name.substr(0, name.find_first_of(":@"))).find("gluetun") !=
           std::string::npos;
}

// Whether `part` is in `name`, between its ends, "-", "_" and ".": "gluetun" in "media-gluetun-1".
bool has_part(const std::string& name, const std::string& part) {
    constexpr std::string_view separators = "-_.";
    for (auto at = name.find(part); at != std::string::npos; at = name.find(part, at + 1)) {
        const std::size_t end = at + part.size();
        const bool begins = at == 0 || separators.find(name[at - 1]) != separators.npos;
        const bool ends = end == name.size() || separators.find(name[end]) != separators.npos;
        if (begins && ends) return true;
    }
    return false;
}

int likeness(const std::string& name, const NameHolder& container) {
    constexpr std::size_t shortest_id = 6;  // as people write the beginning of one
    const bool is_id = name.size() >= shortest_id && container.id.starts_with(name);
    const auto service = container.labels.find("com.docker.compose.service");
    const bool named = has_part(in_lower_case(container.name), in_lower_case(name)) ||
                       (service != container.labels.end() && service->second == name) || is_id;
    return (named ? 2 : 0) + (is_gluetun(container.image) ? 1 : 0);
}

std::string text_of(const std::string& name, const std::vector<NameHolder>& similar) {
    if (similar.empty()) return "";
    std::string list;
    for (const auto& container : similar) {
        list += (list.empty() ? "" : ", ") + container.name + " (image " + container.image + ")";
    }
    return "; did you mean " + list +
           "? Write that name in the spec, or set container_name: " + name + " in the compose file";
}

}  // namespace

std::vector<NameHolder> similar_containers(const EnginePool& pool, const std::string& name,
                                           const std::vector<NameHolder>& containers) {
    constexpr std::size_t most = 3;
    std::vector<NameHolder> similar;
    for (const auto& container : containers) {
        const bool is_declared = std::ranges::find(pool.gateways, container.name,
                                                   &GatewaySpec::container) != pool.gateways.end();
        const bool is_engine = container.labels.contains(std::string(label::pool));
        if (is_declared || is_engine || likeness(name, container) == 0) continue;
        similar.push_back(container);
    }
    std::ranges::sort(similar, {}, [&](const NameHolder& container) {
        return std::pair(-likeness(name, container), container.name);
    });
    if (similar.size() > most) similar.resize(most);
    return similar;
}

void NearbyGateways::name_similar(Runtime& runtime, const EnginePool& pool,
                                  std::vector<GatewayView>& gateways, Monotonic now) {
    std::map<std::string, std::string> missing;
    bool is_new = false;
    for (const auto& gateway : gateways) {
        if (!gateway.declared || gateway.state != GatewayState::missing) continue;
        const auto known = found_.find(gateway.name);
        is_new = is_new || known == found_.end();
        missing.emplace(gateway.name, known == found_.end() ? "" : known->second);
    }
    found_ = std::move(missing);
    if (found_.empty()) return;
    if (is_new || now - asked_at_ >= between_lists) {
        asked_at_ = now;
        if (const auto containers = runtime.list_names("")) {
            for (auto& [name, text] : found_)
                text = text_of(name, similar_containers(pool, name, containers.value()));
        }
    }
    for (auto& gateway : gateways) {
        const auto known = found_.find(gateway.name);
        if (known != found_.end()) gateway.detail += known->second;
    }
}

}  // namespace roundhouse
