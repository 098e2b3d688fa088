// Decides which events people are told, and when. Values only: no I/O, and the time is an argument.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loop/clock.h"
#include "loop/event_log.h"

namespace roundhouse {

// Takes every event, and keeps those that people are to be told: warnings and errors, each once
// until its subject has recovered, and again after six hours; and recoveries of what was told. What
// recovers before it is sent is not told at all. A batch waits for what follows in the next
// seconds, batches are a minute apart, and after a failed delivery the next try is later each time.
// At most `capacity` events wait: of more, the oldest are dropped, and counted.
class Outbox {
  public:
    static constexpr std::size_t capacity = 50;
    static constexpr Duration told_for{6 * 3'600'000};

    struct Pace {
        Duration gathers_for = std::chrono::seconds(5);
        Duration apart = std::chrono::minutes(1);
        Duration first_retry = std::chrono::seconds(5);  // then 10 s, 20 s ...
        Duration longest_wait = std::chrono::minutes(10);
    };

    struct Batch {
        std::vector<Event> events;
        std::size_t left_out = 0;
    };

    explicit Outbox(Pace pace) : pace_(pace) {}

    void add(const Event& event, Monotonic now);

    // When the waiting events are to be sent; nullopt: none wait.
    std::optional<Monotonic> due() const;
    // Takes all that wait. One of the next three has to follow.
    Batch take();
    void delivered(Monotonic now);
    // They are tried again, together with what comes until then.
    void failed(Batch batch, Monotonic now);
    // The receiver does not want them, now or ever.
    void refused(Monotonic now);

  private:
    bool is_news(const Event& event, const std::string& subject, Monotonic now);
    bool is_recovery_of_sent(const std::string& subject);
    void trim();

    Pace pace_;
    std::map<std::string, std::map<std::string, Monotonic>> told_;  // by subject: what, and when
    Batch waiting_;
    Monotonic not_before_{};
    int failures_ = 0;
};

}  // namespace roundhouse
