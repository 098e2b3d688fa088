#include "edge/spec/file_stamps.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

namespace roundhouse {
namespace {

namespace fs = std::filesystem;

// nullopt for a folder, and for a file that is missing or cannot be reached.
std::optional<FileStamp> stamp_of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || S_ISDIR(found.st_mode)) return std::nullopt;
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    return FileStamp{found.st_dev, found.st_ino, found.st_size,
                     found.st_mtim.tv_sec * ns_per_s + found.st_mtim.tv_nsec};
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

}  // namespace roundhouse
