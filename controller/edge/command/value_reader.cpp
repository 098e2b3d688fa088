#include "edge/command/value_reader.h"

#include <algorithm>

#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"
#include "edge/text/strings.h"

namespace roundhouse {

namespace {

std::optional<HostPort> parse_listen(const std::string& text) {
    auto address = parse_host_port(text);
    if (!address || address->port == 0) return std::nullopt;
    if (address->host.empty()) address->host = "0.0.0.0";
    if (address->host == "localhost") address->host = "127.0.0.1";
    return is_ip_address(address->host) ? address : std::nullopt;
}

// One name between two commas, with blanks around it.
std::optional<std::string> parse_host(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return std::nullopt;
    const std::string name(text.substr(first, text.find_last_not_of(' ') - first + 1));
    return is_host_name(name) ? host_of(name) : std::nullopt;
}

std::optional<std::vector<std::string>> parse_hosts(std::string_view text) {
    std::vector<std::string> names;
    while (true) {
        const auto comma = text.find(',');
        const auto name = parse_host(text.substr(0, comma));
        if (!name) return std::nullopt;
        names.push_back(*name);
        if (comma == std::string_view::npos) return names;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

ValueKind<HostPort> listen_value() {
    return {parse_listen, "ADDRESS:PORT such as 127.0.0.1:9190 or [::1]:9190"};
}

ValueKind<std::vector<std::string>> host_names_value() {
    return {parse_hosts,
            "host names without ports, separated by commas, such as nas.local,pool.example.org"};
}

ValueKind<std::string> host_value() {
    const auto parse = [](const std::string& text) -> std::optional<std::string> {
        return is_ip_address(text) || is_host_name(text) ? std::optional(lower(text))
                                                         : std::nullopt;
    };
    return {parse, "a host name or an IP address without a port, such as nas.local or 192.0.2.10"};
}

ValueKind<std::string> engine_name_value() {
    const auto parse = [](const std::string& word) {
        const bool usable = !word.empty() && std::ranges::all_of(word, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '.' || c == '-';
        });
        return usable ? std::optional(word) : std::nullopt;
    };
    return {parse, "the name of an engine, such as acestream-2"};
}

ValueKind<Severity> log_level_value() {
    return {[](const std::string& word) {
                return find_word<Severity>(word, {{"debug", Severity::debug},
                                                  {"info", Severity::info},
                                                  {"warning", Severity::warning},
                                                  {"error", Severity::error}});
            },
            "debug, info, warning or error"};
}

ValueKind<LogFormat> log_format_value() {
    return {[](const std::string& word) {
                return find_word<LogFormat>(word,
                                            {{"text", LogFormat::text}, {"json", LogFormat::json}});
            },
            "text or json"};
}

Fault ValueReader::unusable(const char* name, const std::string& text,
                            const std::string& accepted) const {
    std::string message(name);
    if (source_ == Source::flags) {
        message += ": expected " + accepted + ", got " + in_quotes(text);
    } else {
        message += "=" + in_quotes(text) + " is not usable: expected " + accepted;
    }
    return {FaultKind::rejected, std::move(message)};
}

}  // namespace roundhouse
