#include "edge/command/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "core/numbers.h"
#include "edge/command/help_text.h"
#include "edge/command/value_reader.h"
#include "edge/system/exit_code.h"
#include "edge/text/duration.h"
#include "edge/text/foreign_text.h"
#include "edge/text/host_name.h"
#include "edge/text/nearest_name.h"

namespace roundhouse {
namespace {

constexpr int most_upstreams = 100;
constexpr const char* resource_words = "pool, engines, gateways or events";
constexpr int most_slots = 1000;

Fault problem(std::string message) {
    return {FaultKind::rejected, std::move(message)};
}

// "table or json (table)"
std::string with_default(const std::string& outputs) {
    return outputs + " (" + outputs.substr(0, outputs.find_first_of(" ,")) + ")";
}

void add_flags(CLI::App& command, const CommandFlags& flags) {
    const auto add = [&](const char* names, const char* value, const std::string& description) {
        command.add_option(names, description)->type_name(value);
    };
    if (flags.file) add("-f,--file", "PATH", "The spec: a YAML file, or its folder");
    if (flags.timeout) add("--timeout", "DURATION", "Give up after this (5m)");
    if (*flags.outputs != '\0') add("-o,--output", "FORMAT", with_default(flags.outputs));
    if (flags.state_dir) {
        add("--state-dir", "PATH", "Folder of the lock file (/var/lib/roundhouse)");
    }
    if (flags.renders) {
        add("TARGET", "", "kubernetes");
        add("--namespace", "NAME", "Namespace of every object (none is named)");
        add("--slots-per-gateway", "N", "Engine containers in a Pod (its share of the replicas)");
        add("--gateway", "NAME", "Only this gateway's Service and Deployment");
        command.add_flag("--no-pool")->description("No ConfigMap: kustomize makes it, for example");
        add("--image", "IMAGE", "roundhouse's own image (roundhouse:VERSION)");
        add("--gluetun-image", "IMAGE", "Gluetun's image (" + RenderOptions{}.gluetun_image + ")");
        add("--tun-resource", "RESOURCE", "Resource that gives /dev/net/tun, as devic.es/tun");
    }
    if (flags.asks) add("RESOURCE", "", resource_words);
    if (flags.drains) add("ENGINE", "", "The engine's name, as 'get engines' shows it");
    if (flags.drains)
        add("--server", "URL", "The controller (127.0.0.1:9190, or ROUNDHOUSE_LISTEN)");
    if (flags.drains) {
        command.add_flag("--replace")->description("Put a new engine in its place");
    }
    if (flags.may_drain) {
        command.add_flag("--drain")->description("Let sessions end first (spec.drain)");
    }
    if (flags.asks) {
        add("--server", "URL",
            "The controller (127.0.0.1:9190, or ROUNDHOUSE_LISTEN), or dns:NAME:PORT");
        command.add_flag("-w,--watch")->description("Keep running, and print what changes");
        command.add_flag("-q,--quiet")->description("Print nothing; only set the exit code");
    }
    if (flags.asks_daemon) {
        command.add_flag("--server")->description("Ask Docker or Podman, too, who it is");
    }
    if (flags.serves) {
        add("--listen", "ADDRESS", "Where to serve HTTP (127.0.0.1:9190)");
        add("--allowed-hosts", "NAMES", "Host names answered without a key, besides its own");
    }
    if (flags.from) {
        command
            .add_option("--from",
                        "A controller, or dns:NAME:PORT for all of a name; may be repeated")
            ->type_name("URL")
            ->expected(1, most_upstreams)
            ->allow_extra_args(false);
    }
    if (flags.balances) {
        add("--balancer-listen", "ADDRESS",
            std::string("Where to redirect players to engines") +
                (flags.from ? " (0.0.0.0:6878)" : " (nowhere)"));
        add("--balancer-host", "HOST", "Host that players are redirected to (the one they ask)");
    }
    if (flags.api_key) add("--api-key-file", "PATH", "Key file of the HTTP API (no key)");
    if (flags.docker) {
        add("--docker-host", "URL", "Docker (unix:///var/run/docker.sock)");
        add("--path.procfs", "PATH", "The host's process table, for sessions (/proc)");
    }
    if (flags.pod) {
        add("--slots", "DIR", "The folder of the slots, as made by 'hold --install'");
        add("--gateway", "NAME", "The gateway of this Pod, one of the spec's");
        add("--engine-image", "IMAGE", "Image of the Pod's engines (as in the spec)");
        add("--made-for", "HASH", "Of the spec that the Pod was rendered from (of this one)");
    }
    if (flags.logs) {
        add("--log-level", "LEVEL", "debug, info, warning or error (info)");
        add("--log-format", "FORMAT", "text or json (text)");
    }
}

// The library keeps unknown words, so that the errors about them are worded here.
void declare(CLI::App& app) {
    app.set_help_flag("-h,--help", "Help for the program, or for one command");
    app.add_flag("--version")->description("The same as the command version");
    app.footer(program_footer);
    app.allow_extras();
    app.get_formatter()->column_width(26);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    for (const CommandHelp& help : command_helps()) {
        CLI::App* command = app.add_subcommand(help.name, help.summary);
        command->group("Commands");
        command->set_help_flag("-h,--help", "This text");
        command->footer(help.footer);
        command->allow_extras();
        add_flags(*command, help.flags);
    }
}

const CommandHelp* help_of(const std::string& name) {
    const auto helps = command_helps();
    const auto found = std::find_if(helps.begin(), helps.end(),
                                    [&](const CommandHelp& help) { return name == help.name; });
    return found == helps.end() ? nullptr : &*found;
}

std::string did_you_mean(const std::string& written, const std::vector<std::string>& known) {
    const auto nearest = nearest_name(written, known);
    return nearest ? " (did you mean '" + *nearest + "'?)" : "";
}

// What people call commands that have another name here, or none; nullptr for other words.
const char* what_is_meant_by(const std::string& word) {
    const auto meant = find_word<const char*>(
        word,
        {{"status", "'roundhouse get pool' shows the state"},
         {"info", "'roundhouse get pool' shows the state"},
         {"ps", "'roundhouse get engines' lists them"},
         {"ls", "'roundhouse get engines' lists them"},
         {"list", "'roundhouse get engines' lists them"},
         {"describe", "'roundhouse get engines -o wide' shows every reason"},
         {"logs", "'roundhouse get events -w' shows what happens"},
         {"events", "'roundhouse get events -w' shows what happens"},
         {"scale", "change 'replicas' in the spec: 'roundhouse run' follows each save"},
         {"up", "'roundhouse run' keeps engines running, 'roundhouse apply' ends when they do"},
         {"start", "'roundhouse run' keeps engines running"},
         {"restart", "change the template in the spec, or 'docker kill' an engine"},
         {"rm", "'roundhouse down' removes this pool's engines"},
         {"delete", "'roundhouse down' removes this pool's engines"},
         {"stop", "'roundhouse down' removes this pool's engines"},
         {"check", "'roundhouse validate' checks a spec"},
         {"lint", "'roundhouse validate' checks a spec"},
         {"diff", "'roundhouse plan' shows what would be done"}});
    return meant.value_or(nullptr);
}

Fault unknown_command(const std::string& word) {
    if (word.starts_with("-")) {
        return problem("unknown flag " + in_quotes(word) + " before the command");
    }
    if (const char* meant = what_is_meant_by(word)) {
        return problem("unknown command " + in_quotes(word) + ": " + meant);
    }
    std::vector<std::string> names;
    for (const CommandHelp& help : command_helps())
        names.emplace_back(help.name);
    return problem("unknown command " + in_quotes(word) + did_you_mean(word, names));
}

Fault unknown_word(const CLI::App& command, const std::string& word) {
    if (!word.starts_with("-")) return problem("unexpected argument " + in_quotes(word));
    const std::string flag = word.substr(0, word.find('='));
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
    }
    return problem("unknown flag " + in_quotes(flag) + did_you_mean(flag, names));
}

// `outputs` is CommandFlags::outputs.
ValueKind<Output> output_value(const std::string& outputs) {
    const auto parse = [outputs](const std::string& word) -> std::optional<Output> {
        if (outputs.find(word) == std::string::npos) return std::nullopt;
        return find_word<Output>(word, {{"table", Output::table},
                                        {"wide", Output::wide},
                                        {"json", Output::json},
                                        {"yaml", Output::yaml},
                                        {"markdown", Output::markdown}});
    };
    return {parse, outputs};
}

ValueKind<Resource> resource_value() {
    return {[](const std::string& word) {
                return find_word<Resource>(word, {{"pool", Resource::pool},
                                                  {"engines", Resource::engines},
                                                  {"gateways", Resource::gateways},
                                                  {"events", Resource::events}});
            },
            resource_words};
}

ValueKind<Duration> timeout_value() {
    const auto parse = [](const std::string& word) {
        const auto timeout = parse_duration(word);
        const bool usable = timeout && *timeout > Duration{0} && *timeout <= std::chrono::hours(24);
        return usable ? timeout : std::nullopt;
    };
    return {parse, "a duration up to 24h, such as 30s or 5m"};
}

// What begins otherwise is a URL, which libcurl judges.
ValueKind<std::string> server_value() {
    const auto parse = [](const std::string& word) -> std::optional<std::string> {
        constexpr std::string_view by_name = "dns:";
        if (!word.starts_with(by_name)) return word;
        const auto named = parse_host_port(std::string_view(word).substr(by_name.size()));
        const bool usable = named && named->port != 0 && is_host_name(named->host);
        return usable ? std::optional(word) : std::nullopt;
    };
    return {parse, "a URL, or dns:NAME:PORT such as dns:acestream-agents:9190"};
}

ValueKind<std::string> target_value() {
    return {[](const std::string& word) {
                return find_word<std::string>(word, {{"kubernetes", word}});
            },
            "kubernetes"};
}

ValueKind<int> slots_value() {
    return {[](const std::string& word) { return parse_number(word, 1, most_slots); },
            "a whole number from 1 to " + std::to_string(most_slots)};
}

// A text of small letters, digits and `others`, with a letter or digit first and last.
ValueKind<std::string> name_value(const std::string& others, std::string accepted) {
    const auto parse = [others](const std::string& word) -> std::optional<std::string> {
        const auto is_usual = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        };
        const bool usable = is_usual(word.front()) && is_usual(word.back()) &&
                            std::ranges::all_of(word, [&](char c) {
                                return is_usual(c) || others.find(c) != std::string::npos;
                            });
        return usable ? std::optional(word) : std::nullopt;
    };
    return {parse, std::move(accepted)};
}

