#include "edge/system/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include <nlohmann/json.hpp>
#include <string>

#include "edge/text/json.h"
#include "edge/text/utf8.h"

namespace roundhouse {
namespace {

using ColourSink = spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>;

constexpr std::size_t longest_value_bytes = 4096;

// spdlog fills in time and level; %v is our part of the line.
constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v";
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)";

spdlog::level::level_enum level_of(Severity severity) {
    switch (severity) {
        case Severity::debug: return spdlog::level::debug;
        case Severity::info: return spdlog::level::info;
        case Severity::warning: return spdlog::level::warn;
        case Severity::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string bounded(std::string_view value) {
    if (value.size() <= longest_value_bytes) return std::string(value);
    return std::string(utf8_prefix(value, longest_value_bytes)).append("\u2026");
}

bool needs_quotes(std::string_view value) {
    if (value.empty()) return true;
    while (!value.empty()) {
        const Utf8Character c = first_character(value);
        const char32_t mark = c.code_point;
        if (!c.valid || is_control(mark) || mark == ' ' || mark == '"' || mark == '=') return true;
        value.remove_prefix(c.size);
    }
    return false;
}

std::string text_payload(const JournalEntry& entry) {
    std::string line(entry.message);
    for (const auto& [name, value] : entry.fields) {
        const std::string shown = bounded(value);
        line.append(" ").append(name).append("=");
        line += needs_quotes(shown) ? json_quote(shown) : shown;
    }
    return line;
}

// The members after those in json_pattern, and the closing brace.
std::string json_payload(const JournalEntry& entry) {
    Json object{{"message", entry.message}};
    for (const auto& [name, value] : entry.fields)
        object[name] = bounded(value);
    return one_line(object).substr(1);
}

}  // namespace

struct Log::Sink {
    explicit Sink(std::shared_ptr<ColourSink> to) : logger("roundhouse", std::move(to)) {}

    spdlog::logger logger;
};

Log::Log(const LogSettings& settings, std::FILE* out) : format_(settings.format) {
    const bool colours = settings.colours && settings.format == LogFormat::text;
    auto to = std::make_shared<ColourSink>(
        out, colours ? spdlog::color_mode::always : spdlog::color_mode::never);
    to->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        settings.format == LogFormat::json ? json_pattern : text_pattern,
        spdlog::pattern_time_type::utc, "\n"));
    sink_ = std::make_unique<Sink>(std::move(to));
    sink_->logger.set_level(level_of(settings.level));
}

Log::~Log() = default;

void Log::record(const JournalEntry& entry) {
    const auto level = level_of(entry.severity);
    if (!sink_->logger.should_log(level)) return;
    try {
        const bool json = format_ == LogFormat::json;
        const std::string payload = json ? json_payload(entry) : text_payload(entry);
        sink_->logger.log(level, spdlog::string_view_t(payload.data(), payload.size()));
    } catch (...) {
        // Most likely out of memory: better to lose the line than the controller.
    }
}

}  // namespace roundhouse
