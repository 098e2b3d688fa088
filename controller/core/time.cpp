#include "core/time.h"

#include <array>
#include <cstdio>
#include <utility>

namespace roundhouse {

namespace {

using namespace std::chrono_literals;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

// ".123456789" at `at`, moved past it; any number of digits, cut to milliseconds.
Duration fraction(std::string_view text, std::size_t& at) {
    if (at >= text.size() || text[at] != '.') return 0ms;
    Duration result{0};
    auto unit = 100ms;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        result += (text[at] - '0') * unit;
        unit /= 10;
    }
    return result;
}

// "Z", "+02:00" or "-05:30" up to the end of the text.
std::optional<std::chrono::minutes> zone(std::string_view text) {
    if (text == "Z" || text == "z") return 0min;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return std::nullopt;
    }
    const auto hours = digits(text, 1, 2);
    const auto minutes = digits(text, 4, 2);
    if (!hours || !minutes) return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return text[0] == '-' ? -offset : offset;
}

std::optional<std::chrono::sys_days> date(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day civil{std::chrono::year{*year},
                                            std::chrono::month{static_cast<unsigned>(*month)},
                                            std::chrono::day{static_cast<unsigned>(*day)}};
    if (!civil.ok()) return std::nullopt;
    return std::chrono::sys_days{civil};
}

}  // namespace

std::string format_time(Time time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day civil{days};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - days)};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(civil.year()), static_cast<unsigned>(civil.month()),
                  static_cast<unsigned>(civil.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::optional<Time> parse_time(std::string_view text) {
    const auto day = date(text);
    if (!day || text.size() < 20 || (text[10] != 'T' && text[10] != 't')) return std::nullopt;
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    if (!hour || !minute || !second || text[13] != ':' || text[16] != ':') return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    std::size_t at = 19;
    const Duration below_second = fraction(text, at);
    const auto offset = zone(text.substr(at));
    if (!offset) return std::nullopt;
    const Time time = Time{*day} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                      std::chrono::seconds{*second} + below_second - *offset;
    // Docker writes year 1 for "never".
    if (time < Time{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}}) return std::nullopt;
    return time;
}

std::string format_duration(Duration duration) {
    if (duration < 0ms) return "-" + format_duration(-duration);
    if (duration < 1s) return std::to_string(duration.count()) + "ms";
    const std::chrono::hh_mm_ss parts{duration};
    std::string text;
    if (parts.hours().count() != 0) text += std::to_string(parts.hours().count()) + "h";
    if (parts.minutes().count() != 0) text += std::to_string(parts.minutes().count()) + "m";
    const auto seconds = parts.seconds().count();
    const auto milliseconds = parts.subseconds().count();
    if (milliseconds != 0 && text.empty()) {
        return std::to_string(seconds * 1000 + milliseconds) + "ms";
    }
    if (seconds != 0) text += std::to_string(seconds) + "s";
    if (milliseconds != 0) text += std::to_string(milliseconds) + "ms";
    return text;
}

}  // namespace roundhouse
