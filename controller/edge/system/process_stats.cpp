#include "edge/system/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace roundhouse {

namespace {

// The numbers of /proc/self/stat. The second field is the program's name in brackets, which may
// hold anything; the one after it counts as number 3, as in proc(5).
class StatFields {
  public:
    StatFields() {
        std::ifstream file("/proc/self/stat");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const auto name_end = text.rfind(')');
        if (name_end == std::string::npos) return;
        std::istringstream rest(text.substr(name_end + 1));
        fields_.assign(std::istream_iterator<std::string>(rest), {});
    }

    double at(std::size_t number) const {
        const std::size_t i = number - 3;
        return i < fields_.size() ? std::strtod(fields_[i].c_str(), nullptr) : 0;
    }

  private:
    std::vector<std::string> fields_;
};

double boot_time() {
    std::ifstream file("/proc/stat");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
    }
    return 0;
}

double ticks_per_second() {
    return static_cast<double>(std::max(::sysconf(_SC_CLK_TCK), 1L));
}

// Computed once, since the kernel's boot time changes when the clock is set.
double start_time() {
    static const double time = boot_time() + StatFields().at(22) / ticks_per_second();
    return time;
}

double count_open_fds() {
    std::error_code ignored;
    const std::filesystem::directory_iterator open("/proc/self/fd", ignored);
    const auto count = std::distance(begin(open), end(open));
    return static_cast<double>(std::max<std::ptrdiff_t>(count - 1, 0));  // one is this listing's
}

double max_fds() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

ProcessStats read_process_stats() {
    const StatFields stat;
    ProcessStats stats;
    stats.cpu_seconds = (stat.at(14) + stat.at(15)) / ticks_per_second();
    stats.threads = stat.at(20);
    stats.virtual_bytes = stat.at(23);
    stats.resident_bytes = stat.at(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    stats.open_fds = count_open_fds();
    stats.max_fds = max_fds();
    stats.start_time = start_time();
    return stats;
}

}  // namespace roundhouse
