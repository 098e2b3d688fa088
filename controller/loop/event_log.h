// What happened, for people who ask later: the last entries of the journal, in bounded memory.
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
    // Grows with each occurrence; a repeated event gets a new one. The first is the wall clock's
    // milliseconds at the start, so that a controller that is started again goes on above.
    std::uint64_t id = 0;
    Time first{};
    Time last{};
    int count = 1;
    Severity severity = Severity::info;
    std::string what;    // the entry's constant message: "engine replaced"
    std::string reason;  // of the entry's fields, as are the next two; empty where it has none
    std::string engine;
    std::string gateway;
    std::string message;  // the other fields for people: "port=19000 p2p_port=22000: prose"

    bool operator==(const Event&) const = default;
};

// Stands between the loop and the log: what is recorded goes to the log and is kept. An event that
// is the same as one of the last ten minutes, but for its time and for the numbers, ids and times
// in its prose, is counted there, and has the newest prose. It goes to the log as a debug line
// where nothing of it is new, unless something else was said of its subject (its first field) in
// between: the log's last word on an engine or a gateway is always true. Debug entries are not
// kept. Any thread.
class EventLog : public Journal {
  public:
    static constexpr std::size_t capacity = 1000;

    // Both must outlive the event log. `on_event` is called after each event, from the thread
    // that recorded it; may be empty.
    EventLog(Journal& log, const Clock& clock, std::function<void()> on_event = {});

    void record(const JournalEntry& entry) override;

    // The last `limit` events, oldest first.
    std::vector<Event> latest(std::size_t limit) const;
    // Those with an id above `id`, oldest first, at most `limit`.
    std::vector<Event> since(std::uint64_t id, std::size_t limit) const;

  private:
    struct Kept {
        Event event;
        std::string subject;
        std::string essence;  // what makes two events the same
    };

    // Returns whether it says anything new of its subject.
    bool keep(const JournalEntry& entry);

    Journal& log_;
    const Clock& clock_;
    std::function<void()> on_event_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Kept> kept_;     // by id
    std::uint64_t last_id_;
};

}  // namespace roundhouse
