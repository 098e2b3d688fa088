#include "edge/command/remote_controllers.h"

#include <set>
#include <utility>

#include "core/host_port.h"
#include "edge/http/remote_engines.h"
#include "edge/system/secret_file.h"
#include "edge/text/foreign_text.h"
#include "loop/wakeup.h"

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

constexpr Duration between_requests = 1s;
constexpr Duration longest_answer = 4s;
constexpr Duration longest_lookup = 2s;
constexpr std::size_t largest_reply = std::size_t{4} << 20U;

std::string problem_of(const HttpReply& reply) {
    if (reply.problem != HttpProblem::none) return reply.detail;
    if (reply.status == 200) return "";
    std::string text = "it answered HTTP " + std::to_string(reply.status);
    if (reply.status == 401) text += ": name the file with its key by --api-key-file";
    if (reply.status == 403) {
        text += ": use its IP address, or add the host to its ROUNDHOUSE_ALLOWED_HOSTS";
    }
    return text;
}

}  // namespace

void RemoteControllers::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const Targets targets = find_targets();
        ask(targets, stop);
        forget_old(targets);
        pause_for(between_requests, stop);
    }
}

RemoteControllers::Targets RemoteControllers::find_targets() {
    Targets targets;
    for (const Upstream& upstream : from_) {
        if (!upstream.is_name()) {
            targets.emplace(upstream.url, upstream.host);
            continue;
        }
        const std::string shown = "dns:" + host_port(upstream.host, upstream.port);
        auto found =
            names_.find_all(upstream.host, std::chrono::steady_clock::now() + longest_lookup);
        if (!found) {
            note(shown, found.fault());
            continue;
        }
        note(shown, std::vector<EngineOffer>());
        auto& addresses = found.value();
        if (addresses.size() > most_addresses) addresses.resize(most_addresses);
        for (const std::string& address : addresses)
            targets.emplace("http://" + host_port(address, upstream.port), address);
    }
    return targets;
}

void RemoteControllers::ask(const Targets& targets, const std::stop_token& stop) {
    const std::stop_callback interrupt(stop, [this] { transfers_.interrupt(); });
    std::string key;
    if (!api_key_file_.empty()) {
        auto read = read_secret(api_key_file_);
        if (!read) {
            for (const auto& [url, machine] : targets)
                note(url, read.fault());
            return;
        }
        key = std::move(read.value());
    }
    std::map<int, Targets::const_iterator> asked;
    for (auto target = targets.begin(); target != targets.end(); ++target) {
        HttpRequest request;
        request.url = target->first + "/api/v1/engines?ready=true";
        request.bearer = key;
        request.connect_timeout = longest_answer;
        request.timeout = longest_answer;
        request.max_reply_bytes = largest_reply;
        asked.emplace(transfers_.begin(std::move(request)), target);
    }
    while (!asked.empty() && !stop.stop_requested()) {
        for (const HttpReply& reply : transfers_.wait(longest_answer)) {
            const auto target = asked.find(reply.ticket);
            take(target->second->first, target->second->second, reply);
            asked.erase(target);
        }
    }
    for (const auto& [ticket, target] : asked)
        transfers_.cancel(ticket);
}

void RemoteControllers::take(const std::string& url, const std::string& machine,
                             const HttpReply& reply) {
    const std::string problem = problem_of(reply);
    if (!problem.empty()) return note(url, Fault{FaultKind::unavailable, problem});
    note(url, read_engine_offers(reply.body, machine));
}

void RemoteControllers::note(const std::string& url, Result<std::vector<EngineOffer>> answer) {
    const std::string problem = answer ? "" : cleaned(answer.fault().message, 300);
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        Controller& controller = controllers_[url];
        // A first good answer is news, too.
        news = controller.problem != problem || (answer && !controller.has_answered);
        controller.problem = problem;
        if (answer) {
            controller.engines = std::move(answer.value());
            controller.answered = clock_.monotonic();
            controller.has_answered = true;
        }
    }
    if (!news) return;
    if (problem.empty()) {
        journal_.record({Severity::info, "controller answers", {{"controller", url}}});
    } else {
        journal_.record({Severity::warning,
                         "controller does not answer",
                         {{"controller", url}, {"error", problem}}});
    }
}

bool RemoteControllers::is_fresh(const Controller& controller) const {
    return controller.has_answered && clock_.monotonic() - controller.answered < left_out_after;
}

// Addresses that a name does not have any more.
void RemoteControllers::forget_old(const Targets& targets) {
    const std::lock_guard lock(mutex_);
    std::erase_if(controllers_, [&](const auto& each) {
        const bool is_named = each.first.starts_with("dns:") || targets.contains(each.first);
        return !is_named && !is_fresh(each.second);
    });
}

std::vector<EngineOffer> RemoteControllers::engines() const {
    const std::lock_guard lock(mutex_);
    std::vector<EngineOffer> all;
    std::set<std::string> ids;  // a controller may be named twice
    for (const auto& [url, controller] : controllers_) {
        if (!is_fresh(controller)) continue;
        for (const EngineOffer& engine : controller.engines) {
            if (ids.insert(engine.id).second) all.push_back(engine);
        }
    }
    return all;
}

std::string RemoteControllers::what_they_said() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [url, controller] : controllers_) {
        const bool is_name = url.starts_with("dns:");
        if (is_name && controller.problem.empty()) continue;
        std::string said = controller.problem;
        if (said.empty()) {
            said = controller.engines.empty() ? "no engine is ready there"
                                              : "its engines publish no port that can be reached";
        }
        text.append(text.empty() ? "" : "; ").append(url).append(": ").append(said);
    }
    return text.empty() ? "no controller was asked yet" : text;
}

}  // namespace roundhouse
