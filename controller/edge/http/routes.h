// roundhouse's HTTP API: a request in, a response out. It uses no socket.
//
// GET, HEAD and OPTIONS of everything that can be read; POST of /api/v1/reconcile and of an
// engine's /drain. With a key set, everything but /healthz, /readyz and the page at / (which shows
// no data) requires "Authorization: Bearer <key>"; without one, everything but /healthz and /readyz
// requires a known Host (edge/http/access.h). manifests/openapi.yaml describes each path, status
// and member.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/time.h"
#include "edge/http/access.h"
#include "edge/http/balancer.h"
#include "edge/http/message.h"
#include "loop/board.h"
#include "loop/event_log.h"
#include "loop/history.h"

namespace roundhouse {

struct ApiSources {
    Board& board;
    const EventLog& events;
    const History& history;
    std::function<std::string()> metrics;        // the text of /metrics
    std::function<Duration()> since_last_round;  // since the last round ended, failed or not
    std::function<void()> wake;                  // starts a round early
    std::function<void()> expect_change;         // the same, and asks the control servers again
    std::function<void(const Request&)> on_unauthorized;  // a request was answered 401
    AccessRules access;
    Balancer& balancer;  // is asked where it would send a viewer, and sends nobody
};

// Used by one thread; other threads may write the sources at the same time.
class Api {
  public:
    // What the sources refer to must outlive the API and every stream (`Response::next`).
    explicit Api(ApiSources sources) : sources_(std::move(sources)) {}

    // Never throws. Errors are responses of edge/http/errors.h.
    Response handle(const Request& request) const;

  private:
    ApiSources sources_;
};

// Whether rounds end as often as they should. A loop that is not alive serves nobody for long.
bool is_alive(const SpecInForce& spec, Duration since_last_round);

}  // namespace roundhouse
