// Small files, read and replaced as a whole. Errors are what errno says.
#pragma once

#include <cstddef>
#include <string_view>

namespace roundhouse {

inline constexpr std::size_t longest_path = 4096;

// "folder/name"
struct Path {
    char text[longest_path] = "";

    Path() = default;
    Path(const char* folder, const char* name);
};

// Reads at most `capacity` bytes of a regular file. -1: it cannot be read, or is larger.
long read_file(const char* path, char* buffer, std::size_t capacity);

// Writes `text` under another name, and renames that to `path`.
bool replace_file(const char* path, std::string_view text, unsigned mode);

// Takes the lock of a slot for as long as the returned descriptor is open. -1: somebody else has it
// (EWOULDBLOCK), or it cannot be had.
int take_lock(const char* path);

// Whether somebody has the lock.
bool is_locked(const char* path);

}  // namespace roundhouse
