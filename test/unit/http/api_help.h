// The HTTP API on sources of a test's own: nothing listens anywhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/http/routes.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

namespace roundhouse::test {

inline const std::vector<std::string> readable_paths{
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/pool",
    "/api/v1/engines",
    "/api/v1/engines/best",
    "/api/v1/gateways",
    "/api/v1/events",
    "/api/v1/history",
    "/api/v1/plan",
};

inline bool mentions(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

inline Request request(std::string method, std::string target,
                       std::map<std::string, std::string> headers = {}, std::string body = "") {
    return {std::move(method), std::move(target), std::move(headers), std::move(body)};
}

// Empty where the response has none.
inline std::string header_of(const Response& response, const std::string& name) {
    for (const auto& [each, value] : response.headers) {
        if (each == name) return value;
    }
    return "";
}

struct ApiBench {
    ManualClock clock;
    KeptJournal journal;
    EventLog events{journal, clock};
    Board board;
    History history;
    std::function<std::string()> metrics = [] { return "roundhouse_converged 1\n"; };
    std::function<Duration()> since_last_round = [] { return Duration{0}; };
    int wakes = 0;
    std::function<void()> wake = [this] { ++wakes; };
    int changes_told = 0;
    std::function<void()> expect_change = [this] {
        ++changes_told;
        wake();
    };
    int unauthorized = 0;
    AccessRules access;
    Balancer balancer{sources_of_board(board, {}), clock};
    std::string host = "127.0.0.1:9190";  // of requests that name none; empty: they have no Host

    // As a controller that was just started, before its first look.
    ApiBench() = default;

    // As one that accepted this pool and saw this.
    ApiBench(const EnginePool& pool, const Observation& seen) {
        board.accept(pool);
        see(pool, seen);
    }

    void see(const EnginePool& pool, const Observation& seen) {
        const Plan thought = plan(pool, seen, noon);
        board.publish(std::make_shared<const RoundView>(
            RoundView{std::make_shared<const EnginePool>(pool), 1, seen, thought, noon}));
        board.set_conditions(judge_conditions(pool, seen, thought), noon);
    }

    void say_spec_valid(bool valid, const std::string& message = "") {
        board.set_conditions({{"SpecValid", valid ? Truth::yes : Truth::no,
                               valid ? "Accepted" : "Refused", message, Time{}, 0}},
                             noon);
    }

    void happen(std::string_view what, const std::string& engine = "acestream-0") {
        events.record({Severity::info, what, {{"engine", engine}, {"reason", "Missing"}}});
    }

    Response ask(Request asked) {
        if (!host.empty()) asked.headers.emplace("host", host);
        const Api api({board, events, history, metrics, since_last_round, wake, expect_change,
                       [this](const Request&) { ++unauthorized; }, access, balancer});
        return api.handle(asked);
    }
    Response get(const std::string& target, std::map<std::string, std::string> headers = {}) {
        return ask(request("GET", target, std::move(headers)));
    }
};

}  // namespace roundhouse::test
