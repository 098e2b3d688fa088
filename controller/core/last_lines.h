// What the last lines of an engine's log tell about its end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// `text` with "$(NAME)" in place of each value of `hidden` that is six bytes long or more: shorter
// ones are no secrets.
std::string without_values(std::string text, const KeyValues& hidden);

// The port that a program could not listen on because it was in use; 0: the lines do not name it;
// nullopt: they tell of no such thing. Of several numbers one of `own` is the port.
std::optional<int> port_in_use(const std::vector<std::string>& lines, const EnginePorts& own);

// "it wrote last: \"bind: address already in use\"": the line that tells most; empty without lines.
std::string describe_last_lines(const std::vector<std::string>& lines);

// The same, and who uses the port that the lines name, as the end of a message: it begins with
// "; ". Empty if no lines of the engine are known.
std::string describe_words(const EnginePool& pool, const Observation& seen,
                           const EngineView& engine);

}  // namespace roundhouse