ValueKind<std::string> image_value() {
    return {[](const std::string& word) {
                const bool usable =
                    std::ranges::all_of(word, [](char c) { return c > ' ' && c <= '~'; });
                return usable ? std::optional(word) : std::nullopt;
            },
            "an image such as ghcr.io/owner/name:tag"};
}

// What the command line gives for a flag; empty where it does not, or the command has no such flag.
std::string text_of_flag(const CLI::App& command, const char* flag) {
    const CLI::Option* option = command.get_option_no_throw(flag);
    return option == nullptr || option->empty() ? "" : option->results().front();
}

void read_render_flags(ValueReader& reader, RenderOptions& options) {
    std::string target;
    reader.read("TARGET", target, target_value());
    reader.read("--namespace", options.name_space, name_value("-", "a namespace (a-z, 0-9 and -)"));
    reader.read("--slots-per-gateway", options.slots_per_gateway, slots_value());
    reader.read("--gateway", options.gateway);
    reader.read("--image", options.image, image_value());
    reader.read("--gluetun-image", options.gluetun_image, image_value());
    reader.read("--tun-resource", options.tun_resource,
                name_value("-./", "a resource of a device plugin, such as devic.es/tun"));
}

// Every value of --from.
Result<std::vector<Upstream>> upstreams_of(const CLI::App& command) {
    const CLI::Option* option = command.get_option_no_throw("--from");
    std::vector<Upstream> from;
    if (option == nullptr) return from;
    for (const std::string& text : option->results()) {
        auto upstream = parse_upstream(text);
        if (!upstream) {
            return problem("--from: expected " + std::string(upstream_accepted) + ", got " +
                           in_quotes(text));
        }
        from.push_back(std::move(*upstream));
    }
    if (from.empty()) {
        return problem(
            "--from is missing: name a controller, as in 'roundhouse balance --from "
            "http://192.0.2.10:9190'");
    }
    return from;
}

