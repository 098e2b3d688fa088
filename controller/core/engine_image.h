// The engine images that people use, and how each takes its four ports and the order to listen on
// all addresses. A spec that names one of them needs no `args`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/spec.h"

namespace roundhouse {

struct EnginePreset {
    // The last two parts of the image's name, "krinkuto11/nano-ace", whatever registry or mirror it
    // comes from; the name of the preset, too.
    std::string repository;
    std::string tag;  // the one that it is for; empty: all others

    // What it adds to the template.
    std::vector<std::string> command;
    std::vector<std::string> args;
    KeyValues env;
    // Variables that the image's entrypoint reads, which `command` replaces: where the spec's env
    // has one, its flag is added to `args`.
    std::vector<std::pair<std::string, std::string>> flag_of_variable;

    // Its program with all options, past any entrypoint: what has to be the command of a container
    // where that hides the image's entrypoint, as in a Pod.
    std::vector<std::string> command_line;
};

// Of several presets for one repository the one with a tag comes first.
const std::vector<EnginePreset>& engine_presets();

// The preset of an image; null for an image that is not known.
const EnginePreset* find_preset(const std::string& image);

// Adds to the template of a known image what gives its engines their ports. A template that has
// `command`, `args`, or a variable that the preset would set is left as it is.
void apply_preset(EngineTemplate& shape);

// What to do about a template whose engines do not listen on their P2P ports: "... add
// --port=$(P2P_PORT) to template.args".
std::string p2p_remedy(const EngineTemplate& shape);

// The usual options that give an engine its ports, with references, in one line: an example for an
// image that is not known.
std::string usual_options();

}  // namespace roundhouse
