#include "sim/fiber.h"

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

// The sanitizers have to be told of each change of stacks.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace roundhouse::test {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t stack_bytes = 1U << 20U;
#else
constexpr std::size_t stack_bytes = 1U << 17U;
#endif

using Stack = std::unique_ptr<std::array<std::byte, stack_bytes>>;

// Stacks are used again: each world takes some dozens, one after another.
thread_local std::vector<Stack> spare_stacks;
thread_local Fiber* running = nullptr;

Stack take_stack() {
    if (spare_stacks.empty()) return Stack(new std::array<std::byte, stack_bytes>);
    Stack stack = std::move(spare_stacks.back());
    spare_stacks.pop_back();
    return stack;
}

}  // namespace

struct Fiber::State {
    std::function<void()> body;
    Stack stack = take_stack();
    ucontext_t here{};
    ucontext_t resumer{};
    bool over = false;
#if defined(__SANITIZE_ADDRESS__)
    const void* resumer_stack = nullptr;
    std::size_t resumer_stack_bytes = 0;
#elif defined(__SANITIZE_THREAD__)
    void* tsan_here = __tsan_create_fiber(0);
    void* tsan_resumer = nullptr;
#endif

    void switch_in() {
#if defined(__SANITIZE_ADDRESS__)
        void* saved = nullptr;
        __sanitizer_start_switch_fiber(&saved, stack->data(), stack_bytes);
        swapcontext(&resumer, &here);
        __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
#else
#if defined(__SANITIZE_THREAD__)
        tsan_resumer = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(tsan_here, 0);
#endif
        swapcontext(&resumer, &here);
#endif
    }

    void switch_out() {
#if defined(__SANITIZE_ADDRESS__)
        void* saved = nullptr;
        __sanitizer_start_switch_fiber(over ? nullptr : &saved, resumer_stack, resumer_stack_bytes);
        swapcontext(&here, &resumer);
        __sanitizer_finish_switch_fiber(saved, &resumer_stack, &resumer_stack_bytes);
#else
#if defined(__SANITIZE_THREAD__)
        __tsan_switch_to_fiber(tsan_resumer, 0);
#endif
        swapcontext(&here, &resumer);
#endif
    }
};

Fiber::Fiber(std::function<void()> body) : state_(std::make_unique<State>()) {
    state_->body = std::move(body);
    getcontext(&state_->here);
    state_->here.uc_stack.ss_sp = state_->stack->data();
    state_->here.uc_stack.ss_size = stack_bytes;
    state_->here.uc_link = nullptr;
    makecontext(&state_->here, &Fiber::enter, 0);
}

Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(state_->tsan_here);
#endif
    spare_stacks.push_back(std::move(state_->stack));
}

void Fiber::resume() {
    Fiber* const former = std::exchange(running, this);
    state_->switch_in();
    running = former;
}

bool Fiber::ended() const {
    return state_->over;
}

void Fiber::give_way() {
    running->state_->switch_out();
}

Fiber* Fiber::current() {
    return running;
}

void Fiber::enter() {
    State& state = *running->state_;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &state.resumer_stack, &state.resumer_stack_bytes);
#endif
    state.body();
    state.over = true;
    state.switch_out();
}

}  // namespace roundhouse::test
