// Messages to people: who receives them, and how each kind of receiver wants them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "edge/client/transfers.h"
#include "loop/event_log.h"
#include "loop/result.h"

namespace roundhouse {

enum class NotifyFormat { json, ntfy, apprise, discord, slack };

struct NotifyTarget {
    std::string url;   // without the parameter `format`; holds secrets
    std::string host;  // for messages; holds none
    NotifyFormat format = NotifyFormat::json;
};

// Reads "https://ntfy.sh/topic?format=ntfy". Without `format` the host decides: ntfy.sh,
// discord.com and hooks.slack.com are known, anything else gets plain JSON. The fault (`rejected`)
// completes "the URL ...", and has nothing of the URL but an unknown format.
Result<NotifyTarget> parse_notify_target(const std::string& text);

// What one message tells.
struct Notification {
    std::string title;  // "acestream: 3 of 5 engines ready"
    std::vector<Event> events;
    std::size_t left_out = 0;  // further events, for which there was no room
};

// A POST with limits of its own.
HttpRequest request_for(const NotifyTarget& target, const Notification& notification);

}  // namespace roundhouse
