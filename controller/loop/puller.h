// Pulls the pool's image in the background and remembers the result: an image sensor.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/observation.h"
#include "loop/clock.h"
#include "loop/journal.h"
#include "loop/runtime.h"
#include "loop/workers.h"

namespace roundhouse {

class Puller {
  public:
    // A worker calls `on_change` when a pull has ended.
    Puller(Runtime& runtime, Workers& workers, const Clock& clock, Journal& journal,
           std::function<void()> on_change);
    // Cancels a pull that is under way and waits for it to end.
    ~Puller();
    Puller(const Puller&) = delete;
    Puller& operator=(const Puller&) = delete;

    // Starts a pull unless the same one is under way. Another pull is cancelled, and its result is
    // ignored. One thread.
    void start(const PullRequest& request);

    // Reports that a look which began at `asked_at` found `image` present or missing. An image that
    // is missing after a pull that had succeeded by then counts as a failed pull, so that the next
    // pull waits for its backoff. Any thread.
    void note_presence(const std::string& image, bool present, Monotonic asked_at);

    // Somebody else has brought the image: pulls that failed before need not be repeated. Any
    // thread.
    void forget_failures(const std::string& image);

    // The state of the pulls of this image; empty if the last pull was of another image. With other
    // credentials, only successes count. Any thread.
    ImageView view(const PullRequest& request) const;

  private:
    void begin(const PullRequest& request);
    void pull(const PullRequest& request, const std::stop_token& stop);
    void take_in(const Result<void>& result, const std::stop_token& stop);

    Runtime& runtime_;
    Workers& workers_;
    const Clock& clock_;
    Journal& journal_;
    std::function<void()> on_change_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::stop_source latest_;  // stops the latest pull
    int under_way_ = 0;        // pulls that have not ended, including cancelled ones
    PullRequest request_;
    bool pulling_ = false;
    int failures_ = 0;
    int vain_pulls_ = 0;  // of the failures, those in a row that succeeded and did not help
    Monotonic last_failure_{};
    std::optional<Monotonic> last_success_;
    std::string progress_;
    std::string failure_;  // what the last failure said
};

}  // namespace roundhouse
