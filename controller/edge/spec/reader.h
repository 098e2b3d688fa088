// Reads one YAML document into a draft, guided by the table of fields.
#pragma once

#include "edge/spec/draft.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse {

// Every field that the table knows ends in `draft`; everything else becomes an error there. What
// involves more than one field is not judged here.
void read_document(const YamlNode& document, const SpecDefaults& defaults, SpecDraft& draft);

}  // namespace roundhouse
