// What a look at the spec's file or folder shows: enough to notice any change, without parsing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace roundhouse {

// One file, symlinks followed. Some network shares show coarse or preserved times, hence the hash.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;   // ctime
    std::size_t content_hash = 0;  // 0 if the file is larger than 64 KiB, or cannot be read

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

// Decides from repeated looks when a change is over. A look cannot see whether a file is still
// open, and between two writes half a file may rest.
class RestDetector {
  public:
    // true: the files differ from the known ones, and two further looks have shown no change. They
    // become the known ones.
    bool look(FileStamps seen);

    // Takes these for the known ones, without any rest.
    void know(FileStamps seen);

  private:
    FileStamps known_;
    FileStamps last_;
    int looks_at_rest_ = 0;
};

}  // namespace roundhouse
