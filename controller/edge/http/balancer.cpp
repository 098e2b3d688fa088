#include "edge/http/balancer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/publication.h"
#include "edge/http/request_parts.h"
#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_reason = 500;

enum class Kind {
    stream,  // begins to play: one connection for as long as it plays
    // The same with HLS: a player asks for the list again and again, and has to come to the engine
    // where it began.
    playlist,
    piece,    // of what such a list names
    question  // plays nothing
};

struct PlaybackPath {
    std::string_view path;
    bool is_prefix = false;
    Kind kind = Kind::question;
};

constexpr std::array playback_paths = {
    PlaybackPath{"/ace/getstream", false, Kind::stream},
    PlaybackPath{"/ace/manifest.m3u8", false, Kind::playlist},
    PlaybackPath{"/hls/", true, Kind::piece},
    PlaybackPath{"/server/api", false, Kind::question},
    PlaybackPath{"/webui/api/service", false, Kind::question},
};

std::optional<Kind> kind_of(std::string_view path) {
    const auto* const found = std::ranges::find_if(playback_paths, [&](const PlaybackPath& each) {
        return each.is_prefix ? path.starts_with(each.path) : path == each.path;
    });
    if (found == playback_paths.end()) return std::nullopt;
    return found->kind;
}

// By whichever name the stream is asked for.
std::string stream_in(std::string_view query) {
    for (const char* name : {"infohash", "id", "content_id", "url", "magnet"}) {
        const auto value = parameter(query, name);
        if (value && !value->empty()) return std::string(*value);
    }
    return "";
}

// What a player shows: text on one line.
Response line(int status, const std::string& text) {
    Response response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    response.body = cleaned(text, longest_reason) + "\n";
    return response;
}

Response redirect(const BalancerChoice& choice, const std::string& target) {
    const std::string where = "http://" + host_port(choice.address.host, choice.address.port);
    Response response = line(307, "engine " + choice.engine->name + " plays it, at " + where);
    response.headers.emplace_back("Location", where + target);
    return response;
}

Response none(const std::string& why) {
    Response response = line(503, why);
    response.headers.emplace_back("Retry-After", "5");
    return response;
}

std::string playback_paths_as_text() {
    std::string paths;
    for (const auto& each : playback_paths) {
        paths += (paths.empty() ? "" : ", ") + std::string(each.path);
        if (each.is_prefix) paths += "...";
    }
    return paths;
}

}  // namespace

BalancerSources sources_of_board(const Board& board, BalancerHosts hosts) {
    BalancerSources sources;
    sources.hosts = std::move(hosts);
    sources.engines = [&board] {
        const auto round = board.round();
        if (round == nullptr) return std::vector<EngineOffer>();
        return engine_offers(*round->pool, round->seen, round->plan);
    };
    sources.why_none_ready = [&board]() -> std::string {
        const auto round = board.round();
        if (round != nullptr) return describe_progress(round->plan);
        return "roundhouse has just started, and has not seen the engines yet";
    };
    sources.what_to_publish = [&board] {
        const auto round = board.round();
        return round == nullptr ? "" : judge_publication(*round->pool, round->seen).message;
    };
    return sources;
}

std::string Balancer::why_unreachable(const std::vector<EngineOffer>& engines) const {
    const bool are_published = std::ranges::any_of(
        engines, [](const EngineOffer& engine) { return engine.published.has_value(); });
    return "no engine can be reached from here: " +
           (are_published ? "their ports are published for their machine alone, at 127.0.0.1; "
                            "publish them at 0.0.0.0, or at an address that players reach"
                          : sources_.what_to_publish());
}

BalancerChoice Balancer::choose(const std::vector<EngineOffer>& engines, const std::string& host,
                                const std::string& stream) {
    if (engines.empty()) return {{}, {}, "no engine is ready: " + sources_.why_none_ready()};
    const auto candidates = sent_.candidates(engines, stream);
    std::vector<BalanceCandidate> reachable;
    std::vector<BalancerChoice> choices;
    for (std::size_t i = 0; i < engines.size(); ++i) {
        auto address = address_for(engines[i], host, sources_.hosts);
        if (!address) continue;
        reachable.push_back(candidates[i]);
        choices.push_back({engines[i], std::move(*address), ""});
    }
    if (reachable.empty()) return {{}, {}, why_unreachable(engines)};
    const auto best = best_candidate(reachable);
    if (!best) {
        return {{},
                {},
                "every engine that is ready is about to be replaced, and takes no more "
                "viewers; try again soon"};
    }
    return choices[*best];
}

BalancerChoice Balancer::best(const std::string& host, std::string_view query) {
    return choose(sources_.engines(), host, stream_in(query));
}

// A player comes back to its engine, also while that is draining.
BalancerChoice Balancer::choose_for(const Viewer& viewer, const std::string& host,
                                    const std::optional<std::string>& present_engine) {
    const auto engines = sources_.engines();
    const auto present = std::ranges::find(engines, present_engine.value_or(""), &EngineOffer::id);
    if (present_engine && present != engines.end()) {
        if (auto address = address_for(*present, host, sources_.hosts)) {
            sent_.sent(*present, viewer, true);
            return {*present, std::move(*address), ""};
        }
    }
    return choose(engines, host, viewer.stream);
}

Response Balancer::respond(const Request& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        Response response = line(405, "the balancer takes GET and HEAD");
        response.headers.emplace_back("Allow", "GET, HEAD");
        return response;
    }
    const auto [path, query] = split_target(request.target);
    const auto kind = kind_of(path);
    if (!kind)
        return line(404,
                    "this is the balancer of roundhouse; it answers " + playback_paths_as_text());
    const auto host = host_of(std::string(header(request, "host")));
    if (!host) return line(400, "the Host header is missing, or names no host");

    const bool plays = *kind == Kind::stream || *kind == Kind::playlist;
    const Viewer viewer{plays ? stream_in(query) : "", request.client,
                        *kind == Kind::playlist
                            ? request.client + " " + std::string(header(request, "user-agent")) +
                                  " " + request.target
                            : ""};
    std::optional<std::string> present;
    if (*kind == Kind::playlist) present = sent_.engine_of_player(viewer.player);
    if (*kind == Kind::piece) present = sent_.engine_of_client(viewer.client);
    const BalancerChoice choice = choose_for(viewer, *host, present);
    if (!choice.engine) return none(choice.why_not);
    const bool is_new = plays && request.method == "GET" && choice.engine->id != present;
    if (is_new) sent_.sent(*choice.engine, viewer, false);
    return redirect(choice, request.target);
}

Response Balancer::handle(const Request& request) {
    try {
        return respond(request);
    } catch (...) {
        return line(500, "the balancer failed to answer; ask again");
    }
}

}  // namespace roundhouse
