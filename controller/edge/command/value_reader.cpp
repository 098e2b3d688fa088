#include "edge/command/value_reader.h"

#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"

namespace roundhouse {

namespace {

std::optional<HostPort> parse_listen(const std::string& text) {
    auto address = parse_host_port(text);
    if (!address || address->port == 0) return std::nullopt;
    if (address->host.empty()) address->host = "0.0.0.0";
    if (address->host == "localhost") address->host = "127.0.0.1";
    return is_ip_address(address->host) ? address : std::nullopt;
}

}  // namespace

ValueKind<HostPort> listen_value() {
    return {parse_listen, "ADDRESS:PORT such as 127.0.0.1:9190 or [::1]:9190"};
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
