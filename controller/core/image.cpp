#include "core/image.h"

#include "core/backoff.h"
#include "core/plan.h"

namespace roundhouse {

namespace {

// Whether the pull policy allows what the daemon holds.
bool good_enough(const EngineTemplate& shape, const ImageView& image) {
    if (!image.present) return false;
    if (shape.pull_policy != PullPolicy::always) return true;
    return image.since_last_pull && *image.since_last_pull < pull_fresh_for;
}

}  // namespace

ImageVerdict judge_image(const EngineTemplate& shape, const ImageView& image) {
    ImageVerdict verdict;
    if (good_enough(shape, image)) return verdict;

    verdict.usable = false;
    verdict.reason = image.present ? Reason::image_stale : Reason::image_missing;
    verdict.message = "image " + shape.image + " has to be pulled";
    verdict.wait.fact = Awaited{Fact::image_present, shape.image};
    if (image.pulling) {
        verdict.reason = Reason::image_pulling;
        verdict.message = "image " + shape.image + " is being pulled: " + image.progress;
        return verdict;
    }
    if (shape.pull_policy == PullPolicy::never) {
        verdict.message = "image " + shape.image +
                          " is not on this Docker engine and pullPolicy is Never: load it, or "
                          "change pullPolicy";
        verdict.wait = {{}, {}, "load image " + shape.image + ", or change pullPolicy"};
        return verdict;
    }
    if (image.pull_failures > 0) {
        const Duration left =
            remaining(backoff_after(image.pull_failures + 1), image.since_last_failure);
        if (left > Duration{0}) {
            verdict.reason = Reason::image_pull_backoff;
            verdict.message = image.failure;
            verdict.due_in = left;
            verdict.wait.fact.reset();
            return verdict;
        }
    }
    verdict.pull = true;
    return verdict;
}

}  // namespace roundhouse
