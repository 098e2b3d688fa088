// Wakes the loop when Docker reports an event that concerns the pool. Events are hints only: they
// decide when to look, never what is done, and a lost one costs at most one check interval.
//
// Docker reports a container's death before its lists show it: 70 to 180 ms before on a busy
// machine. An inspect of the container waits until Docker has finished with it, and from then on
// lists tell the truth. So an event about an engine is followed by such an inspect, beside the
// rounds, and that by the look. A container whose removal is under way can only be replaced when it
// is gone: the look waits for that event. An inspect of a gateway is part of every look.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "loop/board.h"
#include "loop/journal.h"
#include "loop/last_lines.h"
#include "loop/runtime.h"
#include "loop/step_runner.h"
#include "loop/workers.h"

namespace roundhouse {

// Whether an event is about an engine of the pool, one of its gateways, or a container that holds
// the name of a slot.
bool concerns(const RuntimeEvent& event, const EnginePool& pool);

class EventListener {
  public:
    // So many containers are inspected at a time; the others wait.
    static constexpr std::size_t most_inspects = 8;

    // Everything must outlive it. `on_look_due` may be called on any thread.
    EventListener(Runtime& runtime, Workers& workers, const Board& board, const StepRunner& steps,
                  LastLines& last_lines, Journal& journal, std::function<void()> on_look_due);
    // Waits for the inspects under way, each at most as long as its deadline.
    ~EventListener();
    EventListener(const EventListener&) = delete;
    EventListener& operator=(const EventListener&) = delete;

    // Follows the events until `stop` is requested. A stream that breaks is opened again after 1 s;
    // the pause doubles up to 15 s while it keeps breaking. The fault is logged once, and so is the
    // recovery: without events everything still happens, but only at the check interval. A look is
    // due when the stream opens, too, since events may have been missed. One thread.
    void run(const std::stop_token& stop);

    // What one event leads to: nothing; a look at once, if it is about a gateway; else a look once
    // its container was inspected, or the inspect got no answer in its deadline; no look if the
    // container is being removed, as its removal is another event. Events that a step
    // in flight causes are ignored: the end of the step wakes the loop. Any thread.
    void take(const RuntimeEvent& event);

  private:
    bool is_own_doing(const RuntimeEvent& event, const EnginePool& pool) const;
    void look_after_inspect(const std::string& id);
    void inspect_waiting();

    Runtime& runtime_;
    Workers& workers_;
    const Board& board_;
    const StepRunner& steps_;
    LastLines& last_lines_;
    Journal& journal_;
    std::function<void()> on_look_due_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable idle_;
    std::deque<std::string> waiting_;  // ids of containers, each once
    std::size_t inspects_ = 0;         // workers that inspect
};

}  // namespace roundhouse
