// The tables of `get` for several controllers.
#pragma once

#include <string>

#include "edge/command/get_tables.h"

namespace roundhouse {

// The table of what merged() makes (edge/command/many_replies.h), each row with its controller in
// front. A controller that does not answer has a row that says why. Pools have a table each.
std::string as_table_of_many(Resource resource, const Json& reply, const TableStyle& style);

}  // namespace roundhouse
