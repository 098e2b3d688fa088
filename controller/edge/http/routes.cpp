#include "edge/http/routes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "edge/http/dashboard.h"
#include "edge/http/errors.h"
#include "edge/http/plan_view.h"
#include "edge/http/request_parts.h"
#include "edge/http/views.h"
#include "edge/text/host_name.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

// --- responses

Response text(std::string body, std::string content_type = "text/plain; charset=utf-8") {
    Response response;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
}

Response json(std::string body, int status = 200) {
    Response response = text(std::move(body), "application/json");
    response.status = status;
    return response;
}

Response allowed_methods(const std::string& methods) {
    Response response = text("");
    response.status = 204;
    response.headers = {{"Allow", methods}};
    return response;
}

// --- resources

Response dashboard(const ApiSources& /*from*/, const Request& /*request*/) {
    Response response = text(std::string(dashboard_page()), "text/html; charset=utf-8");
    response.headers = {{"Content-Security-Policy", "frame-ancestors 'none'"},
                        {"Referrer-Policy", "no-referrer"}};
    return response;
}

// The loop is alive.
Response health(const ApiSources& from, const Request& /*request*/) {
    const Duration since = from.since_last_round();
    if (is_alive(from.board.spec(), since)) return text("ok\n");
    return error_response(503, "no round has ended for " + format_duration(since));
}

// The spec is good, Docker answers, and a round has ended.
Response readiness(const ApiSources& from, const Request& /*request*/) {
    std::string missing;
    const auto add = [&missing](const std::string& what) {
        missing += (missing.empty() ? "" : "; ") + what;
    };
    for (const auto& condition : from.board.conditions()) {
        const bool counts = condition.type == "SpecValid" || condition.type == "RuntimeReachable";
        if (!counts || condition.status == Truth::yes) continue;
        add(condition.type + " is " + std::string(to_string(condition.status)) + ": " +
            condition.message);
    }
    if (from.board.round() == nullptr) add("no round was done yet");
    return missing.empty() ? text("ok\n") : error_response(503, missing);
}

Response metrics(const ApiSources& from, const Request& /*request*/) {
    return text(from.metrics(), "text/plain; version=0.0.4; charset=utf-8");
}

Response pool(const ApiSources& from, const Request& /*request*/) {
    const auto round = from.board.round();
    return json(pool_as_json(from.board.spec(), round.get(), from.board.conditions()));
}

// Why the last look failed; empty if it did not.
std::string look_fault(const Board& board) {
    for (const auto& condition : board.conditions()) {
        const bool failed = condition.type == "RuntimeReachable" && condition.status == Truth::no;
        if (failed) return condition.message;
    }
    return "";
}

Response engines(const ApiSources& from, const Request& request) {
    const auto query = split_target(request.target).query;
    const auto ready = parameter(query, "ready").value_or("false");
    if (ready != "true" && ready != "false") {
        return error_response(400, "ready takes true or false");
    }
    const auto format = parameter(query, "format").value_or("json");
    const auto round = from.board.round();
    const bool only_ready = ready == "true";
    if (format == "json") {
        return json(engines_as_json(round.get(), look_fault(from.board), only_ready));
    }
    if (format == "hostport") return text(engines_as_lines(round.get(), only_ready));
    if (format == "prometheus") return json(engines_as_targets(round.get(), only_ready));
    return error_response(400, "format takes json, hostport or prometheus");
}

Response best_engine(const ApiSources& from, const Request& request) {
    const auto host = host_of(std::string(header(request, "host")));
    const auto choice = from.balancer.best(host.value_or(""), split_target(request.target).query);
    return choice.engine ? json(best_as_json(choice)) : error_response(503, choice.why_not);
}

Response gateways(const ApiSources& from, const Request& /*request*/) {
    return json(gateways_as_json(from.board.round().get(), look_fault(from.board)));
}

Response history(const ApiSources& from, const Request& /*request*/) {
    return json(history_as_json(from.history.samples()));
}

Response plan(const ApiSources& from, const Request& /*request*/) {
    const auto round = from.board.round();
    if (round == nullptr) return error_response(503, "no round was done yet: /readyz says why");
    return json(plan_as_json(*round->pool, round->plan));
}

// Server-sent events, from the one after `last` on.
Response event_stream(const EventLog& log, std::uint64_t last) {
    Response response = text("", "text/event-stream");
    response.next = [&log, last]() mutable {
        constexpr std::size_t batch_size = 100;
        std::string lines;
        for (const auto& event : log.since(last, batch_size)) {
            last = event.id;
            lines += "id: " + std::to_string(event.id) +
                     "\nevent: event\ndata: " + event_as_json(event) + "\n\n";
        }
        return lines;
    };
    return response;
}

Response resumed_event_stream(const EventLog& log, std::string_view last_event_id) {
    const auto latest = log.latest(1);
    const std::uint64_t newest = latest.empty() ? 0 : latest.back().id;
    if (last_event_id.empty()) return event_stream(log, newest);
    const auto id = whole_number(last_event_id);
    if (!id) return error_response(400, "Last-Event-ID takes the id of an event");
    // An id in the future comes from an earlier controller whose clock was ahead: it means nothing
    // here, so all events are sent.
    return event_stream(log, *id > newest ? 0 : *id);
}

