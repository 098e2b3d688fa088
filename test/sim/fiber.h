// A thread of control that gives way only where it says so: simulated workers run on fibers, so
// that one seed decides the order of everything, and many thousand worlds fit into a minute.
#pragma once

#include <functional>
#include <memory>

namespace roundhouse::test {

class Fiber {
  public:
    explicit Fiber(std::function<void()> body);
    // The body has to have ended.
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    // Runs the body until it gives way or ends. Not from within a fiber.
    void resume();
    bool ended() const;

    // From within: back to whoever resumed it, until it is resumed again.
    static void give_way();
    // The fiber that runs on this thread now; nullptr: none.
    static Fiber* current();

  private:
    struct State;
    static void enter();

    std::unique_ptr<State> state_;
};

}  // namespace roundhouse::test
