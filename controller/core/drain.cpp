#include "core/drain.h"

#include <algorithm>

#include "core/backoff.h"

namespace roundhouse {

namespace {

std::string count_sessions(int sessions) {
    return std::to_string(sessions) + (sessions == 1 ? " session" : " sessions");
}

}  // namespace

bool in_use(const EngineView& engine, const DrainSpec& drain) {
    if (!engine.usage) return false;
    const UsageView& usage = *engine.usage;
    return usage.sessions > 0 || (!usage.never_used && usage.idle_for < drain.idle_for);
}

std::optional<Duration> drain_left(const EngineView& engine, const DrainSpec& drain) {
    if (!in_use(engine, drain)) return std::nullopt;
    const Duration left = remaining(drain.timeout, engine.wished_for);
    if (left == Duration{0}) return std::nullopt;
    if (engine.usage->sessions > 0) return left;
    return std::min(left, drain.idle_for - engine.usage->idle_for);
}

std::string describe_use(const EngineView& engine, const DrainSpec& drain) {
    const int sessions = engine.usage ? engine.usage->sessions : 0;
    if (sessions > 0) return "has " + count_sessions(sessions);
    return "may have had a session less than " + format_duration(drain.idle_for) + " ago";
}

std::string describe_cut(const EngineView& engine, const DrainSpec& drain) {
    const int sessions = engine.usage ? engine.usage->sessions : 0;
    if (sessions == 0) return "";
    std::string cut = count_sessions(sessions) + (sessions == 1 ? " ends" : " end");
    if (drain.timeout == Duration{0}) return cut + ", as drain.timeout is 0s";
    if (engine.wished_for < drain.timeout) return cut;
    return cut + ", as drain.timeout (" + format_duration(drain.timeout) + ") is over";
}

}  // namespace roundhouse
