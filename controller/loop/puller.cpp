#include "loop/puller.h"

#include <utility>

namespace roundhouse {

Puller::Puller(Runtime& runtime, const Clock& clock, Journal& journal,
               std::function<void()> on_change)
    : runtime_(runtime), clock_(clock), journal_(journal), on_change_(std::move(on_change)) {}

Puller::~Puller() = default;

void Puller::start(const std::string& image) {
    {
        const std::lock_guard lock(mutex_);
        if (pulling_ && image_ == image) return;
    }
    thread_ = {};  // ends and joins an earlier pull
    {
        const std::lock_guard lock(mutex_);
        if (image_ != image) {
            failures_ = 0;
            last_success_.reset();
        }
        image_ = image;
        pulling_ = true;
        detail_ = "just begun";
    }
    thread_ = std::jthread([this, image](const std::stop_token& stop) { pull(image, stop); });
}

void Puller::pull(const std::string& image, const std::stop_token& stop) {
    journal_.record({Severity::info, "image pull started", {{"image", image}}});
    const auto progress = [&](const std::string& line) {
        journal_.record(
            {Severity::info, "image pull goes on", {{"image", image}, {"progress", line}}});
        const std::lock_guard lock(mutex_);
        detail_ = line;
    };
    const Result<void> result = runtime_.pull(image, progress, stop);
    if (result) {
        journal_.record({Severity::info, "image pulled", {{"image", image}}});
    } else if (result.fault().kind != FaultKind::cancelled) {
        journal_.record({Severity::error,
                         "image pull failed",
                         {{"image", image}, {"error", result.fault().message}}});
    }
    end(result);
    on_change_();
}

void Puller::end(const Result<void>& result) {
    const std::lock_guard lock(mutex_);
    pulling_ = false;
    detail_.clear();
    if (result) {
        failures_ = 0;
        last_success_ = clock_.monotonic();
    } else if (result.fault().kind != FaultKind::cancelled) {
        ++failures_;
        last_failure_ = clock_.monotonic();
        detail_ = result.fault().message;
    }
}

ImageView Puller::view(const std::string& image) const {
    const std::lock_guard lock(mutex_);
    ImageView view;
    if (image != image_) return view;
    const Monotonic now = clock_.monotonic();
    view.pulling = pulling_;
    view.pull_failures = failures_;
    if (failures_ > 0) view.since_last_failure = now - last_failure_;
    if (last_success_) view.since_last_pull = now - *last_success_;
    view.detail = detail_;
    return view;
}

}  // namespace roundhouse
