#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/names.h"
#include "edge/docker/json.h"
#include "edge/docker/pull_progress.h"
#include "edge/text/line_reader.h"
#include "fuzz/properties.h"
#include "fuzz/targets.h"

namespace roundhouse::fuzz {

namespace {

template <class T>
void examine_fault(const Result<T>& result) {
    if (result) return;
    must(result.fault().kind == FaultKind::unavailable, "what is not understood is unavailable");
    must(!result.fault().message.empty(), "a fault says why");
}

// --- a list

// The last byte that counts is gone, or there is one more.
template <class Parse>
void examine_wholeness(std::string_view text, const Parse& parse) {
    const auto last = text.find_last_not_of(" \t\r\n");
    must(!parse(text.substr(0, last)).ok(), "a list that was cut is a fault");
    must(!parse(std::string(text) + "]").ok(), "a list with something behind it is a fault");
}

void examine_list(std::string_view text) {
    const auto listed = parse_listing(text);
    const auto names = parse_names(text, "");
    examine_fault(listed);
    examine_fault(names);
    if (!listed) return;
    examine_wholeness(text, [](std::string_view part) { return parse_listing(part); });
    must(names.ok(), "what can be listed has names");
    for (const auto& row : listed.value()) {
        if (!row.unreadable.empty()) continue;
        must(!row.id.empty(), "a container has an id");
        must(row.labels.contains(std::string(label::pool)), "only engines are listed");
        must(std::ranges::any_of(names.value(),
                                 [&](const auto& holder) { return holder.id == row.id; }),
             "an engine is among all containers");
    }
}

// --- an inspection

void examine_inspection(std::string_view text) {
    examine_fault(parse_end(text, "bbbb"));
    examine_fault(parse_network(text, "bbbb"));
    examine_fault(parse_docker_version(text));
    examine_fault(parse_created(text));
    examine_fault(parse_image(text));
    must(parse_error_message(text).size() <= text.size(), "a message is a part of the reply");
    const auto gateway = parse_gateway(text, {"bbbb", "gluetun"});
    examine_fault(gateway);
    if (!gateway || !gateway.value()) return;
    must(!gateway.value()->id.empty(), "a gateway has an id");
    must(gateway.value()->running == (gateway.value()->state == "running"), "its state is one");
}

// --- the two streams

// What was made of a stream, as text, up to where it was given up.
using Account = std::string;
using Pieces = std::vector<std::string_view>;

// `on_line` returns what it made of a line; nothing where the stream is of no more use.
template <class OnLine>
Account account_of(const Pieces& pieces, const OnLine& on_line) {
    constexpr std::size_t longest_line_bytes = 1000;
    LineReader lines(longest_line_bytes);
    Account account;
    const auto take = [&](std::string_view line) {
        const std::optional<std::string> made = on_line(line);
        account += made.value_or("(fault)") + "\n";
        return made.has_value();
    };
    for (const auto& piece : pieces) {
        if (!lines.add(piece, take)) break;
    }
    return account + (lines.too_long() ? "(too long)" : "");
}

std::optional<std::string> event_from(std::string_view line) {
    const auto event = parse_event(line);
    examine_fault(event);
    if (!event) return std::nullopt;
    const auto& [action, name, id, labels] = event.value();
    std::string text = action + " " + name + " " + id;
    for (const auto& [key, value] : labels)
        text.append(" ").append(key).append("=").append(value);
    return text;
}

Account account_of_pull(const Pieces& pieces) {
    PullProgress progress;
    return account_of(pieces, [&](std::string_view text) -> std::optional<std::string> {
        const auto line = parse_pull_line(text);
        examine_fault(line);
        if (!line || !line.value().error.empty()) return std::nullopt;
        progress.add(line.value());
        return progress.text();
    });
}

}  // namespace

void examine_docker(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::string_view text = bytes.substr(1);
    switch (bytes.front()) {
        case 'l': examine_list(text); break;
        case 'i': examine_inspection(text); break;
        case 'e':
            same_in_any_pieces(text,
                               [](const Pieces& pieces) { return account_of(pieces, event_from); });
            break;
        case 'p': same_in_any_pieces(text, account_of_pull); break;
        default: break;
    }
}

}  // namespace roundhouse::fuzz
