// The dashboard: one page that asks the HTTP API it came with, and nothing else. It holds no data
// of the pool, so that it can be given to whoever has no key yet.
#pragma once

#include <string_view>

namespace roundhouse {

// HTML with its style and script inside; lives as long as the program.
std::string_view dashboard_page();

}  // namespace roundhouse
