#include "edge/spec/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "edge/spec/file_stamps.h"
#include "edge/spec/inotify.h"
#include "edge/system/unique_fd.h"

namespace roundhouse {

class SpecWatch::Watcher {
  public:
    Watcher(const std::string& path, std::function<void()> on_change, const WatchTiming& timing);
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

  private:
    using Instant = std::chrono::steady_clock::time_point;
    static Instant now() { return std::chrono::steady_clock::now(); }

    void run();
    void wait_for_news();
    void begin_settling();
    void settle();
    void poll_marks();
    void tell(SpecMarks marks);

    const std::string path_;
    const std::function<void()> on_change_;
    const WatchTiming timing_;
    SpecNotifier notifier_;
    UniqueFd wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

    SpecMarks told_;       // as of the last callback
    SpecMarks last_seen_;  // of the look before
    Instant next_poll_;
    bool settling_ = false;
    Instant settling_since_;
    Instant quiet_since_;

    std::atomic<bool> stop_ = false;
    std::thread thread_;  // last: it uses all the others
};

SpecWatch::Watcher::Watcher(const std::string& path, std::function<void()> on_change,
                            const WatchTiming& timing)
    : path_(path),
      on_change_(std::move(on_change)),
      timing_(timing),
      notifier_(path, timing.use_inotify) {
    notifier_.follow_path();
    told_ = last_seen_ = look_at_spec(path_);
    next_poll_ = now() + timing_.poll;
    thread_ = std::thread([this] { run(); });
}

SpecWatch::Watcher::~Watcher() {
    stop_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
}

void SpecWatch::Watcher::run() {
    while (!stop_) {
        const bool elsewhere = notifier_.follow_path();
        if (notifier_.take_news(last_seen_) || elsewhere) begin_settling();
        if (settling_) {
            settle();
        } else if (now() >= next_poll_) {
            poll_marks();
        }
        wait_for_news();
    }
}

void SpecWatch::Watcher::wait_for_news() {
    // Where the system gave no descriptor to be woken by, the end is looked for instead.
    constexpr Duration unwoken_wait{100};
    Instant due = next_poll_;
    if (settling_) {
        due = std::min(quiet_since_ + timing_.settle, settling_since_ + timing_.longest_settle);
    }
    // Rounded up, so that a rest below a millisecond does not spin.
    auto wait = std::max(std::chrono::ceil<Duration>(due - now()), Duration{0});
    if (!wake_.valid()) wait = std::min(wait, unwoken_wait);

    std::array<pollfd, 2> sources{{{wake_.get(), POLLIN, 0}, {notifier_.fd(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), static_cast<int>(wait.count()));
}

void SpecWatch::Watcher::begin_settling() {
    quiet_since_ = now();
    if (!settling_) settling_since_ = quiet_since_;
    settling_ = true;
}

void SpecWatch::Watcher::settle() {
    SpecMarks marks = look_at_spec(path_);
    if (marks != last_seen_) {
        last_seen_ = marks;
        quiet_since_ = now();
    }
    const bool quiet = now() - quiet_since_ >= timing_.settle;
    if (quiet || now() - settling_since_ >= timing_.longest_settle) tell(std::move(marks));
}

void SpecWatch::Watcher::poll_marks() {
    next_poll_ = now() + timing_.poll;
    SpecMarks marks = look_at_spec(path_);
    if (marks != told_ && marks == last_seen_) {
        tell(std::move(marks));
    } else {
        last_seen_ = std::move(marks);
    }
}

void SpecWatch::Watcher::tell(SpecMarks marks) {
    settling_ = false;
    last_seen_ = marks;
    told_ = std::move(marks);
    next_poll_ = now() + timing_.poll;
    on_change_();
}

SpecWatch::SpecWatch(const std::string& path, std::function<void()> on_change,
                     const WatchTiming& timing)
    : watcher_(std::make_unique<Watcher>(path, std::move(on_change), timing)) {}

SpecWatch::~SpecWatch() = default;

}  // namespace roundhouse
