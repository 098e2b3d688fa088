// How far `apply` has come, on one line.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roundhouse {

// What there is to say about a pool on its way.
struct ProgressView {
    std::string pool;
    int ready = 0;
    int wanted = 0;
    // What is being waited for, with why: {"acestream-3", "Starting"}.
    std::vector<std::pair<std::string, std::string>> waiting_for;
};

// "acestream: 3/5 ready; waiting for acestream-3 (Starting), acestream-4 (Backoff)". Names at most
// three, then "and N more".
std::string progress_line(const ProgressView& view);

// Keeps one line up to date. On a terminal the line is rewritten in place and cut to its width;
// elsewhere a line is written whenever it changes. One thread. Write errors are ignored: progress
// is a courtesy.
class Progress {
  public:
    enum class Style { rewrite, append };

    // `out` must outlive this object. Rewrites when `out` is a terminal.
    explicit Progress(std::FILE* out);
    Progress(std::FILE* out, Style style) : out_(out), style_(style) {}

    // Leaves the last line standing, as finish() does.
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::string_view line);

    // Takes the line off a terminal, so that something else can be written; the next show() brings
    // it back. Does nothing elsewhere.
    void clear();

    // Ends the line on a terminal, so that what follows starts on a new one.
    void finish();

  private:
    void rewrite(const std::string& line);

    std::FILE* out_;
    Style style_;
    std::string shown_;
    bool on_screen_ = false;  // the cursor stands at the end of a line of ours
};

}  // namespace roundhouse
