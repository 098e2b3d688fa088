#include "loop/event_log.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace roundhouse {

namespace {

constexpr Duration counted_for = std::chrono::minutes(10);

constexpr std::size_t longest_message_bytes = 1024;

// Prose is added at the end without its name; other values keep their names.
bool is_prose(std::string_view name) {
    return name == "because" || name == "error" || name == "problem";
}

// Not part of the message: these have members of their own in an event, or repeat its meaning in
// the planner's words (`fate`), or differ in each repetition (`took`).
bool is_told_elsewhere(std::string_view name) {
    return name == "reason" || name == "engine" || name == "gateway" || name == "fate" ||
           name == "took";
}

// At most longest_message_bytes, never cut inside a character.
std::string bounded(std::string text) {
    if (text.size() <= longest_message_bytes) return text;
    std::size_t end = longest_message_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    text.resize(end);
    return text + "\u2026";
}

// The fields of an entry that have no member of their own in an event.
struct Message {
    std::string values;  // "port=19000 p2p_port=22000"
    std::string prose;
};

Message message_of(const JournalEntry& entry) {
    Message message;
    for (const auto& [name, value] : entry.fields) {
        if (value.empty() || is_told_elsewhere(name)) continue;
        if (is_prose(name)) {
            message.prose.append(message.prose.empty() ? "" : "; ").append(value);
        } else {
            message.values.append(message.values.empty() ? "" : " ");
            message.values.append(name).append("=").append(value);
        }
    }
    return message;
}

std::string text_of(const Message& message) {
    const bool both = !message.values.empty() && !message.prose.empty();
    return bounded(message.values + (both ? ": " : "") + message.prose);
}

// Without the words that have digits: counts, ids and times differ in each repetition.
std::string without_numbers(std::string_view prose) {
    std::string words;
    while (!prose.empty()) {
        const auto word = prose.substr(0, prose.find(' '));
        prose.remove_prefix(std::min(prose.size(), word.size() + 1));
        if (word.find_first_of("0123456789") == std::string_view::npos) {
            words.append(word).append(" ");
        }
    }
    return words;
}

std::string value_of(const JournalEntry& entry, std::string_view name) {
    const auto found =
        std::ranges::find(entry.fields, name, [](const auto& field) { return field.first; });
    return found == entry.fields.end() ? "" : found->second;
}

// The first field of an entry, "engine=acestream-0"; without fields, its message.
std::string subject_of(const JournalEntry& entry) {
    if (entry.fields.empty()) return std::string(entry.message);
    const auto& [name, value] = entry.fields.front();
    return std::string(name) + "=" + value;
}

Event event_of(const JournalEntry& entry, const Message& message, Time now) {
    Event event;
    event.first = now;
    event.last = now;
    event.severity = entry.severity;
    event.what = entry.message;
    event.reason = value_of(entry, "reason");
    event.engine = value_of(entry, "engine");
    event.gateway = value_of(entry, "gateway");
    event.message = text_of(message);
    return event;
}

std::string essence_of(const Event& event, const Message& message) {
    std::string essence = std::to_string(static_cast<int>(event.severity));
    for (const auto& part : {event.what, event.reason, event.engine, event.gateway, message.values})
        essence.append("\n").append(part);
    return essence + "\n" + without_numbers(message.prose);
}

}  // namespace

EventLog::EventLog(Journal& log, const Clock& clock, std::function<void()> on_event)
    : log_(log),
      clock_(clock),
      on_event_(std::move(on_event)),
      last_id_(static_cast<std::uint64_t>(clock.now().time_since_epoch().count())) {}

void EventLog::record(const JournalEntry& entry) {
    if (entry.severity == Severity::debug) {
        log_.record(entry);
        return;
    }
    JournalEntry line = entry;
    if (!keep(entry)) line.severity = Severity::debug;
    log_.record(line);
    if (on_event_) on_event_();
}

bool EventLog::keep(const JournalEntry& entry) {
    const std::lock_guard lock(mutex_);
    // The clock is read under the lock, so that ids and times have the same order.
    const Message message = message_of(entry);
    Kept next{event_of(entry, message, clock_.now()), subject_of(entry), {}};
    next.essence = essence_of(next.event, message);
    next.event.id = ++last_id_;
    bool news = true;
    bool first_of_subject = true;
    for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
        if (next.event.last - kept->event.last >= counted_for) break;
        const bool about_same = kept->subject == next.subject;
        if (kept->essence == next.essence) {
            const bool nothing_new = kept->event.message == next.event.message;
            news = !(nothing_new && about_same && first_of_subject);
            next.event.first = kept->event.first;
            next.event.count = kept->event.count + 1;
            kept_.erase(std::next(kept).base());
            break;
        }
        first_of_subject = first_of_subject && !about_same;
    }
    kept_.push_back(std::move(next));
    if (kept_.size() > capacity) kept_.pop_front();
    return news;
}

std::vector<Event> EventLog::latest(std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<Event> events;
    const std::size_t count = std::min(limit, kept_.size());
    for (auto kept = kept_.end() - static_cast<std::ptrdiff_t>(count); kept != kept_.end(); ++kept)
        events.push_back(kept->event);
    return events;
}

std::vector<Event> EventLog::since(std::uint64_t id, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<Event> events;
    auto kept = std::ranges::upper_bound(kept_, id, {}, [](const Kept& k) { return k.event.id; });
    for (; kept != kept_.end() && events.size() < limit; ++kept)
        events.push_back(kept->event);
    return events;
}

}  // namespace roundhouse
