// Rings the bell when Docker tells of something that concerns the pool. Events are hints only: what
// they say is not used, and a lost one costs no more than a check interval.
#pragma once

#include <functional>
#include <stop_token>

#include "loop/board.h"
#include "loop/journal.h"
#include "loop/runtime.h"
#include "loop/step_runner.h"

namespace roundhouse {

// Whether an event is about an engine of the pool, one of its gateways, or a container that holds
// the name of a slot.
bool concerns(const RuntimeEvent& event, const EnginePool& pool);

// Follows the events until `stop` is requested; opens the stream again when it breaks, a second
// later and ever more rarely (15 s) where it keeps breaking. Why is told once, as is that it works
// again: without events everything still happens, but only at the check interval. Rings `on_event`
// also when the stream opens, as something may have been missed. Events of containers with a step
// in flight are left to the end of that step. One thread.
void listen_for_events(Runtime& runtime, const Board& board, const StepRunner& steps,
                       Journal& journal, const std::function<void()>& on_event,
                       const std::stop_token& stop);

}  // namespace roundhouse
