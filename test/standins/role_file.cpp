#include "role_file.h"

#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace standin {

namespace {

// field -> what is written behind its "=".
std::map<std::string, std::string> fields_of(const std::string& text) {
    static const std::regex field(R"re(\s*(\w+)\s*=\s*("[^"]*"|\[.*\])\s*)re");
    static const std::regex nothing(R"(\s*(#.*)?)");
    std::map<std::string, std::string> fields;
    std::istringstream lines(text);
    int roles = 0;
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (line == "[[roles]]" && ++roles == 1) continue;
        if (std::regex_match(line, nothing)) continue;
        if (roles != 1 || !std::regex_match(line, found, field) ||
            !fields.emplace(found[1], found[2]).second) {
            throw std::runtime_error("config.toml: not understood: " + line);
        }
    }
    return fields;
}

std::string take(std::map<std::string, std::string>& fields, const std::string& name) {
    const auto found = fields.extract(name);
    if (found.empty()) throw std::runtime_error("config.toml: the role has no " + name);
    return found.mapped();
}

// Without its quotes.
std::string take_text(std::map<std::string, std::string>& fields, const std::string& name) {
    const std::string written = take(fields, name);
    if (!written.starts_with('"')) throw std::runtime_error("config.toml: no text: " + name);
    return written.substr(1, written.size() - 2);
}

std::set<std::string> routes_in(const std::string& written, Profile profile) {
    static const std::regex text(R"re("([^"]*)")re");
    std::set<std::string> routes;
    for (std::sregex_iterator found(written.begin(), written.end(), text), end; found != end;
         ++found) {
        const std::string route = (*found)[1];
        if (!has_route(profile, route)) {
            throw std::runtime_error("config.toml: unknown route " + route);
        }
        routes.insert(route);
    }
    if (routes.empty()) throw std::runtime_error("config.toml: a role without routes");
    return routes;
}

}  // namespace

Role parse_role_file(const std::string& text, Profile profile) {
    auto fields = fields_of(text);
    take_text(fields, "name");
    Role role;
    role.routes = routes_in(take(fields, "routes"), profile);
    const std::string way = take_text(fields, "auth");
    if (way == "apikey") {
        role.kind = Role::Kind::api_key;
        role.secret = take_text(fields, "apikey");
    } else if (way == "basic") {
        role.kind = Role::Kind::basic;
        const std::string user = take_text(fields, "username");
        role.secret = user + ":" + take_text(fields, "password");
    } else if (way != "none") {
        throw std::runtime_error("config.toml: unknown auth " + way);
    }
    if (!fields.empty()) {
        throw std::runtime_error("config.toml: unknown field " + fields.begin()->first);
    }
    return role;
}

}  // namespace standin
