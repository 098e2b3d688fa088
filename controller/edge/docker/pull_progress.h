// What a pull requests, and its progress.
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
// over a tag. An invalid reference is passed on: Docker reports what is wrong
// with it.
PullTarget pull_target(const std::string& image);

// The progress of one pull, from the lines of the reply.
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
