// A value or a Fault. Errors are values, named by what the caller does next.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace roundhouse {

enum class FaultKind {
    gone,         // the container or image does not exist (any more): look again
    conflict,     // a name is in use, or a removal is under way: look again
    rejected,     // the request is invalid or forbidden, and stays so: back off
    unavailable,  // no answer, or an unreadable one; the call may have taken effect: look again
    cancelled,    // the caller ended it
};

struct Fault {
    FaultKind kind = FaultKind::unavailable;
    std::string message;  // a whole sentence for the person who must act; holds no secret
    // Of `unavailable`: no reply came in time, and the other side may still be at work.
    bool timed_out = false;
    // Of `rejected`: what the request asks for is refused, whatever the state of things.
    bool bad_request = false;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Fault fault) : state_(std::in_place_index<1>, std::move(fault)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Only when ok().
    const T& value() const { return std::get<0>(state_); }
    T& value() { return std::get<0>(state_); }

    // Only when not ok().
    const Fault& fault() const { return std::get<1>(state_); }

  private:
    std::variant<T, Fault> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Fault fault) : fault_(std::move(fault)) {}

    bool ok() const { return !fault_.has_value(); }
    explicit operator bool() const { return ok(); }
    const Fault& fault() const { return *fault_; }

  private:
    std::optional<Fault> fault_;
};

}  // namespace roundhouse
