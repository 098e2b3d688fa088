// What is fuzzed: bytes from outside, and what must hold of everything that is made of them.
#pragma once

#include <array>
#include <string_view>

namespace roundhouse::fuzz {

// Each throws Broken where something does not hold. What else is thrown or crashes is a bug, too.

// A spec.
void examine_spec(std::string_view text);

// What Docker says. The first character chooses: a list (l), an inspection (i), the stream of
// events (e) or that of a pull (p).
void examine_docker(std::string_view bytes);

// Replies of a control server to one route search, in their order, "---" on a line between them.
// Each is a line with its HTTP status and, for a redirect, where to; then comes its body.
void examine_gluetun(std::string_view text);

// What a client sends over one connection to the HTTP API.
void examine_http(std::string_view bytes);

struct Target {
    std::string_view name;
    void (*examine)(std::string_view bytes);
};

inline constexpr std::array targets = {
    Target{"spec", examine_spec},
    Target{"docker", examine_docker},
    Target{"gluetun", examine_gluetun},
    Target{"http", examine_http},
};

}  // namespace roundhouse::fuzz
