#include "hold/holder.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "hold/files.h"
#include "hold/process.h"
#include "hold/record.h"

namespace roundhouse {

namespace {

constexpr std::int64_t poll_ms = 1000;   // a net for what inotify does not see
constexpr std::int64_t clear_ms = 10;    // between two looks at what a child left behind
constexpr std::int64_t locked_ms = 100;  // the agent's test of the lock takes no longer than this
constexpr std::int64_t usual_grace_ms = 5000;

bool read_number(std::string_view text, std::int64_t& number) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

// What is to run, pointing into the text that it was read from. All zero at first, so that it takes
// no place in the program's file.
struct Order {
    std::int64_t generation = 0;
    std::int64_t grace_ms = 0;
    bool runs = false;
    std::size_t args = 0;
    std::size_t envs = 0;
    std::array<char*, record::most_words + 1> argv{};
    std::array<char*, record::most_words + 1> env{};
    std::array<char, record::most_bytes> text{};

    // false: this is no order.
    bool parse(std::size_t size);

  private:
    bool take(std::string_view name, std::string_view value);
};

bool Order::take(std::string_view name, std::string_view value) {
    if (name == "generation") return read_number(value, generation);
    if (name == "grace_ms") return read_number(value, grace_ms);
    if (name == "run") {
        runs = value == "yes";
        return runs || value == "no";
    }
    const bool is_arg = name == "arg";
    if (!is_arg && name != "env") return true;
    std::size_t& count = is_arg ? args : envs;
    if (count == record::most_words) return false;
    // It points into `text`, which is not const.
    (is_arg ? argv : env)[count++] = const_cast<char*>(value.data());
    return true;
}

bool Order::parse(std::size_t size) {
    generation = 0;
    grace_ms = usual_grace_ms;
    runs = false;
    args = envs = 0;
    record::Reader reader(text.data(), size);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (!take(name, value)) return false;
    }
    argv[args] = env[envs] = nullptr;
    return reader.is_whole() && (!runs || args > 0);
}

// How a generation fares.
struct Report {
    std::int64_t generation = 0;
    const char* state = record::exited;
    pid_t pid = 0;
    std::int64_t started_ms = 0;
    std::int64_t ended_ms = 0;
    int exit_code = 0;
    int error = 0;  // errno
};

class Holder {
  public:
    Holder(const char* slots, const char* slot);
    int run();

  private:
    bool open();
    bool lock();
    void say(const char* format, ...) const __attribute__((format(printf, 2, 3)));

    void take_order();
    void recall();
    void act();
    void start_child();
    void stop_child();
    void reap();
    void child_ended(int status);
    void clear();
    void write_report();
    bool report_is_intact() const;
    void wait();

    const char* slot_;
    Path folder_;
    Path orders_;
    Path reports_;
    int signals_ = -1;
    int orders_watch_ = -1;

    // One is in force, the other is being read.
    Order* order_;
    Order* next_;
    bool order_refused_ = false;

    Report report_;
    bool report_is_due_ = false;
    bool report_failed_ = false;
    ino_t written_ = 0;  // the file of the last report; 0: there is none
    timespec written_at_{};
    std::int64_t over_ = 0;  // the latest generation that ended by itself, or as it was told to

