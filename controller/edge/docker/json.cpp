#include "edge/docker/json.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/names.h"
#include "core/numbers.h"
#include "core/time.h"
#include "edge/docker/reply_field.h"
#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"

namespace roundhouse {

namespace {

using Json = nlohmann::json;
using Field = ReplyField;
using Unexpected = ReplyField::Unexpected;

constexpr std::size_t longest_words = 300;  // of Docker's words

constexpr std::size_t longest_version = 50;
constexpr std::size_t longest_image_name = 200;  // in a message

// What `read` makes of the text.
template <class Read>
auto parse(std::string_view text, const Read& read)
    -> Result<decltype(read(std::declval<const Field&>()))> {
    std::optional<decltype(read(std::declval<const Field&>()))> value;
    auto fault = parse_reply(text, [&](const Field& reply) { value = read(reply); });
    if (fault) return std::move(*fault);
    return std::move(*value);
}

std::map<std::string, std::string> text_map(const Field& field) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : field.members())
        result[key] = value.text();
    return result;
}

EngineState state_of(const std::string& word) {
    static const std::map<std::string, EngineState, std::less<>> words = {
        {"created", EngineState::created},
        {"running", EngineState::running},
        {"paused", EngineState::paused},
        {"restarting", EngineState::restarting},
        {"removing", EngineState::removing},
        {"exited", EngineState::exited},
        {"dead", EngineState::dead},
        // Podman's own. One that is stopping runs until it has ended.
        {"configured", EngineState::created},
        {"initialized", EngineState::created},
        {"stopping", EngineState::running},
        {"stopped", EngineState::exited},
    };
    const auto found = words.find(word);
    return found == words.end() ? EngineState::paused : found->second;
}

GatewayContainer::Health health_of(const std::string& word) {
    if (word.empty() || word == "none") return GatewayContainer::Health::none;
    if (word == "healthy") return GatewayContainer::Health::healthy;
    if (word == "unhealthy") return GatewayContainer::Health::unhealthy;
    return GatewayContainer::Health::starting;
}

// IPv4 first, by network name; nlohmann's objects are sorted by key. Docker has written "invalid
// IP" for no address.
std::vector<std::string> addresses_in(const Field& container, const std::string& network_name) {
    if (network_name == "host") return {"127.0.0.1"};
    std::vector<std::string> addresses;
    const auto settings = container.maybe("NetworkSettings");
    const auto networks = settings ? settings->maybe("Networks") : std::nullopt;
    if (!networks) return addresses;
    for (const char* kind : {"IPAddress", "GlobalIPv6Address"}) {
        for (const auto& [name, network] : networks->members()) {
            const auto address = network.maybe(kind);
            if (address && is_ip_address(address->text())) addresses.push_back(address->text());
        }
    }
    return addresses;
}

// Of several bindings of a port, the one that most clients can reach: at every address, else at one
// that other machines may reach. What cannot be understood is no binding.
std::optional<HostPort> widest_binding(const std::vector<Field>& bindings) {
    const auto width = [](const HostPort& binding) {
        if (binding.host.empty()) return 2;
        return is_loopback(binding.host) ? 0 : 1;
    };
    std::optional<HostPort> widest;
    for (const auto& binding : bindings) {
        std::optional<int> port;
        std::string host;
        const std::string trouble = trouble_of([&] {
            port = parse_number(binding.at("HostPort").text(), 1, 65535);
            if (const auto address = binding.maybe("HostIp")) host = address->text();
        });
        if (!trouble.empty()) continue;
        if (host == "0.0.0.0" || host == "::") host.clear();
        if (!port || (!host.empty() && !is_ip_address(host))) continue;
        const HostPort found{std::move(host), *port};
        if (!widest || width(found) > width(*widest)) widest = found;
    }
    return widest;
}

// Docker's keys are "19000/tcp"; the bindings of a port that is only exposed are null or [].
void add_published_tcp_ports(const std::optional<Field>& bindings, GatewayContainer& gateway) {
    if (!bindings) return;
    for (const auto& [key, hosts] : bindings->members()) {
        const auto slash = key.find('/');
        if (slash == std::string::npos || key.substr(slash) != "/tcp") continue;
        const auto port = parse_number(std::string_view(key).substr(0, slash));
        const auto bound = hosts.elements();
        if (!port || bound.empty()) continue;
        gateway.published_tcp_ports.insert(*port);
        if (auto where = widest_binding(bound)) gateway.host_ports[*port] = std::move(*where);
    }
}

