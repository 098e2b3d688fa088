#include "edge/docker/registry_auth.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "edge/system/secret_file.h"
#include "edge/text/foreign_text.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

constexpr std::string_view docker_hub = "docker.io";

// With the alphabet of URLs, as Docker wants it.
std::string to_base64(const std::string& text) {
    std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    std::ranges::replace(encoded, '+', '-');
    std::ranges::replace(encoded, '/', '_');
    return encoded;
}

std::optional<std::string> from_base64(const std::string& text) {
    std::string decoded(3 * (text.size() / 4) + 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    // OpenSSL counts a zero byte for each '=' of the padding.
    const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
    decoded.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, 2));
    return decoded;
}

// "https://index.docker.io/v1/" and "docker.io" are the same registry.
std::string registry_of_key(std::string_view key) {
    if (const auto scheme = key.find("://"); scheme != std::string_view::npos) {
        key.remove_prefix(scheme + 3);
    }
    key = key.substr(0, key.find('/'));
    const bool is_hub = key == "index.docker.io" || key == "registry-1.docker.io";
    return std::string(is_hub ? docker_hub : key);
}

// The member of `entries` that is for `registry`; null if there is none.
const Json& entry_for(const Json& entries, const std::string& registry) {
    static const Json none;
    if (!entries.is_object()) return none;
    for (const auto& entry : entries.items()) {
        if (registry_of_key(entry.key()) == registry) return entry.value();
    }
    return none;
}

Fault unusable(const std::string& path, const std::string& problem) {
    return {FaultKind::rejected, "the registryAuthFile " + in_quotes(path) + " " + problem};
}

Result<Json> credentials_of(const std::string& path, const std::string& registry,
                            const Json& entry) {
    Json credentials{{"serveraddress", registry}};
    if (const std::string token = text_of(entry, "identitytoken"); !token.empty()) {
        credentials["identitytoken"] = token;
        return credentials;
    }
    std::string login = text_of(entry, "username") + ":" + text_of(entry, "password");
    if (const std::string encoded = text_of(entry, "auth"); !encoded.empty()) {
        login = from_base64(encoded).value_or("");
    }
    const auto colon = login.find(':');
    if (colon == std::string::npos || colon == 0) {
        return unusable(path, "has no user name and password in its entry for " +
                                  in_quotes(registry) + ": write it with docker login");
    }
    credentials["username"] = login.substr(0, colon);
    // docker login has padded short ones with zero bytes.
    credentials["password"] = login.substr(colon + 1, login.find('\0', colon) - colon - 1);
    return credentials;
}

}  // namespace

std::string registry_of(const std::string& image) {
    const auto slash = image.find('/');
    const std::string first = image.substr(0, slash);
    const bool is_host = slash != std::string::npos &&
                         (first == "localhost" || first.find_first_of(".:") != std::string::npos);
    return registry_of_key(is_host ? std::string_view(first) : docker_hub);
}

Result<std::string> registry_auth(const std::string& path, const std::string& image) {
    constexpr std::size_t most_bytes = std::size_t{1} << 20U;
    auto text = read_private_file(path, most_bytes);
    if (!text) return text;
    const auto config = parse_json(text.value());
    if (!config) {
        const bool is_empty = text.value().find_first_not_of(" \t\r\n") == std::string::npos;
        return unusable(path, (is_empty ? "is empty" : config.fault().message) +
                                  ": write it with docker login");
    }
    if (!config.value().is_object()) return unusable(path, "is no JSON object");

    const std::string registry = registry_of(image);
    const Json& entry = entry_for(member(config.value(), "auths"), registry);
    const Json& helper = entry_for(member(config.value(), "credHelpers"), registry);
    const bool has_store = !text_of(config.value(), "credsStore").empty();
    const bool holds_login = entry.is_object() && !entry.empty();
    if (!helper.is_null() || (has_store && !holds_login)) {
        return unusable(path, "leaves the login at " + in_quotes(registry) +
                                  " to a credential helper, which cannot run here: make a file of "
                                  "its own with docker --config FOLDER login, without credsStore "
                                  "and credHelpers");
    }
    if (entry.is_null()) return std::string();
    const auto credentials = credentials_of(path, registry, entry);
    if (!credentials) return credentials.fault();
    return to_base64(one_line(credentials.value()));
}

}  // namespace roundhouse
