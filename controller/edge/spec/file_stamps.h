// What stat(2) shows of the spec's file or folder, without reading any file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace roundhouse {

// One file, symlinks followed. Two writes of equal length within one tick of the kernel's clock
// (about 4 ms) give the same stamp.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size_bytes = 0;
    std::int64_t modified_ns = 0;

    bool operator==(const FileStamp&) const = default;
};

// By name: the file, or the spec files of the folder. Empty if there is none.
using FileStamps = std::map<std::string, FileStamp>;

// At most this many files of a folder are looked at.
inline constexpr std::size_t file_stamps_limit = 1000;

// Whether a folder's entry is a spec file: *.yaml or *.yml, not hidden.
bool is_spec_name(std::string_view name);

// Never fails: a file that cannot be seen is left out. Any thread.
FileStamps read_file_stamps(const std::string& path);

// Whether both hold the same files (device and inode), whatever the contents.
bool same_files(const FileStamps& a, const FileStamps& b);

}  // namespace roundhouse
