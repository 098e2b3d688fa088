#include "edge/spec/file_stamps.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

namespace roundhouse {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) {
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    return time.tv_sec * ns_per_s + time.tv_nsec;
}

// Small enough to read a folder full of such files once a second.
constexpr std::int64_t most_hashed_bytes = 64 << 10;

std::size_t hash_of(const std::string& path, const struct stat& about) {
    if (!S_ISREG(about.st_mode) || about.st_size > most_hashed_bytes) return 0;
    std::string text(static_cast<std::size_t>(most_hashed_bytes), '\0');
    std::ifstream stream(path, std::ios::binary);
    stream.read(text.data(), most_hashed_bytes);
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return std::hash<std::string>{}(text);
}

// nullopt for a folder, and for a file that is missing or cannot be reached.
std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || S_ISDIR(found.st_mode)) return std::nullopt;
    return FileStamp{found.st_dev,
                     found.st_ino,
                     found.st_size,
                     nanoseconds(found.st_mtim),
                     nanoseconds(found.st_ctim),
                     hash_of(path, found)};
}

FileStamps stamps_in_folder(const std::string& path) {
    FileStamps stamps;
    std::error_code error;
    fs::directory_iterator entry(path, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        if (stamps.size() >= file_stamps_limit) break;
        const std::string name = entry->path().filename().string();
        if (!is_spec_name(name)) continue;
        if (const auto stamp = stamp_of(entry->path().string())) stamps.emplace(name, *stamp);
    }
    return stamps;
}

}  // namespace

bool is_spec_name(std::string_view name) {
    if (name.empty() || name.front() == '.') return false;
    return name.ends_with(".yaml") || name.ends_with(".yml");
}

FileStamps read_file_stamps(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return stamps_in_folder(path);
    if (const auto stamp = stamp_of(path)) return {{path, *stamp}};
    return {};
}

bool same_files(const FileStamps& a, const FileStamps& b) {
    const auto same = [](const auto& left, const auto& right) {
        return left.first == right.first && left.second.device == right.second.device &&
               left.second.inode == right.second.inode;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool RestDetector::look(FileStamps seen) {
    constexpr int enough_looks = 2;
    looks_at_rest_ = seen == last_ ? std::min(looks_at_rest_ + 1, enough_looks) : 0;
    last_ = std::move(seen);
    if (last_ == known_ || looks_at_rest_ < enough_looks) return false;
    known_ = last_;
    return true;
}

void RestDetector::know(FileStamps seen) {
    known_ = last_ = std::move(seen);
    looks_at_rest_ = 0;
}

}  // namespace roundhouse
