// The program's exit codes. Scripts rely on them.
#pragma once

namespace roundhouse::exit_code {

inline constexpr int success = 0;
inline constexpr int failure = 1;        // anything that has no code of its own
inline constexpr int steps_pending = 2;  // plan: the world does not match the spec
inline constexpr int timed_out = 3;      // apply: the world did not match the spec in time
inline constexpr int bad_spec = 65;      // EX_DATAERR of sysexits(3)
inline constexpr int unreachable = 69;   // EX_UNAVAILABLE: Docker does not answer
inline constexpr int bad_usage = 78;     // EX_CONFIG: flags or environment

}  // namespace roundhouse::exit_code
