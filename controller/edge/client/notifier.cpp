#include "edge/client/notifier.h"

#include <algorithm>
#include <utility>

namespace roundhouse {

namespace {

constexpr std::size_t events_at_once = 100;
constexpr Duration longest_heartbeat = std::chrono::seconds(10);

// Empty when the receiver took it.
std::string fault_of(const HttpReply& reply) {
    if (reply.problem != HttpProblem::none) return reply.detail;
    if (reply.status >= 200 && reply.status < 300) return "";
    return "HTTP " + std::to_string(reply.status);
}

// Whether the same message would be refused again: a wrong path, key or format, or the address of
// something that has moved.
bool is_refusal(const HttpReply& reply) {
    return reply.problem == HttpProblem::none && reply.status >= 300 && reply.status < 500 &&
           reply.status != 408 && reply.status != 425 && reply.status != 429;
}

}  // namespace

Notifier::Notifier(NotifySettings settings, const EventLog& events, Journal& journal,
                   const Clock& clock, std::function<PoolOutlook()> outlook)
    : settings_(std::move(settings)),
      events_(events),
      journal_(journal),
      clock_(clock),
      outlook_(std::move(outlook)),
      outbox_(settings_.pace),
      next_heartbeat_(clock.monotonic()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Notifier::run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { transfers_.interrupt(); });
    while (!stop.stop_requested()) {
        read_events();
        send_due();
        for (const HttpReply& reply : transfers_.wait(settings_.looks_every))
            take_reply(reply);
    }
}

void Notifier::read_events() {
    if (!settings_.url) return;
    for (const Event& event : events_.since(last_id_, events_at_once)) {
        last_id_ = event.id;
        const bool is_own = event.what == people_.failed || event.what == watchdog_.failed;
        if (!is_own) outbox_.add(event, clock_.monotonic());
    }
}

void Notifier::send_due() {
    const Monotonic now = clock_.monotonic();
    const auto due = outbox_.due();
    if (people_.ticket == 0 && due && *due <= now) begin_message();
    if (settings_.heartbeat_url.empty() || watchdog_.ticket != 0 || next_heartbeat_ > now) return;
    if (outlook_().serves) begin_heartbeat();
}

void Notifier::begin_message() {
    const auto url = settings_.url();
    const auto target = url ? parse_notify_target(url.value()) : Result<NotifyTarget>(url.fault());
    sent_ = outbox_.take();
    if (!target) {
        report(people_, target.fault().message);
        outbox_.failed(std::exchange(sent_, {}), clock_.monotonic());
        return;
    }
    const Notification notification{outlook_().title, sent_.events, sent_.left_out};
    people_.ticket = transfers_.begin(request_for(target.value(), notification));
}

void Notifier::begin_heartbeat() {
    HttpRequest request;
    request.url = settings_.heartbeat_url;
    request.connect_timeout = longest_heartbeat;
    request.timeout = longest_heartbeat;
    watchdog_.ticket = transfers_.begin(std::move(request));
    next_heartbeat_ = clock_.monotonic() + settings_.heartbeat_interval;
}

void Notifier::take_reply(const HttpReply& reply) {
    if (reply.ticket == people_.ticket) {
        message_ended(reply);
    } else {
        watchdog_.ticket = 0;
        report(watchdog_, fault_of(reply));
    }
}

void Notifier::message_ended(const HttpReply& reply) {
    people_.ticket = 0;
    const Monotonic now = clock_.monotonic();
    const std::string fault = fault_of(reply);
    Outbox::Batch batch = std::exchange(sent_, {});
    if (fault.empty()) {
        outbox_.delivered(now);
    } else if (is_refusal(reply)) {
        outbox_.refused(now);
    } else {
        outbox_.failed(std::move(batch), now);
    }
    report(people_, is_refusal(reply) ? fault + ": check the URL, its key and its format" : fault);
}

void Notifier::report(Receiver& receiver, const std::string& fault) {
    if (std::exchange(receiver.is_failing, !fault.empty()) == !fault.empty()) return;
    if (fault.empty()) {
        journal_.record({Severity::info, receiver.works, {}});
    } else {
        journal_.record({Severity::warning, receiver.failed, {{"error", fault}}});
    }
}

}  // namespace roundhouse
