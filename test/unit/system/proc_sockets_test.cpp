// Socket tables under a procfs of the test's own, and under the real one.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "edge/system/proc_sockets.h"

using namespace roundhouse;

namespace {

namespace fs = std::filesystem;

constexpr const char* heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

std::string row(const std::string& port, const std::string& peer) {
    return "   0: 020012AC:" + port + " 010012AC:" + peer +
           " 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0\n";
}

struct Procfs {
    Procfs() {
        std::string name = fs::temp_directory_path() / "procfs-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root = name;
        write("cgroup", "0::/system.slice/docker-" + id + ".scope\n");
        write("net/tcp", heading + row("4A38", "9C40"));
    }
    ~Procfs() { fs::remove_all(root); }
    Procfs(const Procfs&) = delete;
    Procfs& operator=(const Procfs&) = delete;

    void write(const std::string& file, const std::string& text) const {
        const fs::path path = root / "42" / file;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    Result<std::vector<SocketRow>> read(const std::set<int>& ports = {19000, 19001}) const {
        return ProcSockets(root).read({id, 42}, ports);
    }

    const std::string id = std::string(64, 'a');
    fs::path root;
};

}  // namespace

TEST_SUITE("proc sockets") {
    TEST_CASE("the connections to the asked ports, of both tables") {
        Procfs procfs;
        procfs.write("net/tcp", heading + row("4A38", "9C40") + row("4A3A", "9C41"));
        const auto of_one = procfs.read();
        REQUIRE(of_one.ok());
        CHECK(of_one.value().size() == 1);
        procfs.write("net/tcp6", heading + row("4A39", "9C42"));
        CHECK(procfs.read().value().size() == 2);
        CHECK(procfs.read({19002}).value().size() == 1);
        // Also without a newline at its end.
        std::string table = heading + row("4A38", "9C40");
        table.pop_back();
        procfs.write("net/tcp", table);
        CHECK(procfs.read({19000}).value().size() == 1);
    }

    TEST_CASE("the sockets of a namespace are counted without what has ended") {
        const Procfs procfs;
        const auto counted = [&] { return ProcSockets(procfs.root).count({procfs.id, 42}); };
        CHECK(counted().empty());
        procfs.write("net/sockstat",
                     "sockets: used 9\nTCP: inuse 5 orphan 0 tw 8 alloc 9 mem 1\nUDP: inuse 3\n");
        procfs.write("net/sockstat6", "TCP6: inuse 2\nUDP6: inuse 1\n");
        CHECK(counted() == "TCP: inuse 5TCP6: inuse 2");
    }

    TEST_CASE("a large table is read in parts, and one without an end is not") {
        Procfs procfs;
        std::string table = heading;
        for (int i = 0; i < 2'000; ++i)
            table += row("4A38", "9C40");
        procfs.write("net/tcp", table);
        CHECK(procfs.read().value().size() == 2'000);
        procfs.write("net/tcp", std::string(200'000, 'x'));
        CHECK_FALSE(procfs.read().ok());
        for (; table.size() < 13'000'000; table += table) {
        }
        procfs.write("net/tcp", table);
        CHECK(procfs.read().fault().message.find("100000 connections") != std::string::npos);
    }

    TEST_CASE("another container's process is none of ours") {
        Procfs procfs;
        procfs.write("cgroup", "0::/system.slice/docker-" + std::string(64, 'b') + ".scope\n");
        const auto rows = procfs.read();
        REQUIRE_FALSE(rows.ok());
        CHECK(rows.fault().kind == FaultKind::gone);
        CHECK(rows.fault().message.find("is not a process of container aaaaaaaaaaaa; in a "
                                        "container mount the host's /proc as /host/proc:ro") !=
              std::string::npos);
        const auto missing = ProcSockets(procfs.root).read({procfs.id, 43}, {19000});
        CHECK(missing.fault().kind == FaultKind::gone);
        CHECK(missing.fault().message.find("/43/cgroup cannot be read: No such file") !=
              std::string::npos);
    }

    TEST_CASE("a table that cannot be read is no table without connections") {
        Procfs procfs;
        fs::remove(procfs.root / "42" / "net" / "tcp");
        const auto rows = procfs.read();
        REQUIRE_FALSE(rows.ok());
        CHECK(rows.fault().kind == FaultKind::rejected);
    }
}
