// Tells people what needs them, and a watchdog that all is well.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "edge/client/notification.h"
#include "edge/client/outbox.h"
#include "edge/client/transfers.h"
#include "loop/clock.h"
#include "loop/event_log.h"

namespace roundhouse {

// Both may be empty. They hold secrets: no message has them.
struct NotifySettings {
    // The URL of parse_notify_target(), read again for each message; empty: no messages.
    std::function<Result<std::string>()> url;
    std::string heartbeat_url;  // asked for while the pool serves; empty: none
    Duration heartbeat_interval = std::chrono::minutes(1);
    // Events are looked for this often: cheap, and soon enough for people.
    Duration looks_every = std::chrono::seconds(1);
    Outbox::Pace pace = {};
};

// What messages and heartbeats say of the pool.
struct PoolOutlook {
    std::string title;  // "acestream: 3 of 5 engines ready"
    bool serves = false;
};

// Reads the events on a thread of its own, and sends what the outbox decides: a receiver that is
// slow or away holds up nothing else. A receiver that fails is reported once, until it works again;
// what it was to be told is kept and tried again. The destructor ends what is under way.
class Notifier {
  public:
    // All must outlive the notifier; `outlook` is called on its thread. `journal` may be `events`.
    Notifier(NotifySettings settings, const EventLog& events, Journal& journal, const Clock& clock,
             std::function<PoolOutlook()> outlook);

  private:
    // Whether a receiver works, as last reported.
    struct Receiver {
        const char* failed;  // the journal's constant messages
        const char* works;
        int ticket = 0;  // of the request under way; 0: none
        bool is_failing = false;
    };

    void run(const std::stop_token& stop);
    void read_events();
    void send_due();
    void begin_message();
    void begin_heartbeat();
    void take_reply(const HttpReply& reply);
    void message_ended(const HttpReply& reply);
    void report(Receiver& receiver, const std::string& fault);

    NotifySettings settings_;
    const EventLog& events_;
    Journal& journal_;
    const Clock& clock_;
    std::function<PoolOutlook()> outlook_;
    std::uint64_t last_id_ = 0;
    Outbox outbox_;
    Outbox::Batch sent_;  // by the request under way
    Monotonic next_heartbeat_;
    Receiver people_{"notifications cannot be delivered", "notifications are delivered again"};
    Receiver watchdog_{"the heartbeat cannot be delivered", "the heartbeat is delivered again"};
    HttpTransfers transfers_;
    std::jthread thread_;  // the last: it ends before what it uses
};

}  // namespace roundhouse
