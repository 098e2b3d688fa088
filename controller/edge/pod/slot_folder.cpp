#include "edge/pod/slot_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/numbers.h"
#include "hold/files.h"
#include "hold/record.h"

namespace roundhouse {

namespace {

namespace fs = std::filesystem;

constexpr int most_slots = 1000;
constexpr int killed = 137;         // 128 + SIGKILL
constexpr int cannot_be_run = 127;  // as shells say it

// nullopt: there is no such file. `problem` says why another one cannot be read.
std::optional<std::string> read(const std::string& path, std::string& problem) {
    std::string text(record::most_bytes, '\0');
    const long size = read_file(path.c_str(), text.data(), text.size());
    if (size < 0) {
        if (errno != ENOENT) problem = path + ": " + std::strerror(errno);
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(size));
    return text;
}

template <class Record, class Parse>
Record read_record(const std::string& path, const Parse& parse, std::string& problem) {
    auto text = read(path, problem);
    if (!text) return {};
    auto parsed = parse(std::move(*text));
    if (!parsed) problem = path + ": is not a whole file of this kind";
    return parsed ? std::move(*parsed) : Record{};
}

bool has_begun(const SlotSight& sight) {
    return sight.report.generation == sight.order.generation && sight.report.generation != 0;
}

}  // namespace

// A holder that was told to end belongs to a container that is going: its engine is not to be
// replaced, as there is nobody to run another one.
EngineState state_of(const SlotSight& sight) {
    if (!has_begun(sight)) return EngineState::created;
    switch (sight.report.state) {
        case RunState::running: return sight.held ? EngineState::running : EngineState::exited;
        case RunState::exited: return EngineState::exited;
        case RunState::failed: return EngineState::created;
        case RunState::stopped: break;
    }
    return EngineState::removing;
}

EngineEnd end_of(const SlotSight& sight) {
    EngineEnd end;
    if (!has_begun(sight)) return end;
    const SlotReport& report = sight.report;
    end.exit_code = report.exit_code;
    end.finished_at = report.ended_at;
    if (report.state == RunState::running) {
        end.exit_code = killed;
        end.finished_at = report.started_at;
    }
    if (report.state == RunState::failed) {
        const std::string program = sight.order.argv.empty() ? "" : sight.order.argv.front();
        end.start_error = "cannot run " + program + ": " + report.error;
        end.exit_code = cannot_be_run;
    }
    return end;
}

std::string SlotFolders::path_of(int slot, const char* folder, const char* file) const {
    return path_ + "/" + std::to_string(slot) + "/" + folder + "/" + file;
}

std::vector<std::string> SlotFolders::folders_of(int slot) const {
    const std::string path = path_ + "/" + std::to_string(slot) + "/";
    return {path + record::order_folder, path + record::report_folder};
}

Result<std::vector<int>> SlotFolders::slots() const {
    std::vector<int> found;
    std::error_code error;
    for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto slot = parse_number(entry->path().filename().string(), 0, most_slots - 1);
        if (slot) found.push_back(*slot);
    }
    if (error) {
        return Fault{FaultKind::unavailable,
                     "cannot read the folder of the slots " + path_ + ": " + error.message()};
    }
    std::ranges::sort(found);
    return found;
}

// The lock is asked for before and after the report: only if the two answers agree is the report
// that of the holder which lives, or the last one of a dead holder.
SlotSight SlotFolders::look(int slot) const {
    constexpr int most_tries = 3;
    SlotSight sight;
    sight.slot = slot;
    sight.order = read_record<SlotOrder>(path_of(slot, record::order_folder, record::order_file),
                                         parse_order, sight.unreadable);
    const std::string lock = path_of(slot, record::report_folder, record::lock_file);
    const std::string report = path_of(slot, record::report_folder, record::report_file);
    sight.held = is_locked(lock.c_str());
    for (int i = 0; i < most_tries; ++i) {
        const bool before = sight.held;
        std::string problem;
        sight.report = read_record<SlotReport>(report, parse_report, problem);
        sight.held = is_locked(lock.c_str());
        if (before != sight.held) continue;
        if (sight.unreadable.empty()) sight.unreadable = problem;
        break;
    }
    return sight;
}

Result<void> SlotFolders::write(int slot, const SlotOrder& order) const {
    const std::string text = to_text(order);
    const bool is_too_long = text.size() > record::most_bytes ||
                             order.argv.size() > record::most_words ||
                             order.env.size() > record::most_words;
    if (is_too_long) {
        return Fault{.kind = FaultKind::rejected,
                     .message = "the order for " + order.name +
                                " is too long: command, args, env and labels of the template "
                                "take more than 256 KiB, or more than 4096 words",
                     .bad_request = true};
    }
    const std::string path = path_of(slot, record::order_folder, record::order_file);
    constexpr unsigned for_all = 0644;
    if (replace_file(path.c_str(), text, for_all)) return {};
    return Fault{FaultKind::unavailable, "cannot write " + path + ": " + std::strerror(errno)};
}

Result<Incarnation> SlotFolders::incarnation() const {
    const std::string path = path_ + "/" + record::incarnation_file;
    std::string problem;
    auto text = read(path, problem);
    const std::string id = text.value_or("").substr(0, text.value_or("").find('\n'));
    struct stat found {};
    if (id.empty() || ::stat(path.c_str(), &found) != 0) {
        return Fault{FaultKind::unavailable,
                     problem.empty() ? path + " is missing: has 'hold --install' run in this Pod?"
                                     : "cannot read " + problem};
    }
    const auto written = std::chrono::seconds(found.st_mtim.tv_sec) +
                         std::chrono::nanoseconds(found.st_mtim.tv_nsec);
    return Incarnation{id, format_time(Time(std::chrono::duration_cast<Duration>(written)))};
}

}  // namespace roundhouse
