// How often this program asked for memory: operator new, replaced by one that counts.
#pragma once

#include <cstdint>

namespace roundhouse::bench {

// Since the program began, by all threads.
std::uint64_t allocations();

}  // namespace roundhouse::bench
