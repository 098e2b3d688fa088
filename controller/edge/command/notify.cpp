#include "edge/command/notify.h"

#include <algorithm>

#include "edge/http/routes.h"
#include "edge/system/secret_file.h"

namespace roundhouse {

namespace {

Fault unusable(const std::string& variable, const std::string& why) {
    return {FaultKind::rejected, variable + ": " + why};
}

// Why the URL cannot be used; nullopt when it can.
std::optional<Fault> problem_of_url(const std::string& variable, const std::string& url) {
    const auto target = parse_notify_target(url);
    if (target) return std::nullopt;
    return unusable(variable, "the URL " + target.fault().message);
}

}  // namespace

Result<NotifySettings> notify_settings(const Environment& environment) {
    NotifySettings settings;
    settings.heartbeat_url = environment.heartbeat_url;
    if (!settings.heartbeat_url.empty()) {
        const auto problem = problem_of_url("ROUNDHOUSE_HEARTBEAT_URL", settings.heartbeat_url);
        if (problem) return *problem;
    }
    const std::string& file = environment.notify_url_file;
    if (!environment.notify_url.empty() && !file.empty()) {
        return unusable("ROUNDHOUSE_NOTIFY_URL", "set either this or ROUNDHOUSE_NOTIFY_URL_FILE");
    }
    if (!environment.notify_url.empty()) {
        const auto problem = problem_of_url("ROUNDHOUSE_NOTIFY_URL", environment.notify_url);
        if (problem) return *problem;
        settings.url = [url = environment.notify_url] { return Result<std::string>(url); };
    }
    if (!file.empty()) {
        const auto url = read_secret(file);
        if (!url) return unusable("ROUNDHOUSE_NOTIFY_URL_FILE", url.fault().message);
        const auto problem = problem_of_url("ROUNDHOUSE_NOTIFY_URL_FILE", url.value());
        if (problem) return *problem;
        settings.url = [file] { return read_secret(file); };
    }
    return settings;
}

PoolOutlook outlook_of(const Board& board, Duration since_last_round) {
    PoolOutlook outlook;
    const auto spec = board.spec();
    const auto round = board.round();
    outlook.title = spec.pool == nullptr ? "roundhouse" : spec.pool->name;
    if (round != nullptr) {
        outlook.title += ": " + std::to_string(round->plan.ready()) + " of " +
                         std::to_string(round->plan.wanted) + " engines ready";
    }
    const auto conditions = board.conditions();
    const auto ready = std::ranges::find(conditions, "Ready", &Condition::type);
    outlook.serves = ready != conditions.end() && ready->status == Truth::yes &&
                     is_alive(spec, since_last_round);
    return outlook;
}

}  // namespace roundhouse
