// What can be told of the spec's file or folder without reading it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace roundhouse {

// One file as stat(2) shows it, symlinks followed. Two writes of equal length within one tick of
// the kernel's clock (4 ms or so) look the same.
struct FileMark {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size_bytes = 0;
    std::int64_t modified_ns = 0;

    bool operator==(const FileMark&) const = default;
};

// The file, or the spec files of the folder, by name. Empty when there is none.
using SpecMarks = std::map<std::string, FileMark>;

// Of a folder at most this many files are looked at.
inline constexpr std::size_t spec_marks_limit = 1000;

// Whether a folder's entry is a spec file: *.yaml or *.yml, not hidden.
bool is_spec_name(std::string_view name);

// Never fails: what cannot be seen is not there. Any thread.
SpecMarks look_at_spec(const std::string& path);

// Whether both are made of the same files (device and inode), whatever their contents.
bool same_files(const SpecMarks& a, const SpecMarks& b);

}  // namespace roundhouse
