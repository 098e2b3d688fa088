// Wakes the loop when Docker reports an event that concerns the pool. Events are hints only: their
// content is not used, and a lost one costs at most one check interval.
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

// Follows the events until `stop` is requested. A stream that breaks is opened again after 1 s; the
// pause doubles up to 15 s while it keeps breaking. The fault is logged once, and so is the
// recovery: without events everything still happens, but only at the check interval. `on_event` is
// also called when the stream opens, since events may have been missed. Events of the pool's
// engines with a step in flight are ignored: the end of the step wakes the loop. One thread.
void listen_for_events(Runtime& runtime, const Board& board, const StepRunner& steps,
                       Journal& journal, const std::function<void()>& on_event,
                       const std::stop_token& stop);

}  // namespace roundhouse