// By the variable's present name or a former one, in any of Gluetun's words for yes.
bool asks_for_port(const std::optional<Field>& environment) {
    if (!environment) return false;
    for (const auto& variable : environment->elements()) {
        const std::string text = variable.text();
        const auto equals = text.find('=');
        if (equals == std::string::npos) continue;
        const std::string_view name = std::string_view(text).substr(0, equals);
        std::string value = text.substr(equals + 1);
        std::ranges::transform(value, value.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const bool named = name == "VPN_PORT_FORWARDING" || name == "PORT_FORWARDING" ||
                           name == "PRIVATE_INTERNET_ACCESS_VPN_PORT_FORWARDING";
        const bool yes = value == "on" || value == "yes" || value == "true" || value == "1" ||
                         value == "enabled";
        if (named && yes) return true;
    }
    return false;
}

// The name of a container is "/acestream-0"; links add others such as "/other/alias".
std::string own_name(const Field& names) {
    for (const auto& name : names.elements()) {
        const std::string text = name.text();
        if (text.starts_with('/') && text.find('/', 1) == std::string::npos) return text.substr(1);
    }
    return "";
}

std::string container_id(const Field& field) {
    std::string id = field.text();
    if (id.empty()) throw Unexpected{"the reply names a container without an id"};
    return id;
}

// Between two runs of its health check; without a value Docker's default.
Duration check_interval_in(const Field& container) {
    constexpr Duration usual = std::chrono::seconds(30);
    const auto config = container.maybe("Config");
    const auto check = config ? config->maybe("Healthcheck") : std::nullopt;
    const auto interval = check ? check->maybe("Interval") : std::nullopt;
    const std::int64_t ns = interval ? interval->number() : 0;
    return ns == 0 ? usual : std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(ns));
}

// Podman 5 keeps for ever that a container was once started while it ran.
std::string start_error_in(std::string error) {
    return error.ends_with(": container is running") ? "" : std::move(error);
}

std::int64_t pid_in(const Field& state) {
    const auto pid = state.maybe("Pid");
    return pid ? std::max<std::int64_t>(pid->number(), 0) : 0;
}

Network network_of(std::string mode) {
    constexpr std::string_view joiner = "container:";
    if (!mode.starts_with(joiner) || mode.size() == joiner.size()) return {{}, std::move(mode)};
    return {mode.substr(joiner.size()), {}};
}

Network network_in(const Field& container) {
    const auto config = container.maybe("HostConfig");
    const auto mode = config ? config->maybe("NetworkMode") : std::nullopt;
    return mode ? network_of(mode->text()) : Network{};
}

// The reply to /version names the parts of the engine: Docker's is "Engine".
bool is_podman(const Field& version) {
    const auto parts = version.maybe("Components");
    return parts && std::ranges::any_of(parts->elements(), [](const Field& part) {
               const auto name = part.maybe("Name");
               return name && name->text() == "Podman Engine";
           });
}

// What can be read of a row.
ContainerListing listing_of(const Field& row) {
    ContainerListing listing;
    listing.state = EngineState::paused;  // as for an unknown word
    const auto read = [&](const auto& take) {
        const std::string trouble = trouble_of(take);
        if (listing.unreadable.empty()) listing.unreadable = trouble;
    };
    read([&] { listing.id = container_id(row.at("Id")); });
    read([&] { listing.name = own_name(row.at("Names")); });
    read([&] { listing.labels = text_map(row.at("Labels")); });
    read([&] { listing.state = state_of(row.at("State").text()); });
    read([&] { listing.network = network_in(row); });
    read([&] {
        const auto addresses = addresses_in(row, listing.network.name);
        // For one that joined another's network, Podman lists the other's.
        if (!addresses.empty() && listing.network.joins.empty())
            listing.address = addresses.front();
    });
    read([&] { listing.image = row.at("Image").text(); });
    read([&] { listing.created_at = row.at("Created").time(); });
    if (listing.unreadable.empty() && !listing.labels.contains(std::string(label::pool))) {
        listing.unreadable = row.path() + " in the reply lacks the label " +
                             std::string(label::pool) + ", which was asked for";
    }
    return listing;
}

