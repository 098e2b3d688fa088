// Bytes and CPUs as users write them: 512Mi, 1.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace roundhouse {

// Each function reads the whole of `text`; nullopt if it is malformed or too large.

// Bytes: "1048576", "512Mi", "1G". Ki, Mi, Gi, Ti are powers of 1024; k, K, M, G, T of 1000.
std::optional<std::int64_t> parse_size(std::string_view text);

// Billionths of a CPU, from "2", "1.5" or "500m" (thousandths). Nine decimals at most.
std::optional<std::int64_t> parse_cpus(std::string_view text);

}  // namespace roundhouse
