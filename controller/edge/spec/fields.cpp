#include "edge/spec/fields.h"

#include "edge/spec/image_reference.h"

namespace roundhouse {

namespace {

// The place of a row's value in the pool or in the gateway being read:
// in_pool(&EnginePool::ports, &PortBases::http) is pool.ports.http.
template <class Root, class First, class... Rest>
auto& member_of(Root& root, First first, Rest... rest) {
    if constexpr (sizeof...(rest) == 0) {
        return root.*first;
    } else {
        return member_of(root.*first, rest...);
    }
}

template <class... Members>
auto in_pool(Members... members) {
    return [=](SpecDraft & draft) -> auto& {
        return member_of(draft.pool, members...);
    };
}

template <class... Members>
auto in_template(Members... members) {
    return in_pool(&EnginePool::engine_template, members...);
}

template <class... Members>
auto in_gateway(Members... members) {
    return [=](SpecDraft & draft) -> auto& {
        return member_of(draft.gateway, members...);
    };
}

TextRule name_rule(const std::string& what, const std::string& pattern, std::size_t longest) {
    return {.expected = what, .pattern = pattern, .longest = longest};
}

TextRule optional(TextRule rule) {
    rule.may_be_empty = true;
    return rule;
}

TextRule private_rule(const std::string& what, const std::string& pattern) {
    return {what, pattern, 1024, true, false};
}

const TextRule pool_name = name_rule("a DNS label (a-z, 0-9 and -, at most 40 characters)",
                                     "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", 40);
const TextRule container_name =
    name_rule("the name of a container (two or more letters, digits, _ . -)",
              "^[a-zA-Z0-9][a-zA-Z0-9_.-]+$", 128);
const TextRule network_name =
    optional(name_rule("the name of a Docker network other than host, none and container:...",
                       "^(?!(host|none)$)[a-zA-Z0-9][a-zA-Z0-9_.-]*$", 128));
const TextRule host_name = optional(
    name_rule("a host name or an IP address, without a port",
              "^([a-zA-Z0-9][a-zA-Z0-9_.-]*|[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*)$", 255));
const TextRule ip_address =
    optional(name_rule("an IP address, without a port",
                       "^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(?!$)|$)){4}$|"
                       "^[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*$",
                       45));
const TextRule secret_file = private_rule("the absolute path of a file", "^/[^\\s]+$");
const TextRule user_name = private_rule("a user name without colon", "^[^:]+$");
const TextRule image_name = {.expected = "an image such as ghcr.io/owner/name:tag",
                             .pattern = image_pattern(),
                             .longest = longest_image,
                             .advice = image_advice};
const TextRule url_path =
    name_rule("a path that begins with / and has no blanks", "^/[!-~]*$", 1024);
const TextRule variable_name = name_rule(
    "the name of a variable (letters, digits and _) other than HTTP_PORT, HTTPS_PORT, API_PORT, "
    "P2P_PORT and BIND_ALL, which roundhouse sets itself",
    "^(?!(HTTP_PORT|HTTPS_PORT|API_PORT|P2P_PORT|BIND_ALL)$)[A-Za-z_][A-Za-z0-9_]*$", 255);
const TextRule label_name = name_rule(
    "a label without blanks that does not begin with \"roundhouse.\", as those belong to "
    "roundhouse itself",
    "^(?!roundhouse\\.)\\S+$", 255);
const TextRule logging_driver =
    optional(name_rule("the name of a logging driver", "^[A-Za-z0-9][A-Za-z0-9_./:-]*$", 255));
const TextRule option_name =
    name_rule("the name of an option", "^[A-Za-z0-9][A-Za-z0-9_.-]*$", 128);
// Names may hold references such as $(SLOT).
const TextRule volume = name_rule(
    "source:/target or source:/target:options, the source an absolute path or a volume's "
    "name of two characters or more",
    "^(/[^:]*|([a-zA-Z0-9][a-zA-Z0-9_.-]|[a-zA-Z0-9]?\\$\\([A-Za-z_][A-Za-z0-9_]*\\))"
    "([a-zA-Z0-9_.-]|\\$\\([A-Za-z_][A-Za-z0-9_]*\\))*):/[^:]+(:[a-zA-Z]+(,[a-zA-Z]+)*)?$",
    1024);
const TextRule tmpfs_mount = name_rule("/target or /target:options such as /dev/shm:size=256m",
                                       "^/[^:]+(:[^:\\s]+)?$", 1024);

Field section(std::string path, std::string description) {
    return {std::move(path), "", Field::Shape::section, {}, std::move(description)};
}

Field items(std::string path, std::string description) {
    return {std::move(path), "none", Field::Shape::items, {}, std::move(description)};
}

Field gateway_base(const std::string& name, int PortBases::*base, std::string description) {
    return {"spec.gateways[].ports." + name, "spec.ports." + name, Field::Shape::value,
            whole_number(in_gateway(&GatewaySpec::ports, base), 1, 65535), std::move(description)};
}

// The table, in parts. A new field is a member in core/spec.h and a row here; a rule that involves
// several fields goes to rules.cpp. `roundhouse schema` then prints the new
// manifests/enginepool.schema.json.
//
// A row: path, default if not the draft's, shape, kind and place of the value, description.
using Fields = std::vector<Field>;
using Shape = Field::Shape;
using T = EngineTemplate;

Fields pool_fields() {
    return {
        {"apiVersion", required, Shape::value, constant("roundhouse/v1"),
         "Version of this format."},
        {"kind", required, Shape::value, constant("EnginePool"), "What the document declares."},
        section("metadata", "What the pool is called."),
        {"metadata.name", required, Shape::value, text(in_pool(&EnginePool::name), pool_name),
         "Name of the pool. Engines are called <name>-<slot>."},
        section("spec", "What should run."),
        {"spec.replicas", required, Shape::value,
         whole_number(in_pool(&EnginePool::replicas), 0, 1'000'000),
         "How many engines are wanted."},
        {"spec.maxActiveReplicas", "", Shape::value,
         whole_number(in_pool(&EnginePool::max_active_replicas), 1, 1000),
         "Upper limit for engines that run at once, and the number of slots."},
    };
}

Fields gateway_fields() {
    return {
        items("spec.gateways",
              "Gluetun containers whose network the engines join; a plain name is short for "
              "{container: name}. A spec has either gateways or network."),
        {"spec.gateways[].container", required, Shape::value,
         text(in_gateway(&GatewaySpec::container), container_name),
         "Name of the gateway's container."},
        {"spec.gateways[].host", "the container's name", Shape::value,
         text(in_gateway(&GatewaySpec::host), host_name), "Host that clients connect to."},
        section("spec.gateways[].controlServer", "How Gluetun's control server is reached."),
        {"spec.gateways[].controlServer.port", "", Shape::value,
         whole_number(in_gateway(&GatewaySpec::control_server, &ControlServer::port), 1, 65535),
         "Port of the control server."},
        {"spec.gateways[].controlServer.address", "the gateway's own IP", Shape::value,
         text(in_gateway(&GatewaySpec::control_server, &ControlServer::address), host_name),
         "Host at which roundhouse reaches the gateway's ports: the control server's and the "
         "engines'."},
        {"spec.gateways[].controlServer.apiKeyFile", "none", Shape::value,
         text(in_gateway(&GatewaySpec::control_server, &ControlServer::api_key_file), secret_file),
         "File with the API key. Read again at each use, never logged."},
        {"spec.gateways[].controlServer.username", "none", Shape::value,
         text(in_gateway(&GatewaySpec::control_server, &ControlServer::username), user_name),
         "User name, together with passwordFile, instead of an API key."},
        {"spec.gateways[].controlServer.passwordFile", "none", Shape::value,
         text(in_gateway(&GatewaySpec::control_server, &ControlServer::password_file), secret_file),
         "File with the password. Read again at each use, never logged."},
        section("spec.gateways[].ports",
                "First port of each range behind this gateway, where it publishes other ports than "
                "spec.ports says."),
        gateway_base("http", &PortBases::http, "First HTTP port behind this gateway."),
        gateway_base("https", &PortBases::https, "First HTTPS port behind this gateway."),
        gateway_base("api", &PortBases::api, "First port of the engines' API behind this gateway."),
        gateway_base("p2p", &PortBases::p2p, "First P2P port behind this gateway."),
        {"spec.network", "none", Shape::value, text(in_pool(&EnginePool::network), network_name),
         "Docker network for engines without a VPN, whose HTTP ports are published on the host. "
         "Used "
         "instead of gateways."},
        {"spec.publish", "every address", Shape::value,
         text(in_pool(&EnginePool::publish), ip_address),
         "Address of the host, such as 127.0.0.1, on which ports are published. Only with "
         "network."},
        {"spec.publishP2P", "", Shape::value, yes_or_no(in_pool(&EnginePool::publish_p2p)),
         "Whether the P2P ports are published as well, over TCP and UDP. Only with network."},
    };
}

Fields port_fields() {
    return {
        section("spec.ports",
                "First port of each range: the engine in slot n listens on base + n."),
        {"spec.ports.http", "", Shape::value,
         whole_number(in_pool(&EnginePool::ports, &PortBases::http), 1, 65535),
         "First HTTP port, where clients fetch streams."},
        {"spec.ports.https", "", Shape::value,
         whole_number(in_pool(&EnginePool::ports, &PortBases::https), 1, 65535),
         "First HTTPS port."},
        {"spec.ports.api", "", Shape::value,
         whole_number(in_pool(&EnginePool::ports, &PortBases::api), 1, 65535),
         "First port of the engines' API."},
        {"spec.ports.p2p", "", Shape::value,
         whole_number(in_pool(&EnginePool::ports, &PortBases::p2p), 1, 65535),
         "First P2P port, for engines without a forwarded port."},
    };
}

Fields conduct_fields() {
    return {
        section("spec.forwardedPort", "How ports that the VPN forwards are used."),
        {"spec.forwardedPort.assign", "", Shape::value,
         choice<PortAssignment>(in_pool(&EnginePool::forwarded_port, &ForwardedPortSpec::assign),
                                {{"exclusive", PortAssignment::exclusive},
                                 {"shared", PortAssignment::shared},
                                 {"none", PortAssignment::none}}),
         "exclusive: each forwarded port goes to one engine; shared: every engine gets the first; "
         "none: forwarded ports are ignored."},
        {"spec.forwardedPort.stableFor", "", Shape::value,
         duration(in_pool(&EnginePool::forwarded_port, &ForwardedPortSpec::stable_for), 0s, 1h),
         "How long Gluetun must have reported a port before a running engine is replaced for it."},
        {"spec.forwardedPort.minInterval", "", Shape::value,
         duration(in_pool(&EnginePool::forwarded_port, &ForwardedPortSpec::min_interval), 0s, 24h),
         "In any interval of this length, at most as many of a gateway's engines are replaced for "
         "a new port as it has forwarded ports."},
        {"spec.forwardedPort.waitFor", "", Shape::value,
         duration(in_pool(&EnginePool::forwarded_port, &ForwardedPortSpec::wait_for), 0s, 1h),
         "How long one new engine waits after its gateway is ready for a forwarded port that may "
         "still come."},
        section("spec.reconnect", "What happens when a gateway's VPN reconnects."),
        {"spec.reconnect.restartEngines", "", Shape::value,
         yes_or_no(in_pool(&EnginePool::restart_engines_on_reconnect)),
         "Whether engines older than the latest reconnect are replaced."},
        {"spec.reconnect.minInterval", "", Shape::value,
         duration(in_pool(&EnginePool::reconnect_min_interval), 0s, 24h),
         "In any interval of this length, engines are replaced for at most one reconnect of their "
         "gateway."},
        section("spec.failover", "What happens when a gateway is not ready."),
        {"spec.failover.after", "", Shape::value,
         duration(in_pool(&EnginePool::failover_after), 0s, 24h),
         "How long a gateway may stay not ready before its engines move to another one."},
        {"spec.checkInterval", "", Shape::value,
         duration(in_pool(&EnginePool::check_interval), 100ms, 1h),
         "Longest time between two rounds."},
        section("spec.rollout", "How engines that still serve are replaced."),
        {"spec.rollout.maxUnavailable", "", Shape::value,
         whole_number(in_pool(&EnginePool::max_unavailable), 1, 1000),
         "How many of the wanted engines may be out of service at once while serving engines are "
         "replaced."},
        section("spec.drain", "How long an engine that is in use holds up its own replacement."),
        {"spec.drain.timeout", "", Shape::value,
         duration(in_pool(&EnginePool::drain, &DrainSpec::timeout), 0s, 24h),
         "Longest time that a step which can wait (a new template, a forwarded port, too many "
         "engines) waits for an engine's sessions to end; 0s: it does not."},
        {"spec.drain.idleFor", "", Shape::value,
         duration(in_pool(&EnginePool::drain, &DrainSpec::idle_for), 0s, 1h),
         "An engine is in use until it has had no session for so long: HLS players come and go."},
    };
}

Fields template_fields() {
    return {
        section("spec.template", "What each engine is made from."),
        {"spec.template.image", "", Shape::value, text(in_template(&T::image), image_name),
         "Image of the engines."},
        {"spec.template.pullPolicy", "", Shape::value,
         choice<PullPolicy>(in_template(&T::pull_policy),
                            {{"Always", PullPolicy::always},
                             {"IfNotPresent", PullPolicy::if_not_present},
                             {"Never", PullPolicy::never}}),
         "When the image is pulled."},
        {"spec.template.registryAuthFile", "none", Shape::value,
         text(in_template(&T::registry_auth_file), secret_file),
         "Docker config.json with the login at the image's registry, as docker login writes it. "
         "Read again at each pull, never logged."},
        {"spec.template.command", "the image's preset, or its entrypoint", Shape::value,
         text_list(in_template(&T::command), free_text()),
         "Replaces the image's entrypoint. $(NAME) stands for a variable's value, $$( for $(."},
        {"spec.template.args", "the image's preset, or its arguments", Shape::value,
         text_list(in_template(&T::args), free_text()),
         "Replaces the image's arguments. References as in command. With command or args, no "
         "preset of the image is used."},
        {"spec.template.env", "", Shape::value,
         text_map(in_template(&T::env), variable_name, free_text()),
         "Environment variables, in addition to HTTP_PORT, HTTPS_PORT, API_PORT, P2P_PORT and "
         "BIND_ALL. References as in command."},
        {"spec.template.volumes", "", Shape::value, text_list(in_template(&T::volumes), volume),
         "Mounts as source:/target[:options]. References as in command; $(SLOT) gives each engine "
         "its own."},
        {"spec.template.tmpfs", "", Shape::value, text_list(in_template(&T::tmpfs), tmpfs_mount),
         "In-memory mounts as /target[:options]."},
    };
}

Fields container_fields() {
    // Docker rejects less than 6 MiB; Linux has no process id above 2^22.
    return {
        section("spec.template.resources", "What one engine may use."),
        {"spec.template.resources.memory", "no limit", Shape::value,
         size_in_bytes(in_template(&T::resources, &Resources::memory_bytes), 6), "Memory limit."},
        {"spec.template.resources.cpus", "no limit", Shape::value,
         cpu_share(in_template(&T::resources, &Resources::nano_cpus)), "CPU limit."},
        {"spec.template.resources.pids", "no limit", Shape::value,
         whole_number(in_template(&T::resources, &Resources::pids), 1, 1 << 22),
         "Limit on processes and threads."},
        {"spec.template.user", "the image's user", Shape::value,
         text(in_template(&T::user), free_text()), "User (and group) that the engine runs as."},
        {"spec.template.labels", "", Shape::value,
         text_map(in_template(&T::labels), label_name, free_text()),
         "Labels of the containers, in addition to roundhouse's own."},
        section("spec.template.logging", "Where Docker keeps the output of engines."),
        {"spec.template.logging.driver", "", Shape::value,
         text(in_template(&T::logging, &Logging::driver), logging_driver),
         "Logging driver; \"\" means the Docker daemon's default."},
        {"spec.template.logging.options", "", Shape::value,
         text_map(in_template(&T::logging, &Logging::options), option_name, free_text()),
         "Options of the driver. The default applies only if the spec names no driver."},
        {"spec.template.stopTimeout", "", Shape::value,
         duration(in_template(&T::stop_timeout), 0s, 10min),
         "How long an engine may take to stop before it is killed."},
    };
}

Fields probe_fields() {
    return {
        section("spec.template.probe", "How roundhouse checks that an engine serves."),
        {"spec.template.probe.path", "", Shape::value,
         text(in_template(&T::probe, &ProbeSpec::path), url_path),
         "Path of the HTTP request to the engine's HTTP port."},
        {"spec.template.probe.period", "", Shape::value,
         duration(in_template(&T::probe, &ProbeSpec::period), 100ms, 10min),
         "Time between two probes."},
        {"spec.template.probe.timeout", "", Shape::value,
         duration(in_template(&T::probe, &ProbeSpec::timeout), 10ms, 1min),
         "How long a reply may take."},
        {"spec.template.probe.failureThreshold", "", Shape::value,
         whole_number(in_template(&T::probe, &ProbeSpec::failure_threshold), 1, 1000),
         "Number of failures in a row after which an engine that was ready is replaced."},
        {"spec.template.probe.startupTimeout", "", Shape::value,
         duration(in_template(&T::probe, &ProbeSpec::startup_timeout), 1s, 1h),
         "How long a new engine may take to become ready before it is replaced."},
    };
}

}  // namespace

std::string_view Field::name() const {
    const std::string_view whole = path;
    const std::size_t dot = whole.rfind('.');
    return dot == std::string_view::npos ? whole : whole.substr(dot + 1);
}

std::string_view Field::owner() const {
    const std::size_t dot = path.rfind('.');
    return dot == std::string::npos ? std::string_view() : std::string_view(path).substr(0, dot);
}

const std::vector<Field>& spec_fields() {
    static const Fields fields = [] {
        Fields all;
        for (const auto& part : {pool_fields, gateway_fields, port_fields, conduct_fields,
                                 template_fields, container_fields, probe_fields}) {
            for (const Field& field : part())
                all.push_back(field);
        }
        return all;
    }();
    return fields;
}

std::vector<const Field*> fields_of(std::string_view owner) {
    std::vector<const Field*> result;
    for (const Field& field : spec_fields()) {
        if (field.owner() == owner) result.push_back(&field);
    }
    return result;
}

}  // namespace roundhouse
