#include "edge/command/print.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "edge/command/terminal.h"
#include "edge/system/exit_code.h"
#include "edge/text/foreign_text.h"

namespace roundhouse {

bool write_text(std::FILE* out, std::string_view text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    return std::fflush(out) == 0 && written;
}

std::string clean_result(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const std::size_t kept = text.front() == '\n' ? 1 : colour_sequence_size(text);
        clean += text.substr(0, kept);
        text.remove_prefix(kept);
        // At least one character, so that a lone escape is cleaned as well.
        const std::size_t end =
            std::min(text.find_first_of("\n\x1b", kept == 0 ? 1 : 0), text.size());
        clean += cleaned(text.substr(0, end), end);
        text.remove_prefix(end);
    }
    return clean;
}

int print_result(std::string_view text, int exit_code) {
    if (write_text(stdout, clean_result(text))) return exit_code;
    print_problem("the result cannot be written: " + std::string(std::strerror(errno)));
    return exit_code::failure;
}

bool reader_leaves_within(Duration time) {
    // Errors and hang-ups are told without being asked for.
    pollfd out{STDOUT_FILENO, 0, 0};
    return ::poll(&out, 1, static_cast<int>(time.count())) > 0;
}

void print_line(std::string_view line) {
    write_text(stderr, cleaned(line, longest_line) + "\n");
}

void print_problem(std::string_view message) {
    print_line("roundhouse: " + std::string(message));
}

}  // namespace roundhouse
