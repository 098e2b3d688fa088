// The controllers whose engines a balancer offers, as they are named on the command line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roundhouse {

// One controller by its URL, or one at each address of a name.
struct Upstream {
    std::string url;   // "http://192.0.2.10:9190"; empty: by name
    std::string host;  // of the URL, or the name to look up
    int port = 0;      // with a name

    bool is_name() const { return url.empty(); }
    bool operator==(const Upstream&) const = default;
};

// Reads "http://host-a:9190", "https://host-a", "host-a:9190" or "dns:NAME:PORT". nullopt: anything
// else, such as a URL with a path.
std::optional<Upstream> parse_upstream(std::string_view text);

// Of the addresses of a name, so many are asked.
inline constexpr std::size_t most_addresses = 100;

inline constexpr std::string_view upstream_accepted =
    "a controller's URL such as http://192.0.2.10:9190, or dns:NAME:PORT";

}  // namespace roundhouse
