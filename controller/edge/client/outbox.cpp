#include "edge/client/outbox.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace roundhouse {

namespace {

// What good news ends which trouble, where neither is about an engine or a gateway.
struct Topic {
    std::string_view recovery;
    std::string_view name;
    std::string_view trouble;
};

constexpr std::array topics{
    Topic{"spec accepted", "spec", "spec refused"},
    Topic{"the containers can be looked at again", "look",
          "cannot look at the containers: nothing is done until that works"},
    Topic{"Docker's events are back", "events",
          "no events from Docker: changes are seen at the check interval only"},
    Topic{"image pulled", "image", "image pull failed"},
    Topic{"all engines are ready", "pool", "condition changed"},
    Topic{"engines are stable again", "stability", "engines fail again and again"},
};

// These follow "spec refused", which says more.
constexpr std::array<std::string_view, 2> companions{"the last good spec stays in force",
                                                     "there is no good spec yet: nothing is done"};

constexpr std::array<std::string_view, 2> recoveries{"engine ready", "gateway changed"};

// What the event is about, and what of it can recover.
std::string subject_of(const Event& event) {
    if (!event.engine.empty()) return "engine " + event.engine;
    if (!event.gateway.empty()) return "gateway " + event.gateway;
    for (const Topic& topic : topics) {
        if (event.what == topic.recovery || event.what == topic.trouble) {
            return std::string(topic.name);
        }
    }
    return "";
}

bool is_recovery(const Event& event) {
    return std::ranges::find(recoveries, event.what) != recoveries.end() ||
           std::ranges::find(topics, event.what, &Topic::recovery) != topics.end();
}

bool is_told_by_another(const Event& event) {
    return std::ranges::find(companions, event.what) != companions.end() ||
           event.reason == "GatewayNotReady";  // the gateway's own event tells of it
}

}  // namespace

void Outbox::add(const Event& event, Monotonic now) {
    if (!is_news(event, subject_of(event), now)) return;
    if (waiting_.events.empty()) not_before_ = std::max(not_before_, now + pace_.gathers_for);
    waiting_.events.push_back(event);
    trim();
}

bool Outbox::is_news(const Event& event, const std::string& subject, Monotonic now) {
    if (event.severity == Severity::debug || is_told_by_another(event)) return false;
    if (event.severity == Severity::info) return is_recovery(event) && is_recovery_of_sent(subject);
    const auto [known, is_new] = told_[subject].emplace(event.what + " " + event.reason, now);
    if (is_new) return true;
    if (now - known->second < told_for) return false;
    known->second = now;
    return true;
}

// Forgets the subject's troubles. Those that still wait are over before anybody heard of them.
bool Outbox::is_recovery_of_sent(const std::string& subject) {
    const auto told = told_.extract(subject);
    if (told.empty()) return false;
    const auto unheard = std::erase_if(waiting_.events, [&](const Event& waiting) {
        return waiting.severity != Severity::info && subject_of(waiting) == subject;
    });
    return told.mapped().size() > unheard;
}

void Outbox::trim() {
    auto& events = waiting_.events;
    if (events.size() <= capacity) return;
    const auto surplus = events.size() - capacity;
    events.erase(events.begin(), std::next(events.begin(), static_cast<std::ptrdiff_t>(surplus)));
    waiting_.left_out += surplus;
}

std::optional<Monotonic> Outbox::due() const {
    if (waiting_.events.empty()) return std::nullopt;
    return not_before_;
}

Outbox::Batch Outbox::take() {
    return std::exchange(waiting_, {});
}

void Outbox::delivered(Monotonic now) {
    failures_ = 0;
    not_before_ = now + pace_.apart;
}

void Outbox::failed(Batch batch, Monotonic now) {
    batch.events.insert(batch.events.end(), waiting_.events.begin(), waiting_.events.end());
    batch.left_out += waiting_.left_out;
    waiting_ = std::move(batch);
    trim();
    constexpr int most_doublings = 8;
    const Duration wait = pace_.first_retry * (1 << std::min(failures_, most_doublings));
    ++failures_;
    not_before_ = now + std::min(wait, pace_.longest_wait);
}

void Outbox::refused(Monotonic now) {
    not_before_ = now + pace_.apart;
}

}  // namespace roundhouse
