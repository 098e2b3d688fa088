#include "edge/command/get_tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/host_port.h"
#include "core/numbers.h"
#include "edge/command/table.h"
#include "edge/command/time_text.h"

namespace roundhouse {

namespace {

std::string shown(const Json& item, std::string_view key) {
    return or_dash(text_of(item, key));
}

// "40001,40002"
std::string joined(const Json& list) {
    std::string text;
    for (const Json& item : list)
        text += (text.empty() ? "" : ",") + one_line(item);
    return text;
}

std::vector<std::string> columns(std::vector<std::string> always, std::vector<std::string> wide,
                                 const TableStyle& style) {
    if (style.wide) always.insert(always.end(), wide.begin(), wide.end());
    return always;
}

void add_row(Table& table, std::vector<Cell> always, std::vector<Cell> wide,
             const TableStyle& style) {
    if (style.wide) std::move(wide.begin(), wide.end(), std::back_inserter(always));
    table.add_row(std::move(always));
}

Cell ready_cell(const Json& item) {
    const bool ready = is_true(item, "ready");
    return {ready ? "yes" : "no", ready ? Colour::green : Colour::red};
}

// --- engines

std::string address_of(const Json& engine) {
    const std::string host = text_of(engine, "host");
    if (host.empty()) return "-";
    return host_port(host, parse_number(text_of(engine, "port")).value_or(0));
}

std::string p2p_of(const Json& engine) {
    const std::string port = text_of(engine, "p2pPort");
    if (port.empty() || port == "0") return "-";
    return port + (is_true(engine, "forwarded") ? " forwarded" : "");
}

// "2", "2 draining"; "-" where they are not known.
std::string sessions_of(const Json& engine) {
    return shown(engine, "sessions") + (is_true(engine, "draining") ? " draining" : "");
}

Cell reason_cell(const Json& engine) {
    const std::string reason = text_of(engine, "reason");
    if (reason == "UpToDate") return or_dash(reason);
    return {or_dash(reason), is_true(engine, "ready") ? Colour::cyan : Colour::yellow};
}

std::string wait_of(const Json& engine, Time now) {
    return wait_text({.due = parse_time(text_of(engine, "due")),
                      .awaits = text_of(engine, "awaits"),
                      .then = text_of(engine, "then"),
                      .remedy = text_of(engine, "remedy")},
                     now);
}

std::string engines_table(const Json& reply, const TableStyle& style) {
    Table table(columns(
        {"ENGINE", "READY", "SESSIONS", "STATE", "REASON", "ADDRESS", "P2P PORT", "GATEWAY", "AGE"},
        {"FAILURES", "WAITS FOR", "ID", "IMAGE", "MESSAGE"}, style));
    for (const Json& engine : list_of(reply, "items")) {
        add_row(table,
                {shown(engine, "name"), ready_cell(engine), sessions_of(engine),
                 shown(engine, "state"), reason_cell(engine), address_of(engine), p2p_of(engine),
                 shown(engine, "gateway"), age_of(text_of(engine, "createdAt"), style.now)},
                {shown(engine, "failures"), wait_of(engine, style.now),
                 or_dash(text_of(engine, "id").substr(0, 12)), shown(engine, "image"),
                 shown(engine, "message")},
                style);
    }
    return table.text(style.colours);
}

// --- gateways

std::string ports_of(const Json& gateway) {
    const std::string ports = joined(list_of(gateway, "forwardedPorts"));
    return ports.empty() ? "none" : ports;
}

std::string message_of(const Json& gateway) {
    const std::string own = text_of(gateway, "message");
    const std::string of_ports = text_of(gateway, "forwardedPortMessage");
    return or_dash(own + (own.empty() || of_ports.empty() ? "" : "; ") + of_ports);
}

std::string gateways_table(const Json& reply, const TableStyle& style) {
    Table table(columns(
        {"GATEWAY", "READY", "STATE", "FOR", "VPN", "PUBLIC IP", "FORWARDED PORTS", "ENGINES"},
        {"HOST", "PORTS", "MESSAGE"}, style));
    for (const Json& gateway : list_of(reply, "items")) {
        add_row(
            table,
            {shown(gateway, "name"), ready_cell(gateway), shown(gateway, "state"),
             age_of(text_of(gateway, "since"), style.now), shown(gateway, "vpnStatus"),
             shown(gateway, "publicIp"), ports_of(gateway), shown(gateway, "engines")},
            {shown(gateway, "host"), shown(gateway, "forwardedPortReason"), message_of(gateway)},
            style);
    }
    return table.text(style.colours);
}

// --- events

Colour colour_of_severity(const std::string& severity) {
    if (severity == "error") return Colour::red;
    return severity == "warning" ? Colour::yellow : Colour::none;
}

Table events_table(const Json& events, const TableStyle& style) {
    std::vector<std::string> header{"TIME", "SEVERITY", "EVENT", "ENGINE", "GATEWAY", "REASON"};
    if (style.wide) header.insert(header.end(), {"TIMES", "SINCE"});
    header.emplace_back("MESSAGE");
    Table table(header);
    for (const Json& event : events) {
        const std::string severity = text_of(event, "severity");
        std::vector<Cell> cells{
            shown(event, "lastTime"), Cell(or_dash(severity), colour_of_severity(severity)),
            shown(event, "what"),     shown(event, "engine"),
            shown(event, "gateway"),  shown(event, "reason")};
        const std::string count = text_of(event, "count");
        std::string message = shown(event, "message");
        if (style.wide) {
            cells.emplace_back(or_dash(count));
            cells.emplace_back(shown(event, "firstTime"));
        } else if (!count.empty() && count != "1") {
            message += " (" + count + " times)";
        }
        cells.emplace_back(std::move(message));
        table.add_row(std::move(cells));
    }
    return table;
}

// --- pool

// Green for a condition as it should be.
Colour colour_of_condition(const Json& condition) {
    const std::string type = text_of(condition, "type");
    const std::string status = text_of(condition, "status");
    if (type == "Progressing") {
        if (text_of(condition, "reason") == "Stuck") return Colour::red;
        return status == "True" ? Colour::cyan : Colour::none;
    }
    if (status == "Unknown") return Colour::yellow;
    const bool wanted = type != "Capped";
    if ((status == "True") == wanted) return Colour::green;
    return type == "Capped" ? Colour::yellow : Colour::red;
}

std::string pool_table(const Json& reply, const TableStyle& style) {
    const Json& status = member(reply, "status");
    const Json& runtime = member(reply, "runtime");
    const std::string daemon = text_of(runtime, "name") + " " + text_of(runtime, "version");
    Table pool(columns({"POOL", "REPLICAS", "WANTED", "READY", "UP TO DATE", "CAP"},
                       {"GENERATION", "OBSERVED", "IMAGE", "PRESET", "RUNS ON"}, style));
    const std::string ready = text_of(status, "ready");
    const bool all_ready = ready == text_of(status, "wanted");
    add_row(pool,
            {shown(reply, "name"), shown(reply, "replicas"), shown(status, "wanted"),
             Cell(or_dash(ready), all_ready ? Colour::green : Colour::yellow),
             shown(status, "updated"), shown(reply, "maxActiveReplicas")},
            {shown(reply, "generation"), age_of(text_of(reply, "observedAt"), style.now) + " ago",
             shown(reply, "image"), shown(reply, "preset"), or_dash(daemon == " " ? "" : daemon)},
            style);
    Table conditions({"CONDITION", "STATUS", "REASON", "FOR", "MESSAGE"});
    for (const Json& condition : list_of(status, "conditions")) {
        conditions.add_row({shown(condition, "type"),
                            Cell(shown(condition, "status"), colour_of_condition(condition)),
                            shown(condition, "reason"),
                            age_of(text_of(condition, "lastTransitionTime"), style.now),
                            shown(condition, "message")});
    }
    return pool.text(style.colours) + "\n" + conditions.text(style.colours);
}

}  // namespace

std::string as_table(Resource resource, const Json& reply, const TableStyle& style) {
    switch (resource) {
        case Resource::pool: return pool_table(reply, style);
        case Resource::engines: return engines_table(reply, style);
        case Resource::gateways: return gateways_table(reply, style);
        case Resource::events:
            return events_table(list_of(reply, "items"), style).text(style.colours);
    }
    return "";
}

std::string new_event_rows(const Json& reply, std::uint64_t seen, const TableStyle& style) {
    const Json& events = list_of(reply, "items");
    const std::string all = events_table(events, style).text(style.colours);
    // Each row is one line; the first line is the header.
    std::string rows;
    std::size_t begin = all.find('\n') + 1;
    for (const Json& event : events) {
        const std::size_t end = all.find('\n', begin) + 1;
        if (event_id(event) > seen) rows += all.substr(begin, end - begin);
        begin = end;
    }
    return rows;
}

std::uint64_t event_id(const Json& event) {
    const Json& id = member(event, "id");
    return id.is_number_unsigned() ? id.get<std::uint64_t>() : 0;
}

}  // namespace roundhouse
