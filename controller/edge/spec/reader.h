// Reads one YAML document into a draft, guided by the table of fields.
#pragma once

#include "edge/spec/draft.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse {

// Puts the value of every known field into `draft`, and an error for everything else. Rules that
// involve several fields are not checked here.
void read_document(const YamlNode& document, const SpecDefaults& defaults, SpecDraft& draft);

}  // namespace roundhouse
