// Randomness for tests, all of it from one seed: the same seed, the same throws, on every machine.
#pragma once

#include <cstdint>

namespace roundhouse::test {

// Splitmix64: cheap to begin, so that every simulated world can have dice of its own. Also serves
// std::shuffle.
class Dice {
  public:
    using result_type = std::uint64_t;

    explicit Dice(std::uint64_t seed) : state_(seed) {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return UINT64_MAX; }
    result_type operator()() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    // 0 .. end - 1
    int below(int end) { return static_cast<int>((*this)() % static_cast<std::uint64_t>(end)); }
    // first .. last
    int between(int first, int last) { return first + below(last - first + 1); }
    bool one_in(int sides) { return below(sides) == 0; }
    template <class Container>
    auto& pick(Container& from) {
        return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))];
    }

  private:
    std::uint64_t state_;
};

}  // namespace roundhouse::test
