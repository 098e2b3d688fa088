// The folders of a Pod's slots: reads what the holders report, writes what they are to do.
#pragma once

#include <string>
#include <vector>

#include "core/observation.h"
#include "edge/pod/slot_records.h"
#include "loop/result.h"

namespace roundhouse {

// What the files of one slot say.
struct SlotSight {
    int slot = 0;
    SlotOrder order;
    SlotReport report;
    bool held = false;       // a holder lives
    std::string unreadable;  // which file cannot be read, and why; empty: all can
};

// Of an engine: `sight.order.id` is not empty.
EngineState state_of(const SlotSight& sight);
EngineEnd end_of(const SlotSight& sight);

// Any thread; two threads must not write to one slot at the same time.
class SlotFolders {
  public:
    explicit SlotFolders(std::string path) : path_(std::move(path)) {}

    // The numbers of the slots, ascending. `unavailable`: the folder cannot be read.
    Result<std::vector<int>> slots() const;

    SlotSight look(int slot) const;

    // Replaces the order as a whole. `rejected`: it is longer than a holder reads; `unavailable`:
    // it cannot be written, and the former one stays.
    Result<void> write(int slot, const SlotOrder& order) const;

    // What `hold --install` wrote, and when. `unavailable`: it has not, or it cannot be read.
    Result<Incarnation> incarnation() const;

    // Where events about a slot come from.
    std::vector<std::string> folders_of(int slot) const;

  private:
    std::string path_of(int slot, const char* folder, const char* file) const;

    std::string path_;
};

}  // namespace roundhouse
