// What `get` shows of the controller's replies.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"
#include "edge/command/command_line.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse {

struct TableStyle {
    bool wide = false;
    bool colours = false;
    Time now{};  // ages are told as of here
};

// The table of a reply, with its header. Members that are missing are shown as "-".
std::string as_table(Resource resource, const YamlNode& reply, const TableStyle& style);

// The events with an id above `seen`, aligned as in the table of all, without the header.
std::string new_event_rows(const YamlNode& reply, std::uint64_t seen, const TableStyle& style);

// The id of an event; 0 where it has none.
std::uint64_t event_id(const YamlNode& event);

// "5s", "12m", "3h20m", "4d2h": how long ago, as short as kubectl says it; "-" for no time.
std::string age_of(const std::string& time, Time now);

}  // namespace roundhouse
