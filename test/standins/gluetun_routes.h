// Which routes each version of Gluetun's control server has, and who may use them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "http_message.h"

namespace standin {

// The releases that answer differently, oldest first.
enum class Profile { v3_38, v3_40, v3_41, master };

// nullopt: no profile of that name ("v3.38", "v3.40", "v3.41", "master").
std::optional<Profile> parse_profile(std::string_view name);

// Whether that version has "METHOD /path", and whether it has "/path" by some method.
bool has_route(Profile profile, const std::string& route);
bool has_path(Profile profile, const std::string& path);

// One role of Gluetun's auth/config.toml.
struct Role {
    enum class Kind { none, api_key, basic };
    Kind kind = Kind::none;
    std::string secret = {};            // the key, or "user:password"
    std::set<std::string> routes = {};  // "METHOD /path"; empty: every route
};

// "none", "apikey KEY" or "basic USER:PASSWORD"; nullopt: none of these.
std::optional<Role> parse_role(const std::string& text);

// What a request without the right to its route gets; nullopt: it may pass. `role` is the one that
// is configured, nullopt for none.
std::optional<Response> refusal(Profile profile, const std::optional<Role>& role,
                                const Request& request);

// As Go's http.Error() answers.
Response plain_error(int status, const std::string& text);

}  // namespace standin
