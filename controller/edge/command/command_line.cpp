#include "edge/command/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "edge/command/help_text.h"
#include "edge/system/exit_code.h"
#include "edge/text/foreign_text.h"
#include "edge/text/nearest_name.h"
#include "edge/text/quantity.h"

namespace roundhouse {
namespace {

// Flags as they were written. Empty: not given.
struct RawFlags {
    std::string file;
    std::string timeout;
    std::string output;
    std::string docker_host;
    std::string state_dir;
    std::string log_level;
    std::string log_format;
    std::string listen;
    std::string api_key_file;
    std::string resource;
    std::string server;
    bool watch = false;
    bool quiet = false;
};

constexpr const char* resource_words = "pool, engines, gateways or events";

Fault problem(std::string message) {
    return {FaultKind::rejected, std::move(message)};
}

// "table or json (table)"
std::string usual_first(const std::string& outputs) {
    return outputs + " (" + outputs.substr(0, outputs.find_first_of(" ,")) + ")";
}

void add_flags(CLI::App& command, const CommandFlags& flags, RawFlags& raw) {
    const auto add = [&](const char* names, std::string& into, const char* value,
                         const std::string& description) {
        command.add_option(names, into, description)->type_name(value);
    };
    if (flags.file) add("-f,--file", raw.file, "PATH", "The spec: a YAML file, or its folder");
    if (flags.timeout) add("--timeout", raw.timeout, "DURATION", "Give up after this (5m)");
    if (*flags.outputs != '\0') {
        add("-o,--output", raw.output, "FORMAT", usual_first(flags.outputs));
    }
    if (flags.state_dir) {
        add("--state-dir", raw.state_dir, "PATH", "Folder of the lock file (/var/lib/roundhouse)");
    }
    if (flags.asks) {
        add("RESOURCE", raw.resource, "", resource_words);
        add("--server", raw.server, "URL", "The controller (127.0.0.1:9190, or ROUNDHOUSE_LISTEN)");
        command.add_flag("-w,--watch", raw.watch, "Go on, and print what changes");
        command.add_flag("-q,--quiet", raw.quiet, "Print nothing: the exit code tells");
    }
    if (flags.serves) {
        add("--listen", raw.listen, "ADDRESS", "Where to serve HTTP (127.0.0.1:9190)");
    }
    if (flags.api_key) {
        add("--api-key-file", raw.api_key_file, "PATH", "Key file of the HTTP API (no key)");
    }
    if (flags.docker) {
        add("--docker-host", raw.docker_host, "URL", "Docker (unix:///var/run/docker.sock)");
        add("--log-level", raw.log_level, "LEVEL", "debug, info, warning or error (info)");
        add("--log-format", raw.log_format, "FORMAT", "text or json (text)");
    }
}

// Unknown words are kept as extras, to be told in our own words.
void declare(CLI::App& app, RawFlags& raw) {
    app.set_help_flag("-h,--help", "Teaches the program, or one command");
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
        add_flags(*command, help.flags, raw);
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

Fault unknown_command(const std::string& word) {
    if (word.starts_with("-")) {
        return problem("unknown flag " + in_quotes(word) + " before the command");
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

// Reads flags one after the other; the first problem stays. A flag that was not given leaves what
// is there.
class Reader {
  public:
    template <class T, class Parse>
    void read(const char* flag, const std::string& word, T& into, Parse parse,
              const std::string& accepted) {
        if (problem_ || word.empty()) return;
        if (auto value = parse(word)) {
            into = *value;
        } else {
            problem_ =
                problem(std::string(flag) + ": expected " + accepted + ", got " + in_quotes(word));
        }
    }

    const std::optional<Fault>& first_problem() const { return problem_; }

  private:
    std::optional<Fault> problem_;
};

// `accepted` is CommandFlags::outputs.
std::optional<Output> parse_output(const std::string& word, const std::string& accepted) {
    static const std::map<std::string, Output> outputs{{"table", Output::table},
                                                       {"wide", Output::wide},
                                                       {"json", Output::json},
                                                       {"yaml", Output::yaml},
                                                       {"markdown", Output::markdown}};
    const auto found = outputs.find(word);
    if (found == outputs.end() || accepted.find(word) == std::string::npos) return std::nullopt;
    return found->second;
}

std::optional<Resource> parse_resource(const std::string& word) {
    static const std::map<std::string, Resource> resources{{"pool", Resource::pool},
                                                           {"engines", Resource::engines},
                                                           {"gateways", Resource::gateways},
                                                           {"events", Resource::events}};
    const auto found = resources.find(word);
    return found == resources.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Duration> parse_timeout(const std::string& word) {
    const auto timeout = parse_duration(word);
    const bool usable = timeout && *timeout > Duration{0} && *timeout <= std::chrono::hours(24);
    return usable ? timeout : std::nullopt;
}

std::optional<std::string> as_given(const std::string& word) {
    return word;
}

Result<CommandLine> read_flags(const CommandHelp& help, const RawFlags& raw) {
    CommandLine line;
    line.command = help.command;
    line.file = raw.file;
    line.output = help.flags.usual_output;
    if (help.flags.file && raw.file.empty()) {
        return problem("-f PATH is missing: name the spec's file or folder, as in 'roundhouse " +
                       std::string(help.name) + " -f engines.yaml'");
    }
    if (help.flags.asks && raw.resource.empty()) {
        return problem("what to get is missing: " + std::string(resource_words));
    }
    if (raw.watch && raw.quiet) return problem("--watch and --quiet: give one of them");
    line.watch = raw.watch;
    line.quiet = raw.quiet;
    Reader reader;
    reader.read("RESOURCE", raw.resource, line.resource, parse_resource, resource_words);
    reader.read("--server", raw.server, line.server, as_given, "");
    reader.read("--listen", raw.listen, line.listen, parse_listen, listen_accepts);
    reader.read("--api-key-file", raw.api_key_file, line.api_key_file, as_given, "");
    const std::string outputs = help.flags.outputs;
    reader.read("--timeout", raw.timeout, line.timeout, parse_timeout,
                "a duration up to 24h, such as 30s or 5m");
    reader.read(
        "--output", raw.output, line.output,
        [&](const std::string& word) { return parse_output(word, outputs); }, outputs);
    reader.read("--log-level", raw.log_level, line.log_level, parse_severity,
                "debug, info, warning or error");
    reader.read("--log-format", raw.log_format, line.log_format, parse_log_format, "text or json");
    reader.read("--docker-host", raw.docker_host, line.docker_host, as_given, "");
    reader.read("--state-dir", raw.state_dir, line.state_dir, as_given, "");
    if (reader.first_problem()) return *reader.first_problem();
    return line;
}

CommandLine version_asked() {
    CommandLine line;
    line.command = Command::version;
    return line;
}

// What was parsed, judged.
Result<CommandLine> judge(const CLI::App& app, const RawFlags& raw) {
    const auto commands = app.get_subcommands();
    if (commands.empty()) {
        if (app.count("--version") > 0) return version_asked();
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
    return read_flags(*help_of(command.get_name()), raw);
}

// "roundhouse", or "roundhouse apply".
std::string speaker(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? "roundhouse" : "roundhouse " + commands.front()->get_name();
}

CommandLineEnd unusable(const CLI::App& app, const std::string& why) {
    const std::string name = speaker(app);
    return {exit_code::bad_usage, name + ": " + why + "; see '" + name + " --help'\n"};
}

// The library wants the words last first. "help COMMAND" is "COMMAND --help".
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
    RawFlags raw;
    declare(app, raw);
    auto words = words_of(argc, argv);
    if (words.empty()) return CommandLineEnd{exit_code::bad_usage, app.help()};
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return CommandLineEnd{exit_code::success, app.help()};
    } catch (const CLI::ArgumentMismatch& error) {
        // "--file: ...": the library's count of what is missing says less than this.
        const std::string what = error.what();
        return unusable(app, what.substr(0, what.find(':')) + " takes one value, once");
    } catch (const CLI::Error& error) {
        return unusable(app, error.what());
    }
    const auto line = judge(app, raw);
    if (!line) return unusable(app, line.fault().message);
    return line.value();
}

Environment overridden(Environment environment, const CommandLine& command_line) {
    environment.docker_host = command_line.docker_host.value_or(environment.docker_host);
    environment.state_dir = command_line.state_dir.value_or(environment.state_dir);
    environment.listen = command_line.listen.value_or(environment.listen);
    environment.api_key_file = command_line.api_key_file.value_or(environment.api_key_file);
    environment.log_level = command_line.log_level.value_or(environment.log_level);
    environment.log_format = command_line.log_format.value_or(environment.log_format);
    return environment;
}

}  // namespace roundhouse
