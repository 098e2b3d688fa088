#include "edge/client/notification.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "edge/text/foreign_text.h"
#include "edge/text/json.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

constexpr Duration longest_delivery = std::chrono::seconds(10);
// Discord refuses messages of more than 2000 characters; others take as much.
constexpr std::size_t longest_text_bytes = 1800;
constexpr std::size_t longest_line_bytes = 300;

constexpr std::array<std::pair<std::string_view, NotifyFormat>, 5> formats{{
    {"json", NotifyFormat::json},
    {"ntfy", NotifyFormat::ntfy},
    {"apprise", NotifyFormat::apprise},
    {"discord", NotifyFormat::discord},
    {"slack", NotifyFormat::slack},
}};

NotifyFormat format_of_host(const std::string& host) {
    if (host == "ntfy.sh") return NotifyFormat::ntfy;
    if (host == "discord.com" || host == "discordapp.com") return NotifyFormat::discord;
    if (host == "hooks.slack.com") return NotifyFormat::slack;
    return NotifyFormat::json;
}

// "ntfy.sh" of "https://user:password@ntfy.sh:443/topic?x=y"; empty where there is none.
std::string host_of_url(std::string_view url) {
    url.remove_prefix(url.find("://") + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    if (url.starts_with('[')) return std::string(url.substr(0, url.find(']') + 1));
    return lower(url.substr(0, url.find(':')));
}

// Takes the parameter `format` out of the URL's query, and returns its value; empty without one.
std::string take_format(std::string& url) {
    constexpr std::string_view name = "format=";
    for (auto at = url.find('?'); at != std::string::npos; at = url.find('&', at + 1)) {
        if (url.compare(at + 1, name.size(), name) != 0) continue;
        const auto value = at + 1 + name.size();
        const auto end = std::min(url.find_first_of("&#", value), url.size());
        std::string format = url.substr(value, end - value);
        // What follows keeps the separator before `format`: "?format=x&a=b" becomes "?a=b".
        const bool is_more = end < url.size() && url[end] == '&';
        url.erase(is_more ? at + 1 : at, end - at);
        return format;
    }
    return "";
}

bool is_bad(const Event& event) {
    return event.severity == Severity::warning || event.severity == Severity::error;
}

// Without the values before it: "port=19000 p2p_port=22000: no container" is "no container". A
// message of values alone stays.
std::string_view prose_of(std::string_view message) {
    std::string_view rest = message;
    while (true) {
        const auto word = rest.substr(0, rest.find(' '));
        const auto equals = word.find('=');
        if (equals == std::string_view::npos || equals == 0) return message;
        if (word.size() == rest.size()) return message;
        rest.remove_prefix(word.size() + 1);
        if (word.ends_with(':')) return rest;
    }
}

// "engine waits: acestream-2 (Backoff): exited with code 137"
std::string line_of(const Event& event) {
    std::string line = (is_bad(event) ? "\u26a0 " : "\u2714 ") + event.what;
    const std::string& about = event.engine.empty() ? event.gateway : event.engine;
    if (!about.empty()) line += ": " + about;
    if (!event.reason.empty() && is_bad(event)) line += " (" + event.reason + ")";
    if (!event.message.empty()) line.append(": ").append(prose_of(event.message));
    return cleaned(line, longest_line_bytes);
}

std::string text_of_events(const Notification& notification) {
    std::string text;
    std::size_t left_out = notification.left_out;
    for (const Event& event : notification.events) {
        const std::string line = line_of(event);
        if (text.size() + line.size() > longest_text_bytes) {
            ++left_out;
        } else {
            text += (text.empty() ? "" : "\n") + line;
        }
    }
    if (left_out > 0) text += "\nand " + std::to_string(left_out) + " more: roundhouse get events";
    return text;
}

Severity worst_of(const Notification& notification) {
    Severity worst = Severity::info;
    for (const Event& event : notification.events)
        worst = std::max(worst, event.severity);
    return worst;
}

std::string_view word_of(Severity severity) {
    switch (severity) {
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        default: return "info";
    }
}

std::string plain_json(const Notification& notification) {
    Json events = Json::array();
    for (const Event& event : notification.events) {
        events.push_back({{"time", format_time(event.last)},
                          {"severity", word_of(event.severity)},
                          {"what", event.what},
                          {"reason", event.reason},
                          {"engine", event.engine},
                          {"gateway", event.gateway},
                          {"message", event.message}});
    }
    return one_line({{"title", notification.title},
                     {"severity", word_of(worst_of(notification))},
                     {"text", text_of_events(notification)},
                     {"events", events},
                     {"leftOut", notification.left_out}});
}

// Slack reads <...> as links and mentions.
std::string escaped_for_slack(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

std::string apprise_json(const Notification& notification) {
    const Severity worst = worst_of(notification);
    const char* type = worst == Severity::error     ? "failure"
                       : worst == Severity::warning ? "warning"
                                                    : "success";
    return one_line({{"title", notification.title},
                     {"body", text_of_events(notification)},
                     {"type", type},
                     {"format", "text"}});
}

void fill_for_ntfy(HttpRequest& request, const Notification& notification) {
    const Severity worst = worst_of(notification);
    request.content_type = "text/plain; charset=utf-8";
    request.headers = {
        "Title: " + cleaned(notification.title, longest_line_bytes),
        std::string("Priority: ") + (worst == Severity::error ? "high" : "default"),
        std::string("Tags: ") + (worst == Severity::info ? "white_check_mark" : "warning")};
    request.body = text_of_events(notification);
}

}  // namespace

Result<NotifyTarget> parse_notify_target(const std::string& text) {
    const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
    if (!has_scheme || !is_plain || host_of_url(text).empty()) {
        return Fault{FaultKind::rejected,
                     "is none: expected http:// or https://, a host, and no blanks"};
    }
    NotifyTarget target;
    target.url = text;
    target.host = host_of_url(text);
    const std::string format = take_format(target.url);
    const auto known =
        std::ranges::find(formats, format, &std::pair<std::string_view, NotifyFormat>::first);
    if (!format.empty() && known == formats.end()) {
        return Fault{FaultKind::rejected, "has the unknown format " + in_quotes(format) +
                                              ": expected json, ntfy, apprise, discord or slack"};
    }
    target.format = format.empty() ? format_of_host(target.host) : known->second;
    return target;
}

HttpRequest request_for(const NotifyTarget& target, const Notification& notification) {
    HttpRequest request;
    request.method = "POST";
    request.url = target.url;
    request.connect_timeout = longest_delivery;
    request.timeout = longest_delivery;
    const std::string& title = notification.title;
    const std::string text = text_of_events(notification);
    switch (target.format) {
        case NotifyFormat::json: request.body = plain_json(notification); break;
        case NotifyFormat::apprise: request.body = apprise_json(notification); break;
        case NotifyFormat::ntfy: fill_for_ntfy(request, notification); break;
        case NotifyFormat::discord:
            request.body = one_line({{"username", "roundhouse"},
                                     {"content", "**" + title + "**\n" + text},
                                     {"allowed_mentions", {{"parse", Json::array()}}}});
            break;
        case NotifyFormat::slack:
            request.body = one_line({{"text", escaped_for_slack("*" + title + "*\n" + text)}});
            break;
    }
    return request;
}

}  // namespace roundhouse
