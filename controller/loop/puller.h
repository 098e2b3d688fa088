// Pulls the pool's image in the background, and remembers how that went: an image sensor.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/observation.h"
#include "loop/clock.h"
#include "loop/journal.h"
#include "loop/runtime.h"

namespace roundhouse {

class Puller {
  public:
    // `on_change` is called from the pulling thread when a pull has ended.
    Puller(Runtime& runtime, const Clock& clock, Journal& journal, std::function<void()> on_change);
    // Ends a pull that is under way.
    ~Puller();
    Puller(const Puller&) = delete;
    Puller& operator=(const Puller&) = delete;

    // Begins to pull unless that is under way. A pull of another image is ended first. Loop thread.
    void start(const std::string& image);

    // What is known of pulls of `image`; of another one than the last, nothing. Any thread.
    ImageView view(const std::string& image) const;

  private:
    void pull(const std::string& image, const std::stop_token& stop);
    void end(const Result<void>& result);

    Runtime& runtime_;
    const Clock& clock_;
    Journal& journal_;
    std::function<void()> on_change_;

    mutable std::mutex mutex_;  // guards what follows
    std::string image_;
    bool pulling_ = false;
    int failures_ = 0;
    Monotonic last_failure_{};
    std::optional<Monotonic> last_success_;
    std::string detail_;

    std::jthread thread_;
};

}  // namespace roundhouse
