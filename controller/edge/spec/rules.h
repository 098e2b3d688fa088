// Defaults and rules that involve more than one field: the last pass over a draft.
#pragma once

#include "edge/spec/draft.h"

namespace roundhouse {

// Fills in defaults that depend on other fields, such as a gateway's host. Call it before
// check_rules().
void fill_in_defaults(SpecDraft& draft, const SpecDefaults& defaults);

// Adds an error or a warning for each broken rule. Skips a rule if one of its fields is not sound.
void check_rules(SpecDraft& draft);

}  // namespace roundhouse