// The rows of a list of containers.
std::vector<Field> rows_of(const Field& reply) {
    if (reply.is_null()) throw Unexpected{"the reply is null where a list was expected"};
    return reply.elements();
}

void expect_id(const Field& container, const std::string& asked) {
    const std::string id = container_id(container.at("Id"));
    if (id == asked) return;
    throw Unexpected{"the reply is about container " + id.substr(0, 12) + ", not about " +
                     asked.substr(0, 12)};
}

}  // namespace

Result<DockerVersion> parse_docker_version(std::string_view text) {
    return parse(text, [](const Field& reply) {
        const auto told = [&](const char* key) {
            const auto field = reply.maybe(key);
            return field ? cleaned(field->text(), longest_version) : "";
        };
        return DockerVersion{std::string(is_podman(reply) ? podman_name : "Docker"),
                             told("Version"), told("Os"), reply.at("ApiVersion").text(),
                             reply.at("MinAPIVersion").text()};
    });
}

Result<std::vector<ContainerListing>> parse_listing(std::string_view text) {
    return parse(text, [](const Field& reply) {
        std::vector<ContainerListing> all;
        for (const auto& row : rows_of(reply))
            all.push_back(listing_of(row));
        const bool answers = all.empty() || std::ranges::any_of(all, [](const auto& listing) {
                                 return listing.labels.contains(std::string(label::pool));
                             });
        if (!answers) throw Unexpected{all.front().unreadable};
        return all;
    });
}

Result<std::vector<NameHolder>> parse_names(std::string_view text, const std::string& prefix) {
    return parse(text, [&](const Field& reply) {
        std::vector<NameHolder> all;
        for (const auto& row : rows_of(reply)) {
            ContainerListing listing = listing_of(row);
            if (!listing.name.starts_with(prefix)) continue;
            all.push_back({std::move(listing.id), std::move(listing.name),
                           std::move(listing.labels), cleaned(listing.image, longest_image_name),
                           std::move(listing.network)});
        }
        return all;
    });
}

Result<std::optional<std::string>> parse_id_of(std::string_view text, const std::string& name) {
    return parse(text, [&](const Field& reply) -> std::optional<std::string> {
        std::string trouble;
        for (const auto& row : rows_of(reply)) {
            std::string id;
            std::string row_name;
            const std::string found = trouble_of([&] {
                row_name = own_name(row.at("Names"));
                id = container_id(row.at("Id"));
            });
            if (!found.empty()) trouble = found;
            if (found.empty() && row_name == name) return id;
        }
        if (!trouble.empty()) throw Unexpected{trouble};
        return std::nullopt;
    });
}

Result<EngineEnd> parse_end(std::string_view text, const std::string& id) {
    return parse(text, [&](const Field& reply) {
        expect_id(reply, id);
        const Field state = reply.at("State");
        EngineEnd end;
        end.exit_code = static_cast<int>(state.at("ExitCode").number());
        end.out_of_memory = state.at("OOMKilled").truth();
        end.start_error = start_error_in(state.at("Error").text());
        end.finished_at = parse_time(state.at("FinishedAt").text());
        const auto status = state.maybe("Status");
        end.removal_under_way = status && state_of(status->text()) == EngineState::removing;
        return end;
    });
}

Result<ContainerIdentity> parse_identity(std::string_view text, const std::string& id) {
    return parse(text, [&](const Field& reply) {
        expect_id(reply, id);
        const std::string name = reply.at("Name").text();
        return ContainerIdentity{name.starts_with('/') ? name.substr(1) : name, network_in(reply)};
    });
}

Result<Network> parse_network(std::string_view text, const std::string& id) {
    return parse(text, [&](const Field& reply) {
        expect_id(reply, id);
        return network_of(reply.at("HostConfig").at("NetworkMode").text());
    });
}

