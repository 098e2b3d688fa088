// The tables of `get`, made from the controller's replies.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"
#include "edge/command/command_line.h"
#include "edge/text/json.h"

namespace roundhouse {

struct TableStyle {
    bool wide = false;
    bool colours = false;
    Time now{};  // ages are counted up to here
};

// The table of a reply, with its header. Members that are missing are shown as "-".
std::string as_table(Resource resource, const Json& reply, const TableStyle& style);

// The rows of the events with an id above `seen`, aligned as in the table of all events.
std::string new_event_rows(const Json& reply, std::uint64_t seen, const TableStyle& style);

// The id of an event; 0 when it has none.
std::uint64_t event_id(const Json& event);

}  // namespace roundhouse
