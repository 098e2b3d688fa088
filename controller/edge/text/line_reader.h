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

    // Calls `on_line` for each complete line that is not empty, without its end ("\n" or "\r\n").
    // Returns false if `on_line` did, or if a line is too long; do not call it again then.
    bool add(std::string_view bytes, const std::function<bool(std::string_view)>& on_line);

    bool too_long() const { return too_long_; }

  private:
    std::size_t max_bytes_;
    std::string partial_;
    bool too_long_ = false;
};

}  // namespace roundhouse
