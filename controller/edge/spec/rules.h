// The last pass over a draft: defaults and rules that involve more than one field.
#pragma once

#include "edge/spec/draft.h"

namespace roundhouse {

// Fills in what depends on other fields (a gateway's host, the gateway and the ceiling from the
// environment, logging options). Done before the rules are judged.
void complete_spec(SpecDraft& draft, const SpecDefaults& defaults);

// Adds an error or a warning for each rule that is broken. A rule is left alone where one of its
// fields is not sound.
void judge_spec(SpecDraft& draft);

}  // namespace roundhouse
