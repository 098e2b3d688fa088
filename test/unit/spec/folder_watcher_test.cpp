#include "edge/spec/folder_watcher.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "unit/temporary_folder.h"

using namespace roundhouse;
namespace fs = std::filesystem;

namespace {

constexpr auto deadline = std::chrono::seconds(10);

// Counts calls and lets a test wait for the next one.
class Calls {
  public:
    void add() {
        const std::scoped_lock lock(mutex_);
        ++count_;
        changed_.notify_all();
    }

    int count() {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

    // True when there are more than `seen` before the deadline.
    bool wait_beyond(int seen) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [&] { return count_ > seen; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

// A watcher that counts its callbacks. It polls so rarely that inotify alone finds the changes.
struct Watched {
    explicit Watched(const std::string& path, FolderWatcherTiming timing = inotify_alone())
        : watcher(
              path, [this] { calls.add(); }, timing) {}

    static FolderWatcherTiming inotify_alone() {
        FolderWatcherTiming timing;
        timing.poll = std::chrono::hours(1);
        return timing;
    }

    static FolderWatcherTiming polls_alone() {
        FolderWatcherTiming timing;
        timing.poll = Duration{5};
        timing.use_inotify = false;
        return timing;
    }

    // Makes a change and waits for the callback.
    template <class Change>
    bool reports(Change change) {
        const int before = calls.count();
        change();
        return calls.wait_beyond(before);
    }

    Calls calls;
    FolderWatcher watcher;
};

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

struct Spec {
    Spec() { write(file, "replicas: 1\n"); }

    TemporaryFolder folder;
    std::string file = folder.path() + "/engines.yaml";
};

// A slower watcher reports a save made at this moment only after any callback that was already due.
bool outlasts_a_call() {
    const Spec other;
    FolderWatcherTiming slower = Watched::inotify_alone();
    slower.settle = Duration{100};
    Watched later(other.file, slower);
    return later.reports([&] { write(other.file, "replicas: 2\n"); });
}

}  // namespace

TEST_CASE("a save in place is reported") {
    const Spec spec;
    Watched watched(spec.file);
    CHECK(watched.reports([&] { write(spec.file, "replicas: 2\n"); }));
    CHECK(watched.reports([&] { write(spec.file, "replicas: 3\n"); }));
}

TEST_CASE("every way in which editors and tools save is reported") {
    const Spec spec;
    Watched watched(spec.file);
    SUBCASE("a new file renamed over the old one") {
        const auto save = [&] {
            write(spec.folder.path() + "/engines.yaml.tmp", "replicas: 2\n");
            fs::rename(spec.folder.path() + "/engines.yaml.tmp", spec.file);
        };
        CHECK(watched.reports(save));
        CHECK(watched.reports(save));
    }
    SUBCASE("the old one renamed to a backup, a new one written") {
        CHECK(watched.reports([&] {
            fs::rename(spec.file, spec.file + "~");
            write(spec.file, "replicas: 2\n");
        }));
        CHECK(watched.reports([&] { write(spec.file, "replicas: 3\n"); }));
    }
    SUBCASE("removed, then written again") {
        CHECK(watched.reports([&] { fs::remove(spec.file); }));
        CHECK(watched.reports([&] { write(spec.file, "replicas: 2\n"); }));
    }
    SUBCASE("replaced by a symlink") {
        write(spec.folder.path() + "/other", "replicas: 2\n");
        fs::remove(spec.file);
        CHECK(watched.reports([&] { fs::create_symlink("other", spec.file); }));
    }
    SUBCASE("made readable") {
        CHECK(watched.reports([&] { fs::permissions(spec.file, fs::perms::owner_all); }));
    }
}

TEST_CASE("a file that is still being written is reported only when it is closed") {
    const Spec spec;
    Watched watched(spec.file);
    std::ofstream slow(spec.file);
    slow << "replicas: 1" << std::flush;

    CHECK(outlasts_a_call());
    CHECK(watched.calls.count() == 0);

    CHECK(watched.reports([&] {
        slow << "0\n";
        slow.close();
    }));
}

TEST_CASE("polls do not report a file that is still being written, where inotify sees the writer") {
    const Spec spec;
    FolderWatcherTiming timing;
    // The kernel shows a write a moment before its event: that moment has to be shorter than this.
    timing.poll = Duration{150};
    Watched file(spec.file, timing);
    Watched folder(spec.folder.path(), timing);
    std::ofstream slow(spec.file);
    slow << "replicas: 1" << std::flush;
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 5 * timing.poll)
        CHECK(outlasts_a_call());
    CHECK(file.calls.count() == 0);
    CHECK(folder.calls.count() == 0);
    slow << "0\n";
    slow.close();
    CHECK(file.calls.wait_beyond(0));
    CHECK(folder.calls.wait_beyond(0));
}

TEST_CASE("a burst of saves is reported a few times, and after the last one") {
    const Spec spec;
    Watched watched(spec.file);
    CHECK(watched.reports([&] {
        for (int i = 0; i < 200; ++i)
            write(spec.file, "replicas: " + std::to_string(i) + "\n");
    }));
    CHECK(watched.calls.count() < 20);
}

TEST_CASE("a file that is renamed to the spec is whole: it is reported at once, and once") {
    const Spec spec;
    FolderWatcherTiming timing = Watched::inotify_alone();
    timing.settle = timing.longest_settle = std::chrono::hours(1);
    Watched settles_never(spec.file, timing);
    Watched usual(spec.file);
    CHECK(settles_never.reports([&] {
        write(spec.folder.path() + "/next", "replicas: 2\n");
        fs::rename(spec.folder.path() + "/next", spec.file);
    }));
    CHECK(outlasts_a_call());
    CHECK(usual.calls.count() == 1);
}

TEST_CASE("saves without a pause are reported all the same") {
    const Spec spec;
    FolderWatcherTiming timing = Watched::inotify_alone();
    timing.settle = std::chrono::hours(1);
    timing.longest_settle = Duration{30};
    Watched watched(spec.file, timing);
    CHECK(watched.reports([&] { write(spec.file, "replicas: 2\n"); }));
}

TEST_CASE("other files in the folder are not reported") {
    const Spec spec;
    Watched watched(spec.file);
    for (int i = 0; i < 50; ++i) {
        const std::string other = spec.folder.path() + "/other" + std::to_string(i);
        write(other, "x");
        fs::rename(other, other + ".yaml");
        fs::remove(other + ".yaml");
    }
    CHECK(outlasts_a_call());
    CHECK(watched.calls.count() == 0);
    CHECK(watched.reports([&] { write(spec.file, "replicas: 2\n"); }));
}

TEST_CASE("only the YAML files of a folder are watched") {
    const Spec spec;
    Watched watched(spec.folder.path());
    write(spec.folder.path() + "/notes.txt", "x");
    write(spec.folder.path() + "/.engines.yaml.swp", "x");
    write(spec.folder.path() + "/.hidden.yaml", "x");
    CHECK(outlasts_a_call());
    CHECK(watched.calls.count() == 0);
    CHECK(watched.reports([&] { write(spec.folder.path() + "/more.yml", "x"); }));
    CHECK(watched.reports([&] { write(spec.file, "replicas: 2\n"); }));
    CHECK(watched.reports([&] { fs::remove(spec.folder.path() + "/more.yml"); }));
}

TEST_CASE("a config map: the file is a link through a link that is swapped") {
    const TemporaryFolder folder;
    const auto at = [&](const char* name) { return folder.path() + "/" + name; };
    for (const char* version : {"..1", "..2"}) {
        fs::create_directory(at(version));
        write(at(version) + "/engines.yaml", version);
    }
    fs::create_symlink("..1", at("..data"));
    fs::create_symlink("..data/engines.yaml", at("engines.yaml"));
    for (const std::string& path : {at("engines.yaml"), folder.path()}) {
        fs::create_symlink("..1", at("..data_tmp"));
        fs::rename(at("..data_tmp"), at("..data"));
        Watched watched(path);
        CHECK(watched.reports([&] {
            fs::create_symlink("..2", at("..data_tmp"));
            fs::rename(at("..data_tmp"), at("..data"));
        }));
    }
}

TEST_CASE("the target of a link is watched") {
    const TemporaryFolder elsewhere;
    const TemporaryFolder folder;
    write(elsewhere.path() + "/target", "replicas: 1\n");
    fs::create_symlink(elsewhere.path() + "/target", folder.path() + "/engines.yaml");
    Watched watched(folder.path() + "/engines.yaml");
    CHECK(watched.reports([&] { write(elsewhere.path() + "/target", "replicas: 2\n"); }));
}

TEST_CASE("a path that does not exist yet is reported when it appears") {
    const TemporaryFolder folder;
    SUBCASE("a file") {
        const std::string file = folder.path() + "/engines.yaml";
        Watched watched(file);
        CHECK(watched.reports([&] { write(file, "replicas: 1\n"); }));
        CHECK(watched.reports([&] { write(file, "replicas: 2\n"); }));
    }
    SUBCASE("a folder, that the path turns out to be") {
        const std::string path = folder.path() + "/specs";
        Watched watched(path);
        CHECK(watched.reports([&] { fs::create_directory(path); }));
        CHECK(watched.reports([&] { write(path + "/engines.yaml", "replicas: 1\n"); }));
    }
    SUBCASE("the folder around it, found by the polls") {
        const std::string file = folder.path() + "/specs/engines.yaml";
        FolderWatcherTiming timing;
        timing.poll = Duration{5};
        Watched watched(file, timing);
        CHECK(watched.reports([&] {
            fs::create_directory(folder.path() + "/specs");
            write(file, "replicas: 1\n");
        }));
    }
}

TEST_CASE("a folder that is removed and created again is watched again") {
    const TemporaryFolder around;
    const std::string folder = around.path() + "/specs";
    const std::string file = folder + "/engines.yaml";
    fs::create_directory(folder);
    write(file, "replicas: 1\n");
    FolderWatcherTiming timing;
    timing.poll = Duration{5};
    for (const std::string& path : {file, folder}) {
        Watched watched(path, timing);
        CHECK(watched.reports([&] { fs::remove_all(folder); }));
        CHECK(watched.reports([&] {
            fs::create_directory(folder);
            write(file, "replicas: 2\n");
        }));
        CHECK(watched.reports([&] { write(file, "replicas: 30\n"); }));
    }
}

TEST_CASE("without inotify, polls report changes") {
    const Spec spec;
    Watched watched(spec.file, Watched::polls_alone());
    CHECK(watched.reports([&] { write(spec.file, "replicas: 20\n"); }));
    CHECK(watched.reports([&] { fs::remove(spec.file); }));
    CHECK(watched.reports([&] { write(spec.file, "replicas: 1\n"); }));
}

TEST_CASE("a writer whose file was replaced or removed holds up nothing") {
    const Spec spec;
    Watched watched(spec.file);
    std::ofstream slow(spec.file);
    slow << "replicas: 1" << std::flush;
    CHECK(watched.reports([&] {
        write(spec.file + ".tmp", "replicas: 2\n");
        fs::rename(spec.file + ".tmp", spec.file);
    }));
    slow << "0" << std::flush;
    CHECK(watched.reports([&] { write(spec.file, "replicas: 3\n"); }));
    std::ofstream other(spec.file);
    other << "replicas: 1" << std::flush;
    CHECK(watched.reports([&] { fs::remove(spec.file); }));
}

TEST_CASE("a change without a close is reported by the polls in the end") {
    const Spec spec;
    FolderWatcherTiming timing;
    timing.poll = Duration{5};
    timing.longest_write_pause = Duration{50};
    Watched watched(spec.file, timing);
    CHECK(watched.reports([&] { fs::resize_file(spec.file, 4); }));
}

TEST_CASE("asked to, the watcher reports although nothing has changed, with and without inotify") {
    const TemporaryFolder folder;
    for (const auto& timing : {Watched::inotify_alone(), Watched::polls_alone()}) {
        Watched watched(folder.path(), timing);
        CHECK(watched.reports([&] { watched.watcher.report_soon(); }));
        CHECK(watched.reports([&] { watched.watcher.report_soon(); }));
    }
}

TEST_CASE("a watcher ends at once, whatever it is doing") {
    const Spec spec;
    FolderWatcherTiming timing = Watched::inotify_alone();
    timing.settle = std::chrono::hours(1);
    timing.longest_settle = std::chrono::hours(1);
    const auto begin = std::chrono::steady_clock::now();
    {
        Watched idle(spec.file);
        Watched settling(spec.file, timing);
        write(spec.file, "replicas: 2\n");
        CHECK(idle.calls.wait_beyond(0));
    }
    CHECK(std::chrono::steady_clock::now() - begin < deadline);
}
