// One target, with the entry point that libFuzzer calls.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(data);
    roundhouse::fuzz::ROUNDHOUSE_FUZZ_TARGET({text, size});
    return 0;
}