Result<CommandLine> read_flags(const CommandHelp& help, const CLI::App& command) {
    CommandLine line;
    line.command = help.command;
    line.output = help.flags.usual_output;
    line.file = text_of_flag(command, "--file");
    line.follow = !text_of_flag(command, "--watch").empty();
    line.quiet = !text_of_flag(command, "--quiet").empty();
    if (help.flags.file && line.file.empty()) {
        return problem("-f PATH is missing: name the spec's file or folder, as in 'roundhouse " +
                       std::string(help.name) + " -f engines.yaml'");
    }
    line.slots = text_of_flag(command, "--slots");
    line.gateway = text_of_flag(command, "--gateway");
    line.engine_image = text_of_flag(command, "--engine-image");
    line.made_for = text_of_flag(command, "--made-for");
    if (help.flags.pod && (line.slots.empty() || line.gateway.empty())) {
        return problem("--slots DIR and --gateway NAME are both needed");
    }
    if (help.flags.asks && text_of_flag(command, "RESOURCE").empty()) {
        return problem("what to get is missing: " + std::string(resource_words));
    }
    if (help.flags.renders && text_of_flag(command, "TARGET").empty()) {
        return problem("what to render for is missing: kubernetes");
    }
    line.render.with_pool = text_of_flag(command, "--no-pool").empty();
    auto from = upstreams_of(command);
    if (!from) return from.fault();
    line.from = std::move(from.value());
    if (line.follow && line.quiet) return problem("--watch and --quiet: give one of them");
    if (help.flags.drains && text_of_flag(command, "ENGINE").empty()) {
        return problem("which engine is missing: name it, as in 'roundhouse drain acestream-2'");
    }
    line.replace = !text_of_flag(command, "--replace").empty();
    line.drain = !text_of_flag(command, "--drain").empty();
    ValueReader reader(ValueReader::Source::flags,
                       [&](const char* flag) { return text_of_flag(command, flag); });
    reader.read("RESOURCE", line.resource, resource_value());
    reader.read("ENGINE", line.engine, engine_name_value());
    line.asks_daemon = help.flags.asks_daemon && !text_of_flag(command, "--server").empty();
    if (!help.flags.asks_daemon) reader.read("--server", line.server, server_value());
    reader.read("--listen", line.listen, listen_value());
    reader.read("--balancer-listen", line.balancer_listen, listen_value());
    reader.read("--balancer-host", line.balancer_host, host_value());
    reader.read("--api-key-file", line.api_key_file);
    reader.read("--allowed-hosts", line.allowed_hosts, host_names_value());
    reader.read("--timeout", line.timeout, timeout_value());
    reader.read("--output", line.output, output_value(help.flags.outputs));
    reader.read("--log-level", line.log_level, log_level_value());
    reader.read("--log-format", line.log_format, log_format_value());
    reader.read("--docker-host", line.docker_host);
    reader.read("--state-dir", line.state_dir);
    read_render_flags(reader, line.render);
    reader.read("--path.procfs", line.procfs);
    if (reader.problem()) return *reader.problem();
    return line;
}

