// The last entries of the journal, in bounded memory, for readers of the HTTP API.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/time.h"
#include "loop/clock.h"
#include "loop/journal.h"

namespace roundhouse {

// One thing that happened, or the same thing several times.
struct Event {
    // Grows with each occurrence; a repeated event gets a new id. Ids start from the wall clock's
    // milliseconds, so that those of a restarted controller are higher.
    std::uint64_t id = 0;
    Time first{};
    Time last{};
    int count = 1;
    Severity severity = Severity::info;
    std::string what;    // the entry's constant message: "engine replaced"
    std::string reason;  // this and the next two are fields of the entry; empty if it lacks them
    std::string engine;
    std::string gateway;
    std::string message;  // the other fields as text: "port=19000 p2p_port=22000: prose"

    bool operator==(const Event&) const = default;
};

// A journal in front of the log: each entry is kept and goes to the log. An event that repeats one
// of the last ten minutes (equal but for its time and for words with digits in its prose) increases
// that event's count and replaces its prose. A repetition without any new text is logged at level
// debug, unless another event about its subject (its first field) came in between: so the log's
// last line about an engine or a gateway is always true. Debug entries are not kept. Any thread.
class EventLog : public Journal {
  public:
    static constexpr std::size_t capacity = 1000;

    // Both must outlive the event log. `on_event` is called after each event, on the thread that
    // recorded it; may be empty.
    EventLog(Journal& log, const Clock& clock, std::function<void()> on_event = {});

    void record(const JournalEntry& entry) override;

    // The last `limit` events, oldest first.
    std::vector<Event> latest(std::size_t limit) const;
    // The first `limit` events with an id above `id`, oldest first.
    std::vector<Event> since(std::uint64_t id, std::size_t limit) const;

  private:
    struct Kept {
        Event event;
        std::string subject;
        std::string essence;  // equal in two events that count as the same
    };

    // Returns whether the entry says anything new about its subject.
    bool keep(const JournalEntry& entry);

    Journal& log_;
    const Clock& clock_;
    std::function<void()> on_event_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Kept> kept_;     // by id
    std::uint64_t last_id_;
};

}  // namespace roundhouse
