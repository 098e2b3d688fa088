// Replies of several controllers to one question, as one.
#pragma once

#include <string>
#include <vector>

#include "edge/text/json.h"

namespace roundhouse {

struct ControllerReply {
    std::string address;  // "192.0.2.1"
    std::string name;     // its host name, as its pool tells; empty: not known
    std::string body;     // JSON
    std::string problem;  // why there is none; empty: there is one
};

// {"controllers": [...], "items": [...]}. The controllers, by name, each with its address and
// whether it answers; one whose name is not known has its address for a name. The items
// are those of all replies, or the replies themselves where they have none, such as that of a pool;
// each has the name of its "controller" as its first member.
Json merged(const std::vector<ControllerReply>& replies);

// Whether merged() made this.
bool is_of_many(const Json& reply);

}  // namespace roundhouse
