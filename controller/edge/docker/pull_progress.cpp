#include "edge/docker/pull_progress.h"

#include <algorithm>
#include <cstdint>

namespace roundhouse {

namespace {

// Docker's status texts of a layer that has been downloaded.
bool is_downloaded(const std::string& status) {
    return status == "Pull complete" || status == "Already exists" ||
           status == "Download complete" || status == "Extracting" ||
           status == "Verifying Checksum";
}

constexpr std::size_t most_layers = 1000;
constexpr std::int64_t most_bytes = std::int64_t{1}
                                    << 50U;  // of a layer, so that the sum of all fits

}  // namespace

PullTarget pull_target(const std::string& image) {
    const auto at = image.find('@');
    if (at != std::string::npos) {
        // The digest alone names the image; a tag before it is dropped.
        return {pull_target(image.substr(0, at)).from_image, image.substr(at + 1)};
    }
    const auto name_begin = image.rfind('/') == std::string::npos ? 0 : image.rfind('/') + 1;
    const auto colon =
        image.find(':', name_begin);  // a colon before it belongs to the registry's port
    if (colon == std::string::npos) return {image, "latest"};
    return {image.substr(0, colon), image.substr(colon + 1)};
}

void PullProgress::add(const PullLine& line) {
    const bool about_layer =
        !line.layer.empty() && line.status.find("ulling from") == std::string::npos;
    if (!about_layer) {
        if (!line.status.empty()) status_ = line.status;
        return;
    }
    if (layers_.size() >= most_layers && !layers_.contains(line.layer)) return;
    auto& bytes = layers_[line.layer];
    if (line.status == "Downloading") bytes = std::clamp(line.bytes, bytes, most_bytes);
    if (is_downloaded(line.status)) done_[line.layer] = true;
}

std::string PullProgress::text() const {
    if (layers_.empty()) return status_;
    std::int64_t bytes = 0;
    for (const auto& [layer, arrived] : layers_)
        bytes += arrived;
    return std::to_string(done_.size()) + " of " + std::to_string(layers_.size()) + " layers, " +
           std::to_string(bytes / 1'000'000) + " MB";
}

}  // namespace roundhouse