Result<bool> parse_running(std::string_view text, const std::string& id) {
    return parse(text, [&](const Field& reply) {
        expect_id(reply, id);
        return reply.at("State").at("Status").text() == "running";
    });
}

Result<std::int64_t> parse_pid(std::string_view text, const std::string& id) {
    return parse(text, [&](const Field& reply) {
        expect_id(reply, id);
        return pid_in(reply.at("State"));
    });
}

Result<std::optional<GatewayContainer>> parse_gateway(std::string_view text,
                                                      const GatewayIdentity& asked) {
    return parse(text, [&](const Field& reply) -> std::optional<GatewayContainer> {
        expect_id(reply, asked.id);
        if (reply.at("Name").text() != "/" + asked.name) return std::nullopt;
        const Field state = reply.at("State");
        const Field host_config = reply.at("HostConfig");
        GatewayContainer gateway;
        gateway.id = asked.id;
        gateway.state = state.at("Status").text();
        gateway.running = gateway.state == "running";
        gateway.started_at = state.at("StartedAt").text();
        gateway.pid = pid_in(state);
        if (const auto error = state.maybe("Error")) {
            gateway.error = cleaned(start_error_in(error->text()), longest_words);
        }
        if (const auto restarts = reply.maybe("RestartCount")) {
            gateway.restarts = restarts->number();
        }
        if (const auto health = state.maybe("Health")) {
            gateway.health = health_of(health->at("Status").text());
            const auto log = health->maybe("Log");
            const bool has_run = log && !log->elements().empty();
            if (!has_run) gateway.first_check_after = check_interval_in(reply);
        }
        gateway.addresses = addresses_in(reply, host_config.at("NetworkMode").text());
        // What was asked for, then over it what is.
        add_published_tcp_ports(host_config.maybe("PortBindings"), gateway);
        if (const auto settings = reply.maybe("NetworkSettings")) {
            add_published_tcp_ports(settings->maybe("Ports"), gateway);
        }
        if (const auto config = reply.maybe("Config")) {
            gateway.asks_for_port = asks_for_port(config->maybe("Env"));
        }
        return gateway;
    });
}

Result<bool> parse_image(std::string_view text) {
    return parse(text, [](const Field& reply) { return !reply.at("Id").text().empty(); });
}

Result<CreatedContainer> parse_created(std::string_view text) {
    constexpr std::size_t most_warnings = 10;
    return parse(text, [](const Field& reply) {
        CreatedContainer created{container_id(reply.at("Id")), {}};
        // The container is there, whatever the warnings are.
        static_cast<void>(trouble_of([&] {
            const auto warnings = reply.maybe("Warnings");
            if (!warnings) return;
            for (const auto& warning : warnings->elements()) {
                if (created.warnings.size() == most_warnings) return;
                created.warnings.push_back(cleaned(warning.text(), longest_words));
            }
        }));
        return created;
    });
}

Result<RuntimeEvent> parse_event(std::string_view text) {
    return parse(text, [](const Field& event) {
        const Field actor = event.at("Actor");
        RuntimeEvent result;
        result.action = event.at("Action").text();
        if (result.action == "died") result.action = "die";
        if (result.action == "remove") result.action = "destroy";
        result.container_id = actor.at("ID").text();
        if (const auto attributes = actor.maybe("Attributes")) {
            result.labels = text_map(*attributes);
            result.container_name = result.labels["name"];
        }
        return result;
    });
}

Result<PullLine> parse_pull_line(std::string_view text) {
    return parse(text, [](const Field& line) {
        PullLine result;
        if (const auto layer = line.maybe("id")) result.layer = layer->text();
        if (const auto status = line.maybe("status")) result.status = status->text();
        if (const auto error = line.maybe("error")) result.error = error->text();
        const auto detail = line.maybe("progressDetail");
        const auto current = detail ? detail->maybe("current") : std::nullopt;
        if (current) result.bytes = current->number();
        return result;
    });
}

std::string parse_error_message(std::string_view text) {
    const auto message = parse(text, [](const Field& reply) { return reply.at("message").text(); });
    return message ? message.value() : "";
}

}  // namespace roundhouse
