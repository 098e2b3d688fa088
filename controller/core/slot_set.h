// A set of slots: most are among a pool's own, of which there may be many.
#pragma once

#include <cstddef>
#include <unordered_set>
#include <vector>

namespace roundhouse {

class SlotSet {
  public:
    // A pool's own slots are 0 .. `slots` - 1.
    explicit SlotSet(int slots) : own_(static_cast<std::size_t>(slots)) {}

    bool contains(int slot) const {
        return is_own(slot) ? own_[index(slot)] : beyond_.contains(slot);
    }

    // Whether it was not among them.
    bool insert(int slot) {
        const bool fresh = !contains(slot);
        if (is_own(slot)) {
            own_[index(slot)] = true;
        } else {
            beyond_.insert(slot);
        }
        size_ += fresh ? 1 : 0;
        return fresh;
    }

    std::size_t size() const { return size_; }

  private:
    static std::size_t index(int slot) { return static_cast<std::size_t>(slot); }
    bool is_own(int slot) const { return slot >= 0 && index(slot) < own_.size(); }

    std::vector<bool> own_;
    std::unordered_set<int> beyond_;
    std::size_t size_ = 0;
};

}  // namespace roundhouse
