// Engines that were replaced because they had failed, and why they had.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace roundhouse {

// Why an engine failed, by what there is to do about it.
enum class FailureCause {
    out_of_memory,
    port_in_use,        // it ended, and its last lines say that a port was taken
    killed,             // by a signal that this controller did not send
    exited,             // by itself
    start_failed,       // Docker could not start it
    startup_timed_out,  // it never answered
    probe_failed,       // it answered, and does so no more
    p2p_port_closed,    // it answers, and does not listen on its forwarded port
    port_conflict,      // its port belongs to somebody else
};

// "OutOfMemory", "Exited" ...: the word that users see.
std::string_view to_string(FailureCause cause);

struct EngineFailure {
    std::string engine;  // its name
    std::string engine_id;
    FailureCause cause = FailureCause::exited;
    std::string message;                  // as its decision said
    std::vector<std::string> last_lines;  // that it wrote; empty: not known

    bool operator==(const EngineFailure&) const = default;
};

// The pool is unstable from the second engine that fails within this time until so much time has
// passed without another one.
inline constexpr Duration stable_after = std::chrono::minutes(10);

// Engines that were replaced as failed, each less than `stable_after` after the one before, and the
// last one less than that before now. Forgotten when the controller ends.
struct FailureRun {
    int count = 0;
    Duration first_ago{0};              // of the first of them; meaningful when there are some
    Duration last_ago{0};               // of the last
    std::vector<EngineFailure> latest;  // oldest first, not more than a hundred

    bool operator==(const FailureRun&) const = default;
};

}  // namespace roundhouse