    pid_t child_ = 0;
    bool leaves_children_ = false;
    bool is_killed_ = false;
    std::int64_t kill_at_ = 0;  // 0: the child was not asked to end
    bool is_ending_ = false;
};

// Of the whole program: there is one holder in it. Pages that are not used take no memory.
Order orders[2];
std::array<char, record::most_bytes> former_report;

Holder::Holder(const char* slots, const char* slot)
    : slot_(slot),
      folder_(slots, slot),
      orders_(folder_.text, record::order_folder),
      reports_(folder_.text, record::report_folder),
      order_(&orders[0]),
      next_(&orders[1]) {}

void Holder::say(const char* format, ...) const {
    char text[512];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    ::dprintf(STDERR_FILENO, "hold: slot %s: %s\n", slot_, text);
}

bool Holder::open() {
    for (const Path* folder : {&orders_, &reports_}) {
        struct stat found {};
        if (::stat(folder->text, &found) == 0 && S_ISDIR(found.st_mode)) continue;
        say("there is no folder %s: mount the slot's folders w and s there, as made by "
            "'hold --install'",
            folder->text);
        return false;
    }
    signals_ = open_signals();
    orders_watch_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    // Without inotify the polls do all the work.
    if (orders_watch_ >= 0) {
        ::inotify_add_watch(orders_watch_, orders_.text, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    return signals_ >= 0;
}

// Waits for as long as another holder has the slot. false: this one is to end, or cannot go on.
bool Holder::lock() {
    const Path path(reports_.text, record::lock_file);
    for (int tries = 0; take_lock(path.text) < 0; ++tries) {
        if (errno != EWOULDBLOCK) {
            say("cannot lock %s: %s", path.text, std::strerror(errno));
            return false;
        }
        constexpr int told_after = 10;
        if (tries == told_after) say("another holder has this slot: waiting for its end");
        pollfd source{signals_, POLLIN, 0};
        ::poll(&source, 1, static_cast<int>(locked_ms));
        const int signal = next_signal(signals_);
        is_ending_ = signal == SIGTERM || signal == SIGINT;
        if (is_ending_) return false;
    }
    return true;  // the lock ends with the process
}

// What ended under an earlier holder does not run again. What ran then does: it died with it.
void Holder::recall() {
    const Path path(reports_.text, record::report_file);
    const long size = read_file(path.text, former_report.data(), former_report.size());
    if (size < 0) return;
    record::Reader reader(former_report.data(), static_cast<std::size_t>(size));
    std::string_view name;
    std::string_view value;
    std::int64_t generation = 0;
    bool is_over = false;
    while (reader.next(name, value)) {
        if (name == "generation" && !read_number(value, generation)) return;
        if (name == "state") is_over = value == record::exited || value == record::failed;
    }
    if (is_over && reader.is_whole()) over_ = generation;
}

void Holder::take_order() {
    const Path path(orders_.text, record::order_file);
    const long size = read_file(path.text, next_->text.data(), next_->text.size());
    if (size < 0 && errno == ENOENT) return;
    if (size >= 0 && next_->parse(static_cast<std::size_t>(size))) {
        order_refused_ = false;
        std::swap(order_, next_);
        return;
    }
    if (!order_refused_) say("%s cannot be read: what runs goes on", path.text);
    order_refused_ = true;
}

void Holder::act() {
    const bool is_wanted = order_->runs && !is_ending_;
    if (child_ == 0 && leaves_children_) clear();
    if (child_ != 0) {
        if (!is_wanted || report_.generation != order_->generation) stop_child();
    } else if (is_wanted && !leaves_children_ && over_ != order_->generation) {
        start_child();
    }
    if (report_is_due_ || !report_is_intact()) write_report();
}

void Holder::start_child() {
    report_ = {};
    report_.generation = order_->generation;
    report_.started_ms = wall_clock_ms();
    report_is_due_ = true;
    kill_at_ = 0;
    is_killed_ = false;
    const pid_t child = spawn(order_->argv.data(), order_->env.data(), SIGKILL);
    if (child < 0) {
        report_.error = errno;
        report_.state = record::failed;
        over_ = report_.generation;
        say("cannot run %s: %s", order_->argv[0], std::strerror(report_.error));
        return;
    }
    child_ = report_.pid = child;
    report_.state = record::running;
    say("started %s (generation %lld, pid %d)", order_->argv[0],
        static_cast<long long>(report_.generation), static_cast<int>(child));
}

// A later order may shorten the grace of an earlier one.
void Holder::stop_child() {
    const std::int64_t now = monotonic_ms();
    if (kill_at_ == 0) {
        kill_at_ = now + order_->grace_ms;
        ::kill(child_, SIGTERM);
    }
    kill_at_ = std::min(kill_at_, now + order_->grace_ms);
    if (now < kill_at_ || is_killed_) return;
    say("the engine did not end within its grace, and is killed");
    is_killed_ = true;
    ::kill(child_, SIGKILL);
}

void Holder::reap() {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (ended == child_) child_ended(status);
    }
}

void Holder::child_ended(int status) {
    constexpr int by_signal = 128;
    report_.exit_code = WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
    report_.ended_ms = wall_clock_ms();
    report_.state = is_ending_ ? record::stopped : record::exited;
    report_is_due_ = true;
    over_ = report_.generation;
    ::kill(-child_, SIGKILL);  // its process group
    child_ = 0;
    leaves_children_ = true;
    say("the engine ended with exit code %d", report_.exit_code);
}

// What the child started would keep its ports.
void Holder::clear() {
    kill_children();
    leaves_children_ = ::waitpid(-1, nullptr, WNOHANG) >= 0;
}

void Holder::write_report() {
    char text[1024];
    const Report& report = report_;
    const int size = std::snprintf(
        text, sizeof text,
        "generation %lld\nstate %s\npid %d\nstarted_ms %lld\nended_ms %lld\nexit_code %d\n"
        "error %s\nend\n",
        static_cast<long long>(report.generation), report.state, static_cast<int>(report.pid),
        static_cast<long long>(report.started_ms), static_cast<long long>(report.ended_ms),
        report.exit_code, report.error == 0 ? "" : std::strerror(report.error));
    const Path path(reports_.text, record::report_file);
    const bool written = replace_file(path.text, {text, static_cast<std::size_t>(size)}, 0644);
    if (!written && !report_failed_) {
        say("cannot write %s: %s; trying again", path.text, std::strerror(errno));
    }
    report_failed_ = !written;
    report_is_due_ = !written;
    struct stat found {};
    written_ = written && ::stat(path.text, &found) == 0 ? found.st_ino : 0;
    written_at_ = found.st_mtim;
}

// The engine may write to the folder, too. What it put there would hide its own fate for ever.
bool Holder::report_is_intact() const {
    if (written_ == 0) return true;
    struct stat found {};
    const Path path(reports_.text, record::report_file);
    return ::lstat(path.text, &found) == 0 && found.st_ino == written_ &&
           found.st_mtim.tv_sec == written_at_.tv_sec &&
           found.st_mtim.tv_nsec == written_at_.tv_nsec;
}

void Holder::wait() {
    std::int64_t wait_ms = poll_ms;
    if (child_ == 0 && leaves_children_) wait_ms = clear_ms;
    if (child_ != 0 && kill_at_ != 0 && !is_killed_) {
        wait_ms = std::clamp(kill_at_ - monotonic_ms(), std::int64_t{0}, poll_ms);
    }
    std::array<pollfd, 2> sources{{{signals_, POLLIN, 0}, {orders_watch_, POLLIN, 0}}};
    ::poll(sources.data(), sources.size(), static_cast<int>(wait_ms));
    alignas(inotify_event) std::array<char, 4096> events{};
    while (orders_watch_ >= 0 && ::read(orders_watch_, events.data(), events.size()) > 0) {
    }
    for (int signal = 0; (signal = next_signal(signals_)) != 0;) {
        if (signal == SIGTERM || signal == SIGINT) is_ending_ = true;
    }
    reap();
}

int Holder::run() {
    if (!open() || !lock()) return is_ending_ ? 0 : 1;
    recall();
    while (true) {
        take_order();
        act();
        if (is_ending_ && child_ == 0 && !leaves_children_) break;
        wait();
    }
    report_.state = record::stopped;
    if (report_.generation == 0) report_.generation = over_;
    write_report();
    return 0;
}

}  // namespace

int hold_slot(const char* slots, const char* slot) {
    return Holder(slots, slot).run();
}

}  // namespace roundhouse
