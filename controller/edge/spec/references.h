// References to variables in a template, and what people write in their place.
#pragma once

#include "edge/spec/draft.h"

namespace roundhouse {

// Adds an error if the references may expand to more text than a program can be started with, and a
// warning for each piece of text that looks like a reference but stays as it is: ${HTTP_PORT},
// $(HTTP_PROT). What a shell in `command` replaces ("sh -c") is no such piece.
void check_references(SpecDraft& draft);

}  // namespace roundhouse
