// MPEG-TS made from nothing: a grey picture of 16x16 points, 25 times a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace standin {

constexpr auto time_of_frame = std::chrono::milliseconds(40);
constexpr std::int64_t frames_per_second = 25;

// `count` frames from `first` on. The same frame is always the same bytes, and frames follow one
// another without a gap, so that a reader can tell whether it lost one. Each frame ends in packets
// of PID 0x1fff that carry nothing but their number (64 bits, big-endian), from 0 in frame 0.
std::string frames(std::int64_t first, std::int64_t count);

}  // namespace standin
