// The files between agent and holder: their names, and how their lines are read. README.md in this
// folder tells what they mean. Uses no memory of its own, so that the holder needs libc alone.
#pragma once

#include <cstddef>
#include <string_view>

namespace roundhouse::record {

inline constexpr const char* incarnation_file = "incarnation";  // in the folder of all slots
inline constexpr const char* order_folder = "w";                // in a slot's folder
inline constexpr const char* report_folder = "s";
inline constexpr const char* order_file = "want";
inline constexpr const char* report_file = "is";
inline constexpr const char* lock_file = "lock";

inline constexpr const char* running = "running";
inline constexpr const char* exited = "exited";
inline constexpr const char* failed = "failed";
inline constexpr const char* stopped = "stopped";

inline constexpr std::size_t most_bytes = std::size_t{256} << 10U;  // of a file
inline constexpr std::size_t most_words = 4096;                     // of argv, and of env

// Goes through the lines of a file's text, which it changes.
class Reader {
  public:
    Reader(char* text, std::size_t size) : at_(text), end_(text + size) {}

    // The next field, its value with a NUL behind it. false: there is none.
    bool next(std::string_view& name, std::string_view& value) {
        if (is_whole_ || at_ == end_) return false;
        const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
        const std::size_t length = rest.find('\n');
        if (length == std::string_view::npos) return false;
        const std::string_view line = rest.substr(0, length);
        is_whole_ = line == "end";
        if (is_whole_) return false;
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) return false;
        name = line.substr(0, space);
        value = unescape(at_ + space + 1, at_ + length);
        at_ += length + 1;
        return true;
    }

    // After the last field: whether the text ends as one that was written whole.
    bool is_whole() const { return is_whole_; }

  private:
    // Never longer than what it reads: `end` is the place of the newline.
    static std::string_view unescape(char* begin, char* end) {
        char* to = begin;
        for (const char* from = begin; from != end; ++from) {
            const bool is_escape = *from == '\\' && from + 1 != end;
            if (is_escape) ++from;
            *to++ = is_escape && *from == 'n' ? '\n' : *from;
        }
        *to = '\0';
        return {begin, static_cast<std::size_t>(to - begin)};
    }

    char* at_;
    char* end_;
    bool is_whole_ = false;
};

}  // namespace roundhouse::record
