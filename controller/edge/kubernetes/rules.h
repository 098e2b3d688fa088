// What a Pod cannot do for a pool.
#pragma once

#include "edge/kubernetes/options.h"
#include "edge/spec/draft.h"

namespace roundhouse {

// Adds an error for what cannot be rendered with these options, and a warning for each field that
// has no effect in a Pod. A SpecCheck for read_manifest().
void check_pod(SpecDraft& draft, const RenderOptions& options);

}  // namespace roundhouse
