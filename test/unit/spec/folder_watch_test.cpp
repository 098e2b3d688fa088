#include "edge/spec/folder_watch.h"

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

// A watch that reports into a counter. Polls so rarely that only inotify can be what is seen.
struct Watched {
    explicit Watched(const std::string& path, WatchTiming timing = inotify_alone())
        : watch(
              path, [this] { calls.add(); }, timing) {}

    static WatchTiming inotify_alone() {
        WatchTiming timing;
        timing.poll = std::chrono::hours(1);
        return timing;
    }

    static WatchTiming polls_alone() {
        WatchTiming timing;
        timing.poll = Duration{5};
        timing.use_inotify = false;
        return timing;
    }

    // Does something and waits for the call that it causes.
    template <class Change>
    bool tells(Change change) {
        const int before = calls.count();
        change();
        return calls.wait_beyond(before);
    }

    Calls calls;
    SpecWatch watch;
};

void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

struct Spec {
    Spec() { write(file, "replicas: 1\n"); }

    TemporaryFolder folder;
    std::string file = folder.path() + "/engines.yaml";
};

// By the time a slower watch tells of a save made now, any call that was due before is here.
bool outlasts_a_call() {
    const Spec other;
    WatchTiming slower = Watched::inotify_alone();
    slower.settle = Duration{100};
    Watched later(other.file, slower);
    return later.tells([&] { write(other.file, "replicas: 2\n"); });
}

}  // namespace

TEST_CASE("a save in place is told") {
    const Spec spec;
    Watched watched(spec.file);
    CHECK(watched.tells([&] { write(spec.file, "replicas: 2\n"); }));
    CHECK(watched.tells([&] { write(spec.file, "replicas: 3\n"); }));
}

TEST_CASE("the ways in which editors and tools save are all told") {
    const Spec spec;
    Watched watched(spec.file);
    SUBCASE("a new file renamed over the old one") {
        const auto save = [&] {
            write(spec.folder.path() + "/engines.yaml.tmp", "replicas: 2\n");
            fs::rename(spec.folder.path() + "/engines.yaml.tmp", spec.file);
        };
        CHECK(watched.tells(save));
        CHECK(watched.tells(save));
    }
    SUBCASE("the old one renamed to a backup, a new one written") {
        CHECK(watched.tells([&] {
            fs::rename(spec.file, spec.file + "~");
            write(spec.file, "replicas: 2\n");
        }));
        CHECK(watched.tells([&] { write(spec.file, "replicas: 3\n"); }));
    }
    SUBCASE("removed, then written again") {
        CHECK(watched.tells([&] { fs::remove(spec.file); }));
        CHECK(watched.tells([&] { write(spec.file, "replicas: 2\n"); }));
    }
    SUBCASE("replaced by a symlink") {
        write(spec.folder.path() + "/other", "replicas: 2\n");
        fs::remove(spec.file);
        CHECK(watched.tells([&] { fs::create_symlink("other", spec.file); }));
    }
    SUBCASE("made readable") {
        CHECK(watched.tells([&] { fs::permissions(spec.file, fs::perms::owner_all); }));
    }
}

TEST_CASE("a file that is still being written is not told until it is closed") {
    const Spec spec;
    Watched watched(spec.file);
    std::ofstream slow(spec.file);
    slow << "replicas: 1" << std::flush;

    CHECK(outlasts_a_call());
    CHECK(watched.calls.count() == 0);

    CHECK(watched.tells([&] {
        slow << "0\n";
        slow.close();
    }));
}

TEST_CASE("a burst of saves is told a few times, and after the last of them") {
    const Spec spec;
    Watched watched(spec.file);
    CHECK(watched.tells([&] {
        for (int i = 0; i < 200; ++i)
            write(spec.file, "replicas: " + std::to_string(i) + "\n");
    }));
    CHECK(watched.calls.count() < 20);
}

