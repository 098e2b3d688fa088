#include "edge/system/proc_sockets.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

#include "edge/system/socket_rows.h"
#include "edge/system/unique_fd.h"

namespace roundhouse {

namespace {

// So many connections to one engine after another are no viewers.
constexpr std::size_t most_rows = 100'000;
constexpr std::size_t longest_line_bytes = 4096;

constexpr const char* remedy =
    "; in a container mount the host's /proc as /host/proc:ro and set ROUNDHOUSE_PROCFS=/host/proc "
    "(sessions cannot be known where Docker runs on another machine, or rootless)";

// Calls `use` for each line; false ends it. Returns errno; 0: read to its end, or ended by `use`.
int read_lines(const std::string& path, const std::function<bool(std::string_view)>& use) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return errno;
    std::array<char, std::size_t{64} << 10U> bytes{};
    std::string line;  // its beginning, from the bytes before
    while (true) {
        const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        if (count == 0) break;
        std::string_view rest(bytes.data(), static_cast<std::size_t>(count));
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            line += rest.substr(0, end);
            if (!use(line)) return 0;
            line.clear();
            rest.remove_prefix(end + 1);
        }
        line += rest;
        if (line.size() > longest_line_bytes) return EMSGSIZE;
    }
    if (!line.empty()) use(line);
    return 0;
}

Fault unreadable(FaultKind kind, const std::string& path, const std::string& why) {
    return {kind, path + " " + why + remedy};
}

// A process has the container's id in its control groups. Elsewhere the same number is that of
// somebody else's process.
std::optional<Fault> check_owner(const std::string& folder, const std::string& container_id) {
    bool is_owner = false;
    const int error = read_lines(folder + "/cgroup", [&](std::string_view line) {
        is_owner = line.find(container_id) != std::string_view::npos;
        return !is_owner;
    });
    if (error != 0) {
        const bool is_gone = error == ENOENT || error == ESRCH;
        return unreadable(is_gone ? FaultKind::gone : FaultKind::rejected, folder + "/cgroup",
                          std::string("cannot be read: ") + std::strerror(error));
    }
    if (is_owner) return std::nullopt;
    return unreadable(FaultKind::gone, folder,
                      "is not a process of container " + container_id.substr(0, 12));
}

// Of the process that has the folder.
Result<std::vector<SocketRow>> read_tables(const std::string& folder, const std::set<int>& ports) {
    std::vector<SocketRow> rows;
    for (const char* table : {"/net/tcp", "/net/tcp6"}) {
        const int error = read_lines(folder + table, [&](std::string_view line) {
            auto row = parse_socket_row(line);
            if (row && ports.contains(row->port)) rows.push_back(std::move(*row));
            return rows.size() < most_rows;
        });
        // Without IPv6 there is no such table.
        const bool is_missing = error == ENOENT && std::string_view(table) == "/net/tcp6";
        if (error != 0 && !is_missing) {
            return unreadable(FaultKind::rejected, folder + table,
                              std::string("cannot be read: ") + std::strerror(error));
        }
    }
    if (rows.size() < most_rows) return rows;
    return Fault{FaultKind::rejected, folder + "/net/tcp lists " + std::to_string(rows.size()) +
                                          " connections to engines, and more"};
}

// "TCP: inuse 5" and "TCP6: inuse 2". Connections that have ended are not among them.
std::string count_sockets(const std::string& folder) {
    std::string counts;
    for (const char* file : {"/net/sockstat", "/net/sockstat6"}) {
        read_lines(folder + file, [&](std::string_view line) {
            if (line.starts_with("TCP")) counts += line.substr(0, line.find(" orphan"));
            return true;
        });
    }
    return counts;
}

}  // namespace

Result<std::vector<SocketRow>> ProcSockets::read(const ContainerProcess& process,
                                                 const std::set<int>& ports) {
    const std::string folder = procfs_ + "/" + std::to_string(process.pid);
    if (auto fault = check_owner(folder, process.container_id)) return std::move(*fault);
    return read_tables(folder, ports);
}

std::string ProcSockets::count(const ContainerProcess& process) {
    return count_sockets(procfs_ + "/" + std::to_string(process.pid));
}

Result<std::vector<SocketRow>> OwnSockets::read(const ContainerProcess& /*process*/,
                                                const std::set<int>& ports) {
    return read_tables("/proc/self", ports);
}

std::string OwnSockets::count(const ContainerProcess& /*process*/) {
    return count_sockets("/proc/self");
}

}  // namespace roundhouse
