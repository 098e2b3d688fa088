// The one address in front of all engines: it answers the paths on which engines play with a
// redirect to one of them. No byte of a stream passes through. It uses no socket.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/balance.h"
#include "core/host_port.h"
#include "edge/http/engine_address.h"
#include "edge/http/message.h"
#include "loop/board.h"
#include "loop/sent_viewers.h"

namespace roundhouse {

struct BalancerSources {
    std::function<std::vector<EngineOffer>()> engines;  // those that are ready
    // Why none is ready, on one line.
    std::function<std::string()> why_none_ready;
    // Which ports to publish, and where, on one line; asked where engines are ready that publish
    // none that the client could reach.
    std::function<std::string()> what_to_publish;
    BalancerHosts hosts = {};
};

// The engines of the last round on the board, which must outlive the sources.
BalancerSources sources_of_board(const Board& board, BalancerHosts hosts);

struct BalancerChoice {
    std::optional<EngineOffer> engine;
    HostPort address;     // of the engine, for this client
    std::string why_not;  // without an engine: why there is none
};

// Any thread, as far as its sources allow it.
class Balancer {
  public:
    explicit Balancer(BalancerSources sources, const Clock& clock)
        : sources_(std::move(sources)), sent_(clock) {}

    // GET and HEAD of /ace/getstream, /ace/manifest.m3u8, /hls/..., /server/api and
    // /webui/api/service: 307 to an engine, with the path and the query as they were sent; 503 with
    // Retry-After and one line of text while there is none. 400 where Host is missing or no host.
    // The host of a redirect is the validated Host of the request or comes from the sources; the
    // port comes from the sources. Never throws.
    Response handle(const Request& request);

    // Where a viewer would be sent who asked this host (as host_of() returns it) for the stream
    // that the query names, or for no particular one. Sends nobody.
    BalancerChoice best(const std::string& host, std::string_view query);

  private:
    Response respond(const Request& request);
    BalancerChoice choose(const std::vector<EngineOffer>& engines, const std::string& host,
                          const std::string& stream);
    std::string why_unreachable(const std::vector<EngineOffer>& engines) const;
    BalancerChoice choose_for(const Viewer& viewer, const std::string& host,
                              const std::optional<std::string>& present_engine);

    BalancerSources sources_;
    SentViewers sent_;
};

}  // namespace roundhouse
