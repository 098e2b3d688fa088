#include "edge/text/line_reader.h"

namespace roundhouse {

bool LineReader::add(std::string_view bytes, const std::function<bool(std::string_view)>& on_line) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto piece = bytes.substr(0, end);
        if (partial_.size() + piece.size() > max_bytes_) {
            too_long_ = true;
            return false;
        }
        partial_ += piece;
        if (end == std::string_view::npos) return true;
        bytes.remove_prefix(end + 1);
        std::string line;
        line.swap(partial_);
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !on_line(line)) return false;
    }
    return true;
}

}  // namespace roundhouse
