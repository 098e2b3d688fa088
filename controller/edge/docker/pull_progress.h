// What a pull asks for, and what it tells while it goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "edge/docker/json.h"

namespace roundhouse {

// An image reference as POST /images/create wants it.
struct PullTarget {
    std::string from_image;  // "registry:5000/group/name"
    std::string tag;         // "latest", "v1.2" or "sha256:<digest>"

    bool operator==(const PullTarget&) const = default;
};

// "[registry[:port]/]name[:tag][@digest]". Without tag and digest it is "latest"; a digest wins
// over a tag. A reference that makes no sense is passed on for Docker to judge.
PullTarget pull_target(const std::string& image);

// Sums up the lines of one pull.
class PullProgress {
  public:
    void add(const PullLine& line);

    // "3 of 7 layers, 41 MB"; before any layer is known, the last status line.
    std::string text() const;

  private:
    std::map<std::string, std::int64_t> layers_;  // bytes that have arrived
    std::map<std::string, bool> done_;
    std::string status_ = "waiting for the registry";
};

}  // namespace roundhouse
