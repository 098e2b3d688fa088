// Names of images, by the grammar of Docker's references.
#pragma once

#include <cstddef>
#include <string>

namespace roundhouse {

// The longest name, tag and digest that Docker accepts, in bytes.
inline constexpr std::size_t longest_image = 255 + 1 + 128 + 1 + 71;

// [registry[:port]/]path[:tag][@sha256:<64 hex digits>], whole, as ECMAScript and JSON Schema write
// it. Stricter than Docker in one point: a registry is localhost, or has a dot or a port. Docker
// takes "Owner/name" for the name on a registry called "Owner", and nobody means that.
std::string image_pattern();

// What is wrong with a text that the pattern rejects, and what to write instead, as the end of a
// message: "it has upper case; write owner/name:1". Empty if there is no more to say than that.
std::string image_advice(const std::string& text);

}  // namespace roundhouse