Response events(const ApiSources& from, const Request& request) {
    constexpr std::size_t most = EventLog::capacity;
    const auto query = split_target(request.target).query;
    const auto limit = whole_number(parameter(query, "limit").value_or("100"));
    if (!limit || *limit == 0 || *limit > most) {
        return error_response(400, "limit takes a number from 1 to " + std::to_string(most));
    }
    const auto watch = parameter(query, "watch").value_or("false");
    if (watch == "true") return resumed_event_stream(from.events, header(request, "last-event-id"));
    if (watch != "false") return error_response(400, "watch takes true or false");
    return json(events_as_json(from.events.latest(static_cast<std::size_t>(*limit))));
}

// Without a body any content type is accepted: `curl -d ''` sends the type of forms.
std::optional<Response> body_error(const Request& request) {
    if (request.body.empty()) return std::nullopt;
    if (!is_json_type(header(request, "content-type"))) {
        return error_response(415, "send no body, or one of the type application/json");
    }
    if (is_json_object(request.body)) return std::nullopt;
    return error_response(400, "the body is not a JSON object");
}

Response accepted(const std::function<void()>& wake) {
    wake();
    return json(accepted_as_json(), 202);
}

Response reconcile(const ApiSources& from, const Request& request) {
    if (auto error = body_error(request)) return std::move(*error);
    return accepted(from.expect_change);
}

Response no_such_engine(const RoundView& round) {
    std::string names;
    for (const auto& decision : round.plan.decisions) {
        if (!decision.engine_id.empty()) names += (names.empty() ? "" : ", ") + decision.engine;
    }
    return error_response(404, "there is no such engine; there are: " + names);
}

Response drain(const ApiSources& from, const Request& request) {
    if (auto error = body_error(request)) return std::move(*error);
    const auto [path, query] = split_target(request.target);
    const auto replace = parameter(query, "replace").value_or("false");
    if (replace != "true" && replace != "false") {
        return error_response(400, "replace takes true or false");
    }
    const auto round = from.board.round();
    if (round == nullptr) return error_response(503, "no round was done yet: /readyz says why");
    const std::string_view name = variable_of("/api/v1/engines/{name}/drain", path);
    const auto& decisions = round->plan.decisions;
    const auto engine = std::ranges::find_if(decisions, [&](const Decision& decision) {
        return decision.engine == name && decision.fate != Fate::foreign &&
               !decision.engine_id.empty();
    });
    if (engine == decisions.end()) return no_such_engine(*round);
    from.board.drains().give(engine->engine_id,
                             replace == "true" ? DrainRequest::replace : DrainRequest::remove,
                             round->pool->replicas);
    return accepted(from.wake);
}

struct Route {
    std::string_view path;
    std::string_view method;
    Access access = Access::data;
    Response (*respond)(const ApiSources& from, const Request& request) = nullptr;
};

constexpr std::array routes = {
    Route{"/", "GET", Access::page, dashboard},
    Route{"/healthz", "GET", Access::open, health},
    Route{"/readyz", "GET", Access::open, readiness},
    Route{"/metrics", "GET", Access::data, metrics},
    Route{"/api/v1/pool", "GET", Access::data, pool},
    Route{"/api/v1/engines", "GET", Access::data, engines},
    Route{"/api/v1/engines/best", "GET", Access::data, best_engine},
    Route{"/api/v1/gateways", "GET", Access::data, gateways},
    Route{"/api/v1/events", "GET", Access::data, events},
    Route{"/api/v1/history", "GET", Access::data, history},
    Route{"/api/v1/plan", "GET", Access::data, plan},
    Route{"/api/v1/reconcile", "POST", Access::data, reconcile},
    Route{"/api/v1/engines/{name}/drain", "POST", Access::data, drain},
};

// --- methods and access

std::string methods_of(const Route& route) {
    return route.method == "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
}

bool takes(const Route& route, std::string_view method) {
    return method == route.method || (method == "HEAD" && route.method == "GET");
}

std::string all_paths() {
    std::string paths;
    for (const auto& route : routes)
        paths += (paths.empty() ? "" : ", ") + std::string(route.path);
    return paths;
}

Response respond(const ApiSources& from, const Request& request) {
    const auto path = split_target(request.target).path;
    if (path == "*" && request.method == "OPTIONS") {
        return allowed_methods("GET, HEAD, POST, OPTIONS");
    }
    const auto* const route = std::ranges::find_if(routes, [&](const Route& each) {
        return each.path == path || !variable_of(each.path, path).empty();
    });
    if (route == routes.end()) return not_found(all_paths());
    if (request.method == "OPTIONS") return allowed_methods(methods_of(*route));
    if (!takes(*route, request.method)) {
        return method_not_allowed(route->path, methods_of(*route));
    }
    if (route->method == "POST") {
        if (auto error = origin_error(request)) return std::move(*error);
    }
    if (auto error = access_error(from.access, route->access, request)) {
        if (error->status == 401) from.on_unauthorized(request);
        return std::move(*error);
    }
    return route->respond(from, request);
}

}  // namespace

bool is_alive(const SpecInForce& spec, Duration since_last_round) {
    // While Docker hangs, a round takes up to this long; a loop that is stuck takes longer.
    constexpr std::chrono::seconds slow_round{30};
    const Duration interval = spec.pool == nullptr ? Duration{60'000} : spec.pool->check_interval;
    return since_last_round <= 3 * interval + slow_round;
}

Response Api::handle(const Request& request) const {
    Response response;
    try {
        response = respond(sources_, request);
    } catch (...) {
        response = internal_error();
    }
    if (request.method == "HEAD") response.next = nullptr;  // the server leaves bodies out
    if (response.status < 400) response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    return response;
}

}  // namespace roundhouse
