// How each kind of receiver is told, and which URLs are accepted.
#include "edge/client/notification.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "edge/text/json.h"

using namespace roundhouse;

namespace {

NotifyTarget good(const std::string& url) {
    const auto target = parse_notify_target(url);
    REQUIRE_MESSAGE(target.ok(), url);
    return target.value();
}

Event trouble() {
    Event event;
    event.severity = Severity::warning;
    event.what = "engine waits";
    event.engine = "acestream-2";
    event.reason = "Backoff";
    event.message = "port=19002 p2p_port=22002: exited with \"137\" <now> & @everyone";
    return event;
}

Event recovery() {
    Event event;
    event.what = "gateway changed";
    event.gateway = "gluetun";
    event.message = "state=ready";
    return event;
}

const Notification told{"acestream: 2 of 3 engines ready", {trouble(), recovery()}, 4};

const std::string text =
    "\u26a0 engine waits: acestream-2 (Backoff): exited with \"137\" <now> & @everyone\n"
    "\u2714 gateway changed: gluetun: state=ready\n"
    "and 4 more: roundhouse get events";

Json body_for(const std::string& url) {
    const HttpRequest request = request_for(good(url), told);
    CHECK(request.method == "POST");
    CHECK(request.content_type == "application/json");
    CHECK(request.timeout > Duration{0});
    auto body = parse_json(request.body);
    REQUIRE(body.ok());
    return body.value();
}

}  // namespace

TEST_SUITE("notification") {
    TEST_CASE("the parameter format is read and removed; without it the host decides") {
        struct Row {
            std::string text;
            std::string url;
            NotifyFormat format;
        };
        const std::vector<Row> rows{
            {"https://h/t?format=ntfy", "https://h/t", NotifyFormat::ntfy},
            {"https://h/t?a=1&format=slack", "https://h/t?a=1", NotifyFormat::slack},
            {"https://h/t?format=discord&a=1&b=2", "https://h/t?a=1&b=2", NotifyFormat::discord},
            {"http://[::1]:8000/n?format=apprise", "http://[::1]:8000/n", NotifyFormat::apprise},
            {"http://h/t?reformat=ntfy", "http://h/t?reformat=ntfy", NotifyFormat::json},
            {"http://h", "http://h", NotifyFormat::json},
            {"https://u:p@ntfy.sh/t", "https://u:p@ntfy.sh/t", NotifyFormat::ntfy},
            {"https://ntfy.sh/t?format=json", "https://ntfy.sh/t", NotifyFormat::json},
            {"https://discord.com/api", "https://discord.com/api", NotifyFormat::discord},
            {"https://HOOKS.slack.com/s", "https://HOOKS.slack.com/s", NotifyFormat::slack},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const NotifyTarget target = good(row.text);
            CHECK(target.url == row.url);
            CHECK(target.format == row.format);
        }
        CHECK(good("https://user:pass@Ntfy.Local:8443/x").host == "ntfy.local");
    }

    TEST_CASE("what is no URL is refused, and its secrets are not repeated") {
        for (const char* bad :
             {"", "ntfy.sh/secret", "ftp://h/secret", "https://", "https:///secret",
              "https://h/sec ret", "https://h/secret\n", "https://h/?format=secretive"}) {
            CAPTURE(bad);
            const auto target = parse_notify_target(bad);
            REQUIRE_FALSE(target.ok());
            CHECK(target.fault().message.find("secret/") == std::string::npos);
            CHECK(target.fault().message.find("h/") == std::string::npos);
        }
    }

    TEST_CASE("plain JSON has the text, and each event by its parts") {
        const Json body = body_for("https://h/hook");
        CHECK(text_of(body, "title") == told.title);
        CHECK(text_of(body, "severity") == "warning");
        CHECK(text_of(body, "text") == text);
        CHECK(text_of(body, "leftOut") == "4");
        const Json& events = list_of(body, "events");
        REQUIRE(events.size() == 2);
        CHECK(text_of(events[0], "engine") == "acestream-2");
        CHECK(text_of(events[1], "severity") == "info");
    }

    TEST_CASE("ntfy gets the text as it is, and the rest in headers") {
        const HttpRequest request = request_for(good("https://ntfy.sh/t"), told);
        CHECK(request.body == text);
        CHECK(request.content_type == "text/plain; charset=utf-8");
        CHECK(request.headers == std::vector<std::string>{"Title: acestream: 2 of 3 engines ready",
                                                          "Priority: default", "Tags: warning"});
        Notification worse = told;
        worse.events[0].severity = Severity::error;
        CHECK(request_for(good("https://ntfy.sh/t"), worse).headers[1] == "Priority: high");
        worse.events.erase(worse.events.begin());
        CHECK(request_for(good("https://ntfy.sh/t"), worse).headers[2] == "Tags: white_check_mark");
    }

    TEST_CASE("Apprise, Discord and Slack get the members that they read") {
        const Json apprise = body_for("http://h/notify/key?format=apprise");
        CHECK(text_of(apprise, "title") == told.title);
        CHECK(text_of(apprise, "body") == text);
        CHECK(text_of(apprise, "type") == "warning");
        const Json discord = body_for("https://h/w?format=discord");
        CHECK(text_of(discord, "content") == "**" + told.title + "**\n" + text);
        CHECK(one_line(member(discord, "allowed_mentions")) == R"({"parse":[]})");
        const std::string slack = text_of(body_for("https://h/w?format=slack"), "text");
        CHECK(slack.starts_with("*acestream: 2 of 3 engines ready*\n"));
        CHECK(slack.find("&lt;now&gt; &amp; @everyone") != std::string::npos);
    }

    TEST_CASE("a long message is cut, and says of how many events it does not tell") {
        Notification many{"title", std::vector<Event>(50, trouble()), 0};
        for (auto& event : many.events)
            event.message = std::string(5000, 'x');
        for (const char* format : {"json", "ntfy", "apprise", "discord", "slack"}) {
            CAPTURE(format);
            const auto request =
                request_for(good(std::string("https://h/?format=") + format), many);
            CHECK(request.body.find("and 45 more") != std::string::npos);
        }
        const auto discord = request_for(good("https://h/?format=discord"), many);
        CHECK(text_of(parse_json(discord.body).value(), "content").size() <= 2000);
    }
}