TEST_CASE("saves that never pause are told all the same") {
    const Spec spec;
    WatchTiming timing = Watched::inotify_alone();
    timing.settle = std::chrono::hours(1);
    timing.longest_settle = Duration{30};
    Watched watched(spec.file, timing);
    CHECK(watched.tells([&] { write(spec.file, "replicas: 2\n"); }));
}

TEST_CASE("other files in the folder wake nobody") {
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
    CHECK(watched.tells([&] { write(spec.file, "replicas: 2\n"); }));
}

TEST_CASE("a folder is watched for its YAML files alone") {
    const Spec spec;
    Watched watched(spec.folder.path());
    write(spec.folder.path() + "/notes.txt", "x");
    write(spec.folder.path() + "/.engines.yaml.swp", "x");
    write(spec.folder.path() + "/.hidden.yaml", "x");
    CHECK(outlasts_a_call());
    CHECK(watched.calls.count() == 0);
    CHECK(watched.tells([&] { write(spec.folder.path() + "/more.yml", "x"); }));
    CHECK(watched.tells([&] { write(spec.file, "replicas: 2\n"); }));
    CHECK(watched.tells([&] { fs::remove(spec.folder.path() + "/more.yml"); }));
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
        CHECK(watched.tells([&] {
            fs::create_symlink("..2", at("..data_tmp"));
            fs::rename(at("..data_tmp"), at("..data"));
        }));
    }
}

TEST_CASE("a file that a link leads to is watched where it lies") {
    const TemporaryFolder elsewhere;
    const TemporaryFolder folder;
    write(elsewhere.path() + "/target", "replicas: 1\n");
    fs::create_symlink(elsewhere.path() + "/target", folder.path() + "/engines.yaml");
    Watched watched(folder.path() + "/engines.yaml");
    CHECK(watched.tells([&] { write(elsewhere.path() + "/target", "replicas: 2\n"); }));
}

TEST_CASE("what does not exist yet is told when it comes") {
    const TemporaryFolder folder;
    SUBCASE("a file") {
        const std::string file = folder.path() + "/engines.yaml";
        Watched watched(file);
        CHECK(watched.tells([&] { write(file, "replicas: 1\n"); }));
        CHECK(watched.tells([&] { write(file, "replicas: 2\n"); }));
    }
    SUBCASE("a folder, that the path turns out to be") {
        const std::string path = folder.path() + "/specs";
        Watched watched(path);
        CHECK(watched.tells([&] { fs::create_directory(path); }));
        CHECK(watched.tells([&] { write(path + "/engines.yaml", "replicas: 1\n"); }));
    }
    SUBCASE("the folder around it, found by the polls") {
        const std::string file = folder.path() + "/specs/engines.yaml";
        WatchTiming timing;
        timing.poll = Duration{5};
        Watched watched(file, timing);
        CHECK(watched.tells([&] {
            fs::create_directory(folder.path() + "/specs");
            write(file, "replicas: 1\n");
        }));
    }
}

TEST_CASE("a folder that is removed and made again is watched again") {
    const TemporaryFolder around;
    const std::string folder = around.path() + "/specs";
    const std::string file = folder + "/engines.yaml";
    fs::create_directory(folder);
    write(file, "replicas: 1\n");
    WatchTiming timing;
    timing.poll = Duration{5};
    for (const std::string& path : {file, folder}) {
        Watched watched(path, timing);
        CHECK(watched.tells([&] { fs::remove_all(folder); }));
        CHECK(watched.tells([&] {
            fs::create_directory(folder);
            write(file, "replicas: 2\n");
        }));
        CHECK(watched.tells([&] { write(file, "replicas: 30\n"); }));
    }
}

TEST_CASE("without inotify the polls tell") {
    const Spec spec;
    Watched watched(spec.file, Watched::polls_alone());
    CHECK(watched.tells([&] { write(spec.file, "replicas: 20\n"); }));
    CHECK(watched.tells([&] { fs::remove(spec.file); }));
    CHECK(watched.tells([&] { write(spec.file, "replicas: 1\n"); }));
}

TEST_CASE("a watch ends at once, whatever it is doing") {
    const Spec spec;
    WatchTiming timing = Watched::inotify_alone();
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
