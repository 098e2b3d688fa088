#include "edge/docker/log_text.h"

#include <algorithm>
#include <optional>

#include "core/last_lines.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

namespace {

constexpr std::size_t frame_header_bytes = 8;
constexpr char escape = '\x1B';
constexpr char bell = '\x07';

// A frame begins with the number of its stream, three zeros, and its length in four bytes.
std::optional<std::size_t> frame_length(std::string_view bytes) {
    if (bytes.size() < frame_header_bytes || bytes[0] < 0 || bytes[0] > 2) return std::nullopt;
    if (bytes.substr(1, 3) != std::string_view("\0\0\0", 3)) return std::nullopt;
    std::size_t length = 0;
    for (const char each : bytes.substr(4, 4))
        length = length << 8U | static_cast<unsigned char>(each);
    return length;
}

// What the frames hold; the bytes themselves if they are no frames.
std::string without_frames(std::string_view bytes) {
    if (!frame_length(bytes)) return std::string(bytes);
    std::string text;
    while (const auto length = frame_length(bytes)) {
        bytes.remove_prefix(frame_header_bytes);
        text += bytes.substr(0, *length);
        bytes.remove_prefix(std::min(*length, bytes.size()));
    }
    return text;
}

bool is_between(char c, char first, char last) {
    return c >= first && c <= last;
}

// The length of the sequence that `text` begins with: "ESC [ 1 ; 31 m", "ESC ] title BEL", "ESC c".
std::size_t escape_length(std::string_view text) {
    if (text.size() < 2) return text.size();
    std::size_t at = 2;
    if (text[1] == '[') {
        while (at < text.size() && is_between(text[at], ' ', '?'))
            ++at;
        return std::min(at + 1, text.size());
    }
    if (text[1] != ']') return at;
    while (at < text.size() && text[at] != bell && text[at] != escape && text[at] != '\n')
        ++at;
    const bool ends_here = at < text.size() && text[at] == bell;
    return ends_here ? at + 1 : at;
}

std::string without_escapes(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        if (text.front() == escape) {
            text.remove_prefix(escape_length(text));
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

std::string_view trimmed_line(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = line.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::vector<std::string> parse_log(std::string_view reply, const KeyValues& hidden) {
    const std::string text = without_values(without_escapes(without_frames(reply)), hidden);
    std::vector<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto words = trimmed_line(line);
        if (!words.empty()) lines.push_back(cleaned(words, longest_log_line_bytes));
    }
    if (lines.size() > most_log_lines) {
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most_log_lines));
    }
    return lines;
}

}  // namespace roundhouse
