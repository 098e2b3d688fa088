// The dashboard: one page, which requests only the HTTP API that served it. The page holds no data
// of the pool, so it is served without a key.
#pragma once

#include <string_view>

namespace roundhouse {

// HTML that includes its style and script; valid as long as the program runs.
std::string_view dashboard_page();

}  // namespace roundhouse
