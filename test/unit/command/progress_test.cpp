#include "edge/command/progress.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>

using namespace roundhouse;

namespace {

// A FILE whose bytes can be looked at.
class Screen {
  public:
    Screen() : file_(std::tmpfile(), &std::fclose) { REQUIRE(file_ != nullptr); }

    std::FILE* file() const { return file_.get(); }

    std::string text() const {
        std::string bytes(static_cast<std::size_t>(std::ftell(file())), '\0');
        std::rewind(file());
        REQUIRE(std::fread(bytes.data(), 1, bytes.size(), file()) == bytes.size());
        return bytes;
    }

  private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace

TEST_CASE("the line shows how many engines are ready, and which are not") {
    ProgressView view{.pool = "acestream", .ready = 3, .wanted = 5, .waiting_for = {}};
    CHECK(progress_line(view) == "acestream: 3/5 ready");

    view.waiting_for = {{"acestream-3", "Starting"}, {"acestream-4", ""}};
    CHECK(progress_line(view) ==
          "acestream: 3/5 ready; waiting for acestream-3 (Starting), acestream-4");
}

TEST_CASE("a large pool names three and counts the rest") {
    ProgressView view{.pool = "p", .ready = 0, .wanted = 20, .waiting_for = {}};
    for (int slot = 0; slot < 20; ++slot) {
        view.waiting_for.emplace_back("p-" + std::to_string(slot), "Starting");
    }
    CHECK(progress_line(view) ==
          "p: 0/20 ready; waiting for p-0 (Starting), p-1 (Starting), p-2 (Starting) and 17 more");
}

TEST_CASE("in a file each change is a new line, and a repetition is none") {
    const Screen screen;
    Progress progress(screen.file());  // a file is no terminal
    progress.show("1/2");
    progress.show("1/2");
    progress.clear();
    progress.show("2/\n2");
    progress.finish();
    CHECK(screen.text() == "1/2\n2/ 2\n");
}

TEST_CASE("on a terminal one line is rewritten, and stays at the end") {
    const Screen screen;
    {
        Progress progress(screen.file(), Progress::Style::rewrite);
        progress.show("1/2");
        progress.show("1/2");
        progress.show("2/2");
    }
    CHECK(screen.text() == "\r1/2\x1b[K\r2/2\x1b[K\n");
}

TEST_CASE("show() writes a cleared line again") {
    const Screen screen;
    Progress progress(screen.file(), Progress::Style::rewrite);
    progress.show("1/2");
    progress.clear();
    progress.show("1/2");
    CHECK(screen.text() == "\r1/2\x1b[K\r\x1b[K\r1/2\x1b[K");
}

TEST_CASE("a long line is cut to the terminal's width") {
    const Screen screen;
    Progress progress(screen.file(), Progress::Style::rewrite);
    progress.show(std::string(200, 'x'));
    // 80 columns where the width is unknown, the last one free, the cut marked.
    CHECK(screen.text() == "\r" + std::string(78, 'x') + "\u2026\x1b[K");
}
