// roundhouse's HTTP API: a request in, a response out, no socket in sight.
//
// GET, HEAD and OPTIONS of everything that can be read; POST of /api/v1/reconcile. With a key set
// everything but /healthz, /readyz and the page at / (which holds no data) wants "Authorization:
// Bearer <key>". manifests/openapi.yaml describes each path, status and member.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/time.h"
#include "edge/http/message.h"
#include "loop/board.h"
#include "loop/event_log.h"
#include "loop/history.h"

namespace roundhouse {

struct ApiSources {
    const Board& board;
    const EventLog& events;
    const History& history;
    std::function<std::string()> metrics;        // the text of /metrics
    std::function<Duration()> since_last_round;  // that was begun and ended, well or not
    std::function<void()> wake;                  // makes the loop look again
    std::string api_key_file;                    // empty: no key is asked for
};

// Used by one thread; the sources may be written by others at the same time.
class Api {
  public:
    // What the sources refer to must outlive the API, and every response that goes on (`next`).
    explicit Api(ApiSources sources) : sources_(std::move(sources)) {}

    // Never throws; what cannot be answered is an error status with
    // {"error": {"code", "message"}}.
    Response handle(const Request& request) const;

  private:
    ApiSources sources_;
};

}  // namespace roundhouse
