// The folders of a slot's container that the template asks for, as volumes of a Pod.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/spec.h"

namespace roundhouse {

// "source:/target:ro" of the template.
struct VolumeText {
    std::string source;
    std::string target;
    std::vector<std::string> options;

    bool is_claim() const { return !source.starts_with('/'); }
};

VolumeText split_volume(const std::string& text);

// The size of a memory volume as a Kubernetes quantity, of the options of a tmpfs: "256Mi" for
// "size=256m". Empty: no limit.
std::string tmpfs_size(const std::string& options);
// The options that a memory volume does not have.
std::vector<std::string> options_without_effect(const std::string& options);

// The volumes of one Pod. Each source of the template is one volume, however many slots mount it.
class PodVolumes {
  public:
    // The lines of `volumeMounts` of the slot's container. `binds` and `tmpfs` are the template's,
    // with references replaced (core/launch).
    std::string mounts_of(int slot, const std::vector<std::string>& binds, const KeyValues& tmpfs);

    // The lines of `volumes` for all slots so far.
    const std::string& lines() const { return lines_; }

  private:
    std::string name_of(const VolumeText& volume);

    std::vector<std::pair<std::string, std::string>> name_of_source_;
    std::string lines_;
};

}  // namespace roundhouse
