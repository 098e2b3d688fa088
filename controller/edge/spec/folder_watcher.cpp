#include "edge/spec/folder_watcher.h"

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

class FolderWatcher::Thread {
  public:
    Thread(const std::string& path, std::function<void()> on_change,
           const FolderWatcherTiming& timing);
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void report_soon();

  private:
    using Instant = std::chrono::steady_clock::time_point;
    static Instant now() { return std::chrono::steady_clock::now(); }

    void wake();
    void run();
    void wait_for_events(bool half_written);
    void begin_settling();
    void settle();
    void poll_stamps(bool half_written);
    void report(FileStamps stamps);

    const std::string path_;
    const std::function<void()> on_change_;
    const FolderWatcherTiming timing_;
    Inotify inotify_;
    UniqueFd wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

    FileStamps last_seen_;
    FileStamps last_reported_;
    RestDetector polls_;
    Instant next_poll_;
    bool settling_ = false;
    Instant settling_since_;
    Instant quiet_since_;

    std::atomic<bool> asked_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;  // last: it uses all the others
};

FolderWatcher::Thread::Thread(const std::string& path, std::function<void()> on_change,
                              const FolderWatcherTiming& timing)
    : path_(path),
      on_change_(std::move(on_change)),
      timing_(timing),
      inotify_(path, timing.use_inotify) {
    inotify_.follow_path();
    last_seen_ = last_reported_ = read_file_stamps(path_);
    polls_.know(last_seen_);
    next_poll_ = now() + timing_.poll;
    thread_ = std::thread([this] { run(); });
}

FolderWatcher::Thread::~Thread() {
    stop_ = true;
    wake();
    thread_.join();
}

void FolderWatcher::Thread::report_soon() {
    asked_ = true;
    wake();
}

void FolderWatcher::Thread::wake() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
}

void FolderWatcher::Thread::run() {
    while (!stop_) {
        if (asked_.exchange(false)) report(read_file_stamps(path_));
        const bool moved = inotify_.follow_path();
        const auto meaning = inotify_.take_events(last_seen_);
        if (meaning == Inotify::Meaning::replaced) {
            report(read_file_stamps(path_));
        } else if (meaning == Inotify::Meaning::changed || moved) {
            begin_settling();
        }
        const bool half_written = inotify_.being_written(timing_.longest_write_pause);
        if (settling_ && !half_written) {
            settle();
        } else if (now() >= next_poll_) {
            poll_stamps(half_written);
        }
        wait_for_events(half_written);
    }
}

void FolderWatcher::Thread::wait_for_events(bool half_written) {
    // Without an eventfd nobody can wake this thread, so it looks at stop_ and asked_ often.
    constexpr Duration unwoken_wait{100};
    Instant due = next_poll_;
    if (settling_ && !half_written) {
        due = std::min(quiet_since_ + timing_.settle, settling_since_ + timing_.longest_settle);
    }
    // Rounded up: a wait of less than a millisecond would spin.
    auto wait = std::max(std::chrono::ceil<Duration>(due - now()), Duration{0});
    if (!wake_.valid()) wait = std::min(wait, unwoken_wait);

    std::array<pollfd, 2> sources{{{wake_.get(), POLLIN, 0}, {inotify_.fd(), POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), static_cast<int>(wait.count()));
    std::uint64_t wakes = 0;
    (void)!::read(wake_.get(), &wakes, sizeof(wakes));
}

void FolderWatcher::Thread::begin_settling() {
    quiet_since_ = now();
    if (!settling_) settling_since_ = quiet_since_;
    settling_ = true;
}

void FolderWatcher::Thread::settle() {
    FileStamps stamps = read_file_stamps(path_);
    if (stamps != last_seen_) {
        last_seen_ = stamps;
        quiet_since_ = now();
    }
    const bool quiet = now() - quiet_since_ >= timing_.settle;
    if (!quiet && now() - settling_since_ < timing_.longest_settle) return;
    settling_ = false;
    // Events of the old file follow those of the new one. Without files the path may be another.
    if (stamps != last_reported_ || stamps.empty()) report(std::move(stamps));
}

void FolderWatcher::Thread::poll_stamps(bool half_written) {
    next_poll_ = now() + timing_.poll;
    if (half_written) return;
    last_seen_ = read_file_stamps(path_);
    if (polls_.look(last_seen_)) report(last_seen_);
}

void FolderWatcher::Thread::report(FileStamps stamps) {
    settling_ = false;
    last_seen_ = last_reported_ = stamps;
    polls_.know(std::move(stamps));
    next_poll_ = now() + timing_.poll;
    on_change_();
}

FolderWatcher::FolderWatcher(const std::string& path, std::function<void()> on_change,
                             const FolderWatcherTiming& timing)
    : thread_(std::make_unique<Thread>(path, std::move(on_change), timing)) {}

FolderWatcher::~FolderWatcher() = default;

void FolderWatcher::report_soon() {
    thread_->report_soon();
}

}  // namespace roundhouse
