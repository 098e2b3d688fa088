#include "edge/http/unauthorized_log.h"

#include <chrono>
#include <string>
#include <utility>

#include "edge/http/request_parts.h"

namespace roundhouse {

void UnauthorizedLog::record(const Request& request) {
    ++requests_;
    const Monotonic now = clock_.monotonic();
    if (last_entry_ && now - *last_entry_ < std::chrono::minutes(1)) return;
    last_entry_ = now;
    journal_.record({Severity::warning,
                     "HTTP request without the right API key",
                     {{"client", request.client},
                      {"path", std::string(split_target(request.target).path)},
                      {"requests", std::to_string(std::exchange(requests_, 0))}}});
}

}  // namespace roundhouse
