// How a target says what must hold.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roundhouse::fuzz {

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void must(bool holds, const char* what) {
    if (!holds) throw Broken(what);
}

inline bool mentions(std::string_view text, std::string_view words) {
    return text.find(words) != std::string_view::npos;
}

// As they may come over a connection: pieces of `size` bytes, the last one shorter.
inline std::vector<std::string_view> in_pieces(std::string_view bytes, std::size_t size) {
    std::vector<std::string_view> pieces;
    for (; bytes.size() > size; bytes.remove_prefix(size))
        pieces.push_back(bytes.substr(0, size));
    pieces.push_back(bytes);
    return pieces;
}

// `read` makes the same of `bytes` in whatever pieces they come. Returns that.
template <class Read>
auto same_in_any_pieces(std::string_view bytes, const Read& read) {
    const auto whole = read({bytes});
    for (const std::size_t size : {1U, 7U, 64U})
        must(read(in_pieces(bytes, size)) == whole, "other pieces of the same bytes, same result");
    return whole;
}

}  // namespace roundhouse::fuzz
