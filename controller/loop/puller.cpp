#include "loop/puller.h"

#include <utility>

namespace roundhouse {

Puller::Puller(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
               std::function<void()> on_change)
    : runtime_(runtime),
      workers_(workers),
      clock_(clock),
      journal_(journal),
      on_change_(std::move(on_change)) {}

Puller::~Puller() {
    latest_.request_stop();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
}

void Puller::start(const PullRequest& request) {
    std::stop_source former;
    std::stop_token stop;
    {
        const std::lock_guard lock(mutex_);
        if (pulling_ && request_ == request) return;
        former = std::exchange(latest_, std::stop_source{});
        stop = latest_.get_token();
        begin(request);
    }
    former.request_stop();
    const bool begun = workers_.begin([this, request, stop] {
        pull(request, stop);
        const std::lock_guard lock(mutex_);
        --under_way_;
        changed_.notify_all();
    });
    if (begun) return;
    take_in(
        Fault{FaultKind::unavailable, "no thread can be started for a pull of " + request.image},
        stop);
    const std::lock_guard lock(mutex_);
    --under_way_;
}

void Puller::note_presence(const std::string& image, bool present, Monotonic asked_at) {
    const std::lock_guard lock(mutex_);
    if (image != request_.image) return;
    if (present) {
        failures_ -= std::exchange(vain_pulls_, 0);
        return;
    }
    if (!last_success_ || *last_success_ >= asked_at) return;
    last_success_.reset();
    failures_ = ++vain_pulls_;
    last_failure_ = clock_.monotonic();
    failure_ = "image " + image + " was pulled, and Docker does not have it: is it the right " +
               "name, and does something remove unused images?";
}

void Puller::forget_failures(const std::string& image) {
    const std::lock_guard lock(mutex_);
    if (image == request_.image) failures_ = vain_pulls_ = 0;
}

void Puller::begin(const PullRequest& request) {
    if (request_ != request) failures_ = vain_pulls_ = 0;
    if (request_.image != request.image) last_success_.reset();
    request_ = request;
    pulling_ = true;
    ++under_way_;
    progress_ = "just begun";
}

void Puller::pull(const PullRequest& request, const std::stop_token& stop) {
    const std::string& image = request.image;
    journal_.record({Severity::info, "image pull started", {{"image", image}}});
    const auto progress = [&](const std::string& line) {
        journal_.record(
            {Severity::info, "image pull goes on", {{"image", image}, {"progress", line}}});
        const std::lock_guard lock(mutex_);
        if (!stop.stop_requested()) progress_ = line;
    };
    const Result<void> result = runtime_.pull(request, progress, stop);
    if (result) {
        journal_.record({Severity::info, "image pulled", {{"image", image}}});
    } else if (result.fault().kind != FaultKind::cancelled) {
        journal_.record({Severity::error,
                         "image pull failed",
                         {{"image", image}, {"error", result.fault().message}}});
    }
    take_in(result, stop);
    on_change_();
}

void Puller::take_in(const Result<void>& result, const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    if (stop.stop_requested()) return;  // another pull has replaced this one
    pulling_ = false;
    progress_.clear();
    if (result) {
        failures_ = vain_pulls_;  // whether it helped is for the next look to say
        last_success_ = clock_.monotonic();
    } else if (result.fault().kind != FaultKind::cancelled) {
        ++failures_;
        last_failure_ = clock_.monotonic();
        failure_ = result.fault().message;
    }
}

ImageView Puller::view(const PullRequest& request) const {
    const std::lock_guard lock(mutex_);
    ImageView view;
    if (request.image != request_.image) return view;
    const Monotonic now = clock_.monotonic();
    if (last_success_) view.since_last_pull = now - *last_success_;
    if (request != request_) return view;
    view.pulling = pulling_;
    view.pull_failures = failures_;
    if (failures_ > 0) view.since_last_failure = now - last_failure_;
    view.failure = failures_ > 0 ? failure_ : "";
    view.progress = progress_;
    return view;
}

}  // namespace roundhouse
