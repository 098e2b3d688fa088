// The progress of `apply`, on one line.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roundhouse {

struct ProgressView {
    std::string pool;
    int ready = 0;
    int wanted = 0;
    // Engine and reason: {"acestream-3", "Starting"}.
    std::vector<std::pair<std::string, std::string>> waiting_for;
};

// "acestream: 3/5 ready; waiting for acestream-3 (Starting), acestream-4 (Backoff)". Names at most
// three, then "and N more".
std::string progress_line(const ProgressView& view);

// Keeps one line up to date. On a terminal the line is rewritten in place and cut to the terminal's
// width; elsewhere each change is a new line. One thread. Write errors are ignored.
class Progress {
  public:
    enum class Style { rewrite, append };

    // `out` must outlive this object. Rewrites when `out` is a terminal.
    explicit Progress(std::FILE* out);
    Progress(std::FILE* out, Style style) : out_(out), style_(style) {}

    // As finish(): the last line stays on the terminal.
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::string_view line);

    // Clears the line on a terminal, to make room for other output; the next show() writes it
    // again. Does nothing elsewhere.
    void clear();

    // Ends the line on a terminal, so that other output starts on a new one.
    void finish();

  private:
    void rewrite(const std::string& line);

    std::FILE* out_;
    Style style_;
    std::string shown_;
    bool on_screen_ = false;  // the cursor is at the end of our line
};

}  // namespace roundhouse
