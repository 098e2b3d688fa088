#include "edge/pod/slot_records.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "core/numbers.h"
#include "edge/text/foreign_text.h"
#include "hold/record.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_error = 200;
// An engine may write any report: no sum of two numbers overflows.
constexpr std::int64_t greatest = 1'000'000'000'000'000;

void add(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(" ");
    for (const char c : value) {
        if (c == '\n') {
            text += "\\n";
        } else {
            if (c == '\\') text += '\\';
            text += c;
        }
    }
    text += '\n';
}

void add(std::string& text, std::string_view name, std::int64_t number) {
    add(text, name, std::to_string(number));
}

std::int64_t in_ms(Time time) {
    return time.time_since_epoch().count();
}

bool read(std::string_view text, std::int64_t& number) {
    const auto parsed = parse_number<std::int64_t>(text, 0, greatest);
    number = parsed.value_or(0);
    return parsed.has_value();
}

bool read(std::string_view text, int& number) {
    const auto parsed = parse_number(text);
    number = parsed.value_or(0);
    return parsed.has_value();
}

// Times of 0 stand for none.
bool read(std::string_view text, std::optional<Time>& time) {
    std::int64_t ms = 0;
    if (!read(text, ms)) return false;
    if (ms != 0) time = Time(Duration(ms));
    return true;
}

bool read(std::string_view text, RunState& state) {
    constexpr std::array<std::pair<const char*, RunState>, 4> words{{
        {record::running, RunState::running},
        {record::exited, RunState::exited},
        {record::failed, RunState::failed},
        {record::stopped, RunState::stopped},
    }};
    for (const auto& [word, meaning] : words) {
        if (text != word) continue;
        state = meaning;
        return true;
    }
    return false;
}

bool take(SlotOrder& order, std::string_view name, std::string_view value) {
    std::int64_t number = 0;
    if (name == "generation") return read(value, order.generation);
    if (name == "grace_ms" || name == "created_ms") {
        if (!read(value, number)) return false;
        if (name == "grace_ms") order.grace = Duration(number);
        if (name == "created_ms") order.created_at = Time(Duration(number));
        return true;
    }
    if (name == "run") order.runs = value == "yes";
    if (name == "arg") order.argv.emplace_back(value);
    if (name == "env") order.env.emplace_back(value);
    if (name == "id") order.id = value;
    if (name == "name") order.name = value;
    if (name == "image") order.image = value;
    if (name == "network") order.network_mode = value;
    if (name == "label") {
        const auto equals = value.find('=');
        if (equals == std::string_view::npos) return false;
        order.labels[std::string(value.substr(0, equals))] = value.substr(equals + 1);
    }
    return true;
}

bool take(SlotReport& report, std::string_view name, std::string_view value) {
    if (name == "generation") return read(value, report.generation);
    if (name == "state") return read(value, report.state);
    if (name == "started_ms") return read(value, report.started_at);
    if (name == "ended_ms") return read(value, report.ended_at);
    if (name == "exit_code") return read(value, report.exit_code);
    if (name == "error") report.error = cleaned(value, longest_error);
    return true;
}

template <class Record>
std::optional<Record> parse(std::string text) {
    Record result;
    record::Reader reader(text.data(), text.size());
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (!take(result, name, value)) return std::nullopt;
    }
    if (!reader.is_whole()) return std::nullopt;
    return result;
}

}  // namespace

std::string to_text(const SlotOrder& order) {
    std::string text;
    add(text, "generation", order.generation);
    add(text, "run", order.runs ? "yes" : "no");
    add(text, "grace_ms", order.grace.count());
    if (!order.id.empty()) {
        add(text, "id", order.id);
        add(text, "name", order.name);
        add(text, "image", order.image);
        add(text, "network", order.network_mode);
        add(text, "created_ms", in_ms(order.created_at));
    }
    for (const auto& [key, value] : order.labels)
        add(text, "label", std::string(key).append("=").append(value));
    for (const auto& word : order.argv)
        add(text, "arg", word);
    for (const auto& variable : order.env)
        add(text, "env", variable);
    return text + "end\n";
}

std::optional<SlotOrder> parse_order(std::string text) {
    return parse<SlotOrder>(std::move(text));
}

std::optional<SlotReport> parse_report(std::string text) {
    return parse<SlotReport>(std::move(text));
}

}  // namespace roundhouse
