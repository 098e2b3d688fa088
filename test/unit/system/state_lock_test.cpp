#include "edge/system/state_lock.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "unit/temporary_folder.h"

using namespace roundhouse;

namespace {

std::string first_line(const std::string& path) {
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    return line;
}

unsigned permissions(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777U;
}

// Another process that takes the lock and keeps it until it is killed.
class Holder {
  public:
    Holder(const std::string& directory, const std::string& pool) {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            const auto lock = StateLock::acquire(directory, pool);
            const char answer = lock ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
            for (;;)
                ::pause();
        }
        ::close(ready[1]);
        char answer = 'n';
        CHECK(::read(ready[0], &answer, 1) == 1);
        CHECK(answer == 'y');
        ::close(ready[0]);
    }
    ~Holder() { kill(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    pid_t pid() const { return pid_; }

    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("the fault names the controller that holds the lock, and what to do") {
    const TemporaryFolder folder;
    Holder other(folder.path(), "acestream");

    const auto lock = StateLock::acquire(folder.path(), "acestream");
    REQUIRE(!lock);
    CHECK(lock.fault().kind == FaultKind::conflict);
    CHECK(lock.fault().message ==
          "another controller (pid " + std::to_string(other.pid()) +
              ") already runs pool 'acestream' (lock " + folder.path() +
              "/acestream.lock): stop it first, or use another --state-dir only if it serves "
              "another Docker engine");

    CHECK(StateLock::acquire(folder.path(), "another-pool").ok());
}

TEST_CASE("kill -9 releases the lock, and the file left behind blocks no one") {
    const TemporaryFolder folder;
    Holder other(folder.path(), "acestream");
    other.kill();
    REQUIRE(std::filesystem::exists(folder.path() + "/acestream.lock"));

    const auto lock = StateLock::acquire(folder.path(), "acestream");
    REQUIRE(lock.ok());
    CHECK(first_line(folder.path() + "/acestream.lock") == std::to_string(::getpid()));
}

TEST_CASE("the lock ends with its owner, and moves with it") {
    const TemporaryFolder folder;
    {
        auto first = StateLock::acquire(folder.path(), "p");
        REQUIRE(first.ok());
        const StateLock moved = std::move(first.value());
        CHECK(!StateLock::acquire(folder.path(), "p").ok());
    }
    CHECK(StateLock::acquire(folder.path(), "p").ok());
}

TEST_CASE("a holder that wrote no readable id is still a holder") {
    const TemporaryFolder folder;
    const auto lock = StateLock::acquire(folder.path(), "p");
    REQUIRE(lock.ok());
    std::ofstream(folder.path() + "/p.lock") << "\x1b[2Jrubbish";
    const auto second = StateLock::acquire(folder.path(), "p");
    REQUIRE(!second);
    CHECK(second.fault().message.starts_with("another controller already runs pool 'p'"));
}

TEST_CASE("a missing directory is created, readable by all and writable by its owner") {
    const TemporaryFolder folder;
    const mode_t before = ::umask(022);
    const auto lock = StateLock::acquire(folder.path() + "/a/b", "p");
    ::umask(before);
    REQUIRE(lock.ok());
    CHECK(permissions(folder.path() + "/a/b") == 0755U);
    CHECK(permissions(folder.path() + "/a/b/p.lock") == 0644U);
}

// The result for a process of an ordinary user: 0 the lock, 1 a conflict, 2 another fault.
int acquired_as_ordinary_user(const std::string& directory) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::getuid() == 0 && (::setgid(65532) != 0 || ::setuid(65532) != 0)) ::_exit(9);
        const auto lock = StateLock::acquire(directory, "p");
        ::_exit(lock ? 0 : lock.fault().kind == FaultKind::conflict ? 1 : 2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

TEST_CASE("a lock file that another user created can be locked by any user of the folder") {
    const TemporaryFolder folder;
    REQUIRE(::chmod(folder.path().c_str(), 01777) == 0);
    {
        const mode_t before = ::umask(077);
        const auto lock = StateLock::acquire(folder.path(), "p");
        ::umask(before);
        REQUIRE(lock.ok());
        CHECK(permissions(folder.path() + "/p.lock") == 0644U);
        CHECK(acquired_as_ordinary_user(folder.path()) == 1);
    }
    REQUIRE(::chmod((folder.path() + "/p.lock").c_str(), 0444) == 0);
    CHECK(acquired_as_ordinary_user(folder.path()) == 0);
}

TEST_CASE("the fault of an unusable directory says what to do") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() + "/file") << "in the way";
    std::filesystem::create_directory(folder.path() + "/p.lock");
    for (const std::string& directory : {folder.path() + "/file", folder.path()}) {
        const auto lock = StateLock::acquire(directory, "p");
        REQUIRE(!lock);
        CHECK(lock.fault().kind == FaultKind::rejected);
        CHECK(lock.fault().message.starts_with("cannot use the state directory " + directory));
        CHECK(lock.fault().message.find("--state-dir") != std::string::npos);
    }
}
