#include "playback.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <vector>

#include "transport_stream.h"

namespace standin {
namespace {

constexpr std::int64_t frames_at_once = frames_per_second;  // that are there before the player is
constexpr std::size_t most_sessions = 1000;
constexpr std::int64_t segments_in_playlist = 4;  // of a second each

// "ace", "r", "INFOHASH", "7" for "/ace/r/INFOHASH/7"
std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> parts;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        parts.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

int number_in(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// Letters and digits only, so that it can stand in a path and in JSON.
std::string stream_of(const Request& request) {
    for (const char* name : {"infohash", "id", "content_id"}) {
        std::string id = request.parameter(name);
        std::erase_if(id, [](unsigned char c) { return std::isalnum(c) == 0; });
        if (!id.empty()) return id;
    }
    return "";
}

Response gone() {
    return {.status = 404, .body = "{\"response\":null,\"error\":\"unknown playback session\"}\n"};
}

Response told(const std::string& members) {
    return {.status = 200, .body = "{\"response\":" + members + ",\"error\":null}\n"};
}

std::int64_t frames_until_now(SteadyTime begun) {
    return (std::chrono::steady_clock::now() - begun) / time_of_frame + frames_at_once;
}

}  // namespace

std::optional<Response> Playback::answer(const Request& request) {
    if (request.path == "/ace/getstream") return begin(request, "r");
    if (request.path == "/ace/manifest.m3u8") return begin(request, "m");
    const auto parts = parts_of(request.path);
    if (parts.size() < 4) return std::nullopt;
    const std::string place = parts[0] + "/" + parts[1];
    const int session = number_in(parts[3]);
    if (place == "ace/r") return play(request, parts[2], session);
    if (place == "ace/stat") return tell(parts[2], session);
    if (place == "ace/cmd") return command(request, session);
    if (place == "hls/m") return playlist(request, parts[2], session);
    if (place == "hls/c" && parts.size() == 5) return segment(session, parts[4]);
    return std::nullopt;
}

// With the host that was asked and the port of its own, as a real engine does.
std::string Playback::address(const Request& request, const std::string& path) const {
    const std::string host = request.header("Host");
    return "http://" + host.substr(0, host.rfind(':')) + ":" + std::to_string(port_) + path;
}

std::shared_ptr<Playback::Session> Playback::find(int session) const {
    const auto found = sessions_.find(session);
    return found == sessions_.end() || found->second->over ? nullptr : found->second;
}

Response Playback::begin(const Request& request, const std::string& kind) {
    const std::string id = stream_of(request);
    if (id.empty()) {
        return {.status = 400, .body = "{\"response\":null,\"error\":\"missing content id\"}\n"};
    }
    const std::string own = id + "/" + std::to_string(++newest_);
    if (request.method != "HEAD") {
        const std::string stream = id + " " + request.parameter("pid");
        std::erase_if(sessions_, [&](const auto& each) {
            if (each.second->stream == stream) each.second->over = true;
            return each.second->over;
        });
        if (sessions_.size() >= most_sessions) sessions_.erase(sessions_.begin());
        sessions_[newest_] = std::make_shared<Session>(
            Session{.stream = stream, .begun = std::chrono::steady_clock::now()});
    }
    const std::string play_at =
        address(request, kind == "r" ? "/ace/r/" + own : "/hls/m/" + own + "/live.m3u8");
    if (request.parameter("format") == "json") {
        return told("{\"playback_url\":\"" + play_at + "\",\"stat_url\":\"" +
                    address(request, "/ace/stat/" + own) + "\",\"command_url\":\"" +
                    address(request, "/ace/cmd/" + own) + "\",\"infohash\":\"" + id +
                    "\",\"playback_session_id\":\"" + std::to_string(newest_) +
                    "\",\"is_live\":1,\"is_encrypted\":0,\"client_session_id\":-1}");
    }
    return {.status = 302, .body = "", .headers = {"Location: " + play_at}};
}

Response Playback::play(const Request& request, const std::string& stream, int session) {
    const auto found = find(session);
    if (!found || !found->stream.starts_with(stream + " ")) return gone();
    Response response{.status = 200, .body = "", .content_type = "video/mp2t"};
    if (request.method == "HEAD") return response;
    response.more = [found, sent = std::int64_t{0},
                     since =
                         std::chrono::steady_clock::now()]() mutable -> std::optional<std::string> {
        if (found->over) return std::nullopt;
        const std::int64_t count = frames_until_now(since) - sent;
        const std::int64_t first = sent;
        sent += count;
        return frames(first, count);
    };
    return response;
}

Response Playback::tell(const std::string& stream, int session) const {
    if (!find(session)) return gone();
    return told(
        "{\"status\":\"dl\",\"peers\":4,\"speed_down\":257,\"speed_up\":29,"
        "\"downloaded\":1048576,\"uploaded\":65536,\"infohash\":\"" +
        stream + "\",\"playback_session_id\":\"" + std::to_string(session) + "\"}");
}

Response Playback::command(const Request& request, int session) {
    const auto found = find(session);
    if (!found) return gone();
    if (request.parameter("method") == "stop") found->over = true;
    return told("\"ok\"");
}

Response Playback::playlist(const Request& request, const std::string& stream, int session) const {
    const auto found = find(session);
    if (!found) return gone();
    const std::int64_t ended = frames_until_now(found->begun) / frames_per_second;
    const std::int64_t first = std::max<std::int64_t>(0, ended - segments_in_playlist);
    std::string lines =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" +
        std::to_string(first) + "\n";
    const std::string path = "/hls/c/" + stream + "/" + std::to_string(session) + "/";
    for (std::int64_t number = first; number < ended; ++number)
        lines += "#EXTINF:1.0,\n" + address(request, path + std::to_string(number) + ".ts") + "\n";
    return {.status = 200, .body = lines, .content_type = "application/vnd.apple.mpegurl"};
}

Response Playback::segment(int session, const std::string& file) const {
    const std::int64_t first = number_in(file) * frames_per_second;
    const auto found = find(session);
    if (!found || first + frames_per_second > frames_until_now(found->begun)) return gone();
    return {.status = 200, .body = frames(first, frames_per_second), .content_type = "video/mp2t"};
}

}  // namespace standin
