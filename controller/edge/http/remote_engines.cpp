#include "edge/http/remote_engines.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "core/numbers.h"
#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

constexpr std::size_t longest_name = 200;

std::optional<int> number_of(const Json& item, std::string_view key, int least, int most) {
    return parse_number(text_of(item, key), least, most);
}

// nullopt where a redirect could not be made of it.
std::optional<EngineOffer> offer_in(const Json& item, const std::string& machine) {
    const std::string host = text_of(item, "host");
    const auto port = number_of(item, "port", 1, 65535);
    if (!is_true(item, "ready") || !port) return std::nullopt;
    if (!is_host_name(host) && !is_ip_address(host)) return std::nullopt;
    EngineOffer offer;
    offer.id = text_of(item, "id");
    offer.name = cleaned(text_of(item, "name"), longest_name);
    offer.gateway = cleaned(text_of(item, "gateway"), longest_name);
    offer.slot = number_of(item, "slot", 0, 1'000'000).value_or(-1);
    offer.has_forwarded_port = is_true(item, "forwarded");
    offer.draining = is_true(item, "draining");
    offer.sessions = number_of(item, "sessions", 0, 1'000'000);
    // By default the host is the gateway's name, or without gateways the engine's own.
    const bool is_given = !offer.gateway.empty() && host != offer.gateway;
    (is_given ? offer.given_host : offer.inside_host) = host;
    if (is_given) offer.inside_host = offer.gateway;
    offer.port = *port;
    const auto published = number_of(item, "publishedPort", 1, 65535);
    const std::string address = text_of(item, "publishedAddress");
    if (published && (address.empty() || is_ip_address(address))) {
        offer.published = HostPort{address, *published};
    }
    offer.machine = machine;
    return offer;
}

}  // namespace

Result<std::vector<EngineOffer>> read_engine_offers(std::string_view reply,
                                                    const std::string& machine) {
    const auto parsed = parse_json(reply);
    if (!parsed) return Fault{FaultKind::unavailable, "the reply " + parsed.fault().message};
    if (!member(parsed.value(), "items").is_array()) {
        return Fault{FaultKind::unavailable, "the reply lists no engines; is it a roundhouse?"};
    }
    std::vector<EngineOffer> offers;
    for (const Json& item : list_of(parsed.value(), "items")) {
        if (auto offer = offer_in(item, machine)) offers.push_back(std::move(*offer));
    }
    return offers;
}

}  // namespace roundhouse