CommandLine version_command() {
    CommandLine line;
    line.command = Command::version;
    return line;
}

// From what the library has parsed.
Result<CommandLine> read_command_line(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    if (commands.empty()) {
        if (app.count("--version") > 0) return version_command();
        const auto words = app.remaining();
        return words.empty() ? problem("a command is missing") : unknown_command(words.front());
    }
    if (const auto words = app.remaining(); !words.empty()) return unknown_command(words.front());
    const CLI::App& command = *commands.front();
    if (commands.size() > 1) {
        return problem("two commands, " + command.get_name() + " and " + commands[1]->get_name() +
                       ": give one");
    }
    if (const auto words = command.remaining(); !words.empty()) {
        return unknown_word(command, words.front());
    }
    return read_flags(*help_of(command.get_name()), command);
}

// "roundhouse", or "roundhouse apply".
std::string name_with_command(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? "roundhouse" : "roundhouse " + commands.front()->get_name();
}

CommandLineEnd unusable(const CLI::App& app, const std::string& why) {
    const std::string name = name_with_command(app);
    return {exit_code::bad_usage, name + ": " + why + "; see '" + name + " --help'\n"};
}

// The arguments in reverse order, as the library expects them. "help COMMAND" is "COMMAND --help".
std::vector<std::string> words_of(int argc, const char* const* argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    std::reverse(words.begin(), words.end());
    return words;
}

}  // namespace

std::variant<CommandLine, CommandLineEnd> parse_command_line(int argc, const char* const* argv) {
    CLI::App app(program_summary, "roundhouse");
    declare(app);
    auto words = words_of(argc, argv);
    if (words.empty()) return CommandLineEnd{exit_code::bad_usage, app.help()};
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return CommandLineEnd{exit_code::success, app.help()};
    } catch (const CLI::ArgumentMismatch& error) {
        // "--file: 1 required ...": our sentence is clearer than the rest of the library's.
        const std::string what = error.what();
        return unusable(app, what.substr(0, what.find(':')) + " takes one value, once");
    } catch (const CLI::Error& error) {
        return unusable(app, error.what());
    }
    const auto line = read_command_line(app);
    if (!line) return unusable(app, line.fault().message);
    return line.value();
}

Environment overridden(Environment environment, const CommandLine& command_line) {
    environment.docker_host = command_line.docker_host.value_or(environment.docker_host);
    environment.state_dir = command_line.state_dir.value_or(environment.state_dir);
    environment.procfs = command_line.procfs.value_or(environment.procfs);
    environment.listen = command_line.listen.value_or(environment.listen);
    if (command_line.balancer_listen) environment.balancer_listen = command_line.balancer_listen;
    environment.balancer_host = command_line.balancer_host.value_or(environment.balancer_host);
    environment.api_key_file = command_line.api_key_file.value_or(environment.api_key_file);
    environment.allowed_hosts = command_line.allowed_hosts.value_or(environment.allowed_hosts);
    environment.log_level = command_line.log_level.value_or(environment.log_level);
    environment.log_format = command_line.log_format.value_or(environment.log_format);
    return environment;
}

}  // namespace roundhouse
