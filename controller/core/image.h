// Whether engines can be created from the image now, or what has to happen first.
#pragma once

#include <optional>
#include <string>

#include "core/observation.h"
#include "core/reason.h"
#include "core/spec.h"
#include "core/wait.h"

namespace roundhouse {

struct ImageVerdict {
    bool usable = true;
    bool pull = false;  // a pull is due now
    // When not usable: why, and what ends that.
    Reason reason = Reason::image_missing;
    std::string message;
    Wait wait;
    std::optional<Duration> due_in;
};

ImageVerdict judge_image(const EngineTemplate& shape, const ImageView& image);

}  // namespace roundhouse
