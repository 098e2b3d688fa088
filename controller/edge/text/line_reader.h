// Cuts a stream of bytes into lines, however the bytes are split over chunks.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace roundhouse {

class LineReader {
  public:
    // A line of more than `max_bytes` is an error.
    explicit LineReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    // Calls `on_line` for each line that is complete, without its end ("\n" or "\r\n") and not for
    // empty ones, until that returns false. false: it did, or a line is too long; then the reader
    // is of no more use.
    bool add(std::string_view bytes, const std::function<bool(std::string_view)>& on_line);

    bool too_long() const { return too_long_; }

  private:
    std::size_t max_bytes_;
    std::string partial_;
    bool too_long_ = false;
};

}  // namespace roundhouse
