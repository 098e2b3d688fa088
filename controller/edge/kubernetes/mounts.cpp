#include "edge/kubernetes/mounts.h"

#include <algorithm>
#include <string_view>

#include "core/numbers.h"
#include "edge/text/strings.h"
#include "edge/text/yaml_text.h"

namespace roundhouse {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string mount_line(const std::string& name, const std::string& path, bool read_only) {
    return "- {name: " + name + ", mountPath: " + yaml_scalar(path) +
           (read_only ? ", readOnly: true}\n" : "}\n");
}

constexpr std::string_view size_option = "size=";

}  // namespace

VolumeText split_volume(const std::string& text) {
    VolumeText volume;
    const std::size_t colon = std::min(text.find(':'), text.size());
    volume.source = text.substr(0, colon);
    const std::string rest = text.substr(std::min(colon + 1, text.size()));
    const std::size_t end = std::min(rest.find(':'), rest.size());
    volume.target = rest.substr(0, end);
    volume.options = split(std::string_view(rest).substr(std::min(end + 1, rest.size())), ',');
    return volume;
}

std::string tmpfs_size(const std::string& options) {
    for (const auto& option : split(options, ',')) {
        if (!option.starts_with(size_option)) continue;
        std::string_view size = option;
        size.remove_prefix(size_option.size());
        const auto number = take_number(size);
        if (!number || *number == 0) return "";
        const std::string unit = lower(size);
        for (const auto* known : {"", "k", "m", "g"}) {
            if (unit != known) continue;
            const std::string letter = unit == "k" ? "Ki" : unit == "m" ? "Mi" : "Gi";
            return std::to_string(*number) + (unit.empty() ? "" : letter);
        }
    }
    return "";
}

std::vector<std::string> options_without_effect(const std::string& options) {
    std::vector<std::string> left;
    for (const auto& option : split(options, ',')) {
        const bool is_given = option == "rw" || option == "exec" || option == "mode=1777" ||
                              option == "mode=01777" ||
                              (option.starts_with(size_option) && !tmpfs_size(option).empty());
        if (!is_given) left.push_back(option);
    }
    return left;
}

std::string PodVolumes::name_of(const VolumeText& volume) {
    const auto known = std::ranges::find(name_of_source_, volume.source,
                                         &std::pair<std::string, std::string>::first);
    if (known != name_of_source_.end()) return known->second;
    std::string name = "volume-" + std::to_string(name_of_source_.size());
    name_of_source_.emplace_back(volume.source, name);
    const std::string source = yaml_scalar(volume.source);
    lines_ += "- name: " + name + "\n" +
              (volume.is_claim() ? "  persistentVolumeClaim: {claimName: " + source + "}\n"
                                 : "  hostPath: {path: " + source + "}\n");
    return name;
}

std::string PodVolumes::mounts_of(int slot, const std::vector<std::string>& binds,
                                  const KeyValues& tmpfs) {
    std::string mounts;
    for (const auto& bind : binds) {
        const VolumeText volume = split_volume(bind);
        const bool read_only = std::ranges::count(volume.options, "ro") > 0;
        mounts += mount_line(name_of(volume), volume.target, read_only);
    }
    int count = 0;
    for (const auto& [target, options] : tmpfs) {
        const std::string name = "memory-" + std::to_string(slot) + "-" + std::to_string(count++);
        const std::string size = tmpfs_size(options);
        lines_ += "- name: " + name + "\n  emptyDir: {medium: Memory" +
                  (size.empty() ? "" : ", sizeLimit: " + size) + "}\n";
        mounts += mount_line(name, target, false);
    }
    return mounts;
}

}  // namespace roundhouse
