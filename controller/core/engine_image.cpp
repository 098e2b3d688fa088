#include "core/engine_image.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace roundhouse {

namespace {

using Words = std::vector<std::string>;

const Words ports = {"--http-port=$(HTTP_PORT)", "--https-port=$(HTTPS_PORT)",
                     "--api-port=$(API_PORT)", "--port=$(P2P_PORT)"};

// `begin`, and then the ports.
Words with_ports(Words begin) {
    begin.insert(begin.end(), ports.begin(), ports.end());
    return begin;
}

std::string joined(const Words& words) {
    std::string line;
    for (const auto& word : words)
        line += (line.empty() ? "" : " ") + word;
    return line;
}

// `program`: what the entrypoint runs with the arguments, if they are not the whole command line.
EnginePreset by_args(std::string repository, Words args, Words program = {}) {
    program.insert(program.end(), args.begin(), args.end());
    return {std::move(repository), "", {}, std::move(args), {}, {}, std::move(program)};
}

// The image's own command line, and the ports.
EnginePreset aceserve(std::string repository) {
    return by_args(std::move(repository),
                   with_ports({"python", "main.py", "--bind-all", "--live-cache-type=memory",
                               "--live-mem-cache-size=104857600", "--disable-sentry",
                               "--log-stdout", "--disable-upnp"}));
}

// examples/specs names the images' sources. That the first image's program can be started past its
// entrypoint is inferred from them.
std::vector<EnginePreset> all_presets() {
    const Words engine = with_ports({"--client-console", "--bind-all", "--live-cache-type=memory"});
    const auto after = [&](const std::string& program) {
        Words words{program};
        words.insert(words.end(), engine.begin(), engine.end());
        return words;
    };
    return {
        // Its entrypoint knows no variable for the API port, and ignores arguments.
        {"krinkuto11/acestream-http-proxy",
         "",
         {"/usr/bin/catatonit", "--", "/app/start-engine"},
         engine,
         {},
         {{"CACHE_LIMIT", "--cache-limit"}, {"INTERNAL_BUFFERING", "--use-internal-buffering"}},
         after("/app/start-engine")},
        // Its entrypoint adds --client-console, and --live-cache-type since August 2026.
        by_args("martinbjeldbak/acestream-http-proxy", with_ports({"--bind-all"}),
                {"/entrypoint.sh"}),
        by_args("trexx/docker-acestream-engine", after("/app/start-engine")),
        by_args("magnetikonline/acestream-server", with_ports({"--client-console", "--bind-all"}),
                {"/start-engine"}),
        // Its own command makes the folder first, too: the engine's home has a link to it.
        by_args("vstavrinov/acestream-engine",
                {"/bin/sh", "-c",
                 "mkdir -p /dev/shm/.ACEStream && exec " + joined(after("/srv/ace/start-engine"))}),
        {"jopsis/acestream",
         "x64",
         {},
         {},
         {{"ACESTREAM_ARGS", joined(engine)}},
         {},
         after("/acestream/start-engine")},
        aceserve("jopsis/acestream"),
        aceserve("jopsis/aceserve"),
        aceserve("krinkuto11/aceserve"),
        aceserve("krinkuto11/acestream"),
        by_args("krinkuto11/nano-ace", after("/acestream/acestreamengine")),
    };
}

struct ImageName {
    std::string repository;  // its last two parts
    std::string tag;         // "latest" where it has none, empty where it has a digest instead
};

// "registry:5000/a/b/c:tag@sha256:..." -> {"b/c", "tag"}
ImageName parts_of(std::string_view image) {
    ImageName name;
    const auto at = image.find('@');
    if (at == std::string_view::npos) name.tag = "latest";
    image = image.substr(0, at);
    const auto slash = image.rfind('/');
    if (const auto colon = image.rfind(':');
        colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        name.tag = image.substr(colon + 1);
        image = image.substr(0, colon);
    }
    if (slash == std::string_view::npos || slash == 0) return name;
    const auto owner = image.rfind('/', slash - 1);
    name.repository = image.substr(owner == std::string_view::npos ? 0 : owner + 1);
    return name;
}

bool gives_one_of(const KeyValues& env, const KeyValues& variables) {
    return std::ranges::any_of(variables, [&](const auto& variable) {
        return std::ranges::find(env, variable.first, &KeyValues::value_type::first) != env.end();
    });
}

}  // namespace

const std::vector<EnginePreset>& engine_presets() {
    static const std::vector<EnginePreset> presets = all_presets();
    return presets;
}

const EnginePreset* find_preset(const std::string& image) {
    const ImageName name = parts_of(image);
    for (const auto& preset : engine_presets()) {
        if (preset.repository != name.repository) continue;
        // A digest alone does not show which of two presets it is.
        if (name.tag.empty() && !preset.tag.empty()) return nullptr;
        if (preset.tag.empty() || preset.tag == name.tag) return &preset;
    }
    return nullptr;
}

void apply_preset(EngineTemplate& shape) {
    if (!shape.command.empty() || !shape.args.empty()) return;
    const EnginePreset* preset = find_preset(shape.image);
    if (preset == nullptr || gives_one_of(shape.env, preset->env)) return;
    shape.preset = preset->repository + (preset->tag.empty() ? "" : ":" + preset->tag);
    shape.command = preset->command;
    shape.args = preset->args;
    for (const auto& [variable, flag] : preset->flag_of_variable) {
        if (gives_one_of(shape.env, {{variable, ""}})) {
            shape.args.push_back(flag);
            shape.args.back().append("=$(").append(variable).append(")");
        }
    }
    shape.env.insert(shape.env.end(), preset->env.begin(), preset->env.end());
}

std::string p2p_remedy(const EngineTemplate& shape) {
    const auto has = [](const Words& words, std::string_view part) {
        return std::ranges::any_of(
            words, [&](const std::string& word) { return word.find(part) != std::string::npos; });
    };
    const auto variable_with = [&](std::string_view part) {
        return std::ranges::find_if(shape.env,
                                    [&](const auto& each) { return has({each.second}, part); });
    };
    constexpr std::string_view p2p = "$(P2P_PORT)";
    const bool is_passed =
        has(shape.command, p2p) || has(shape.args, p2p) || variable_with(p2p) != shape.env.end();
    if (is_passed) {
        return "the template passes $(P2P_PORT), but the image does not use it, or something else "
               "had the port: read the engine's log";
    }
    // Where the HTTP port is passed this one belongs, too.
    constexpr std::string_view http = "$(HTTP_PORT)";
    const auto variable = variable_with(http);
    std::string place = "template.args";
    if (!has(shape.args, http) && has(shape.command, http)) {
        place = "template.command";
    } else if (!has(shape.args, http) && variable != shape.env.end()) {
        place = "template.env." + variable->first;
    }
    return "the template does not pass $(P2P_PORT): unless the image reads the variable P2P_PORT, "
           "add --port=$(P2P_PORT) to " +
           place;
}

std::string usual_options() {
    return joined(with_ports({"--bind-all"}));
}

}  // namespace roundhouse
